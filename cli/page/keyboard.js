// Going from cell to cell. A map is one stop of Tab, as it is one thing; arrows move within it.

const DIRECTIONS = { ArrowLeft: ["x", -1], ArrowRight: ["x", 1], ArrowUp: ["y", -1], ArrowDown: ["y", 1] };

/** Makes a cell the one that Tab comes to. */
function moveTo(cell) {
  cell.parentElement.querySelectorAll('[tabindex="0"]').forEach((other) => {
    other.tabIndex = -1;
  });
  cell.tabIndex = 0;
  cell.focus({ preventScroll: true });
  // As little as needed: by itself, a browser moves what has the focus to the middle.
  cell.scrollIntoView({ block: "nearest" });
}

/** The cell one comes to from another in a direction: the nearest beyond that edge, seen from the middle. */
function neighbour(cell, [axis, sign]) {
  const across = axis === "x" ? "y" : "x";
  const start = (box, axis) => box[axis];
  const end = (box, axis) => box[axis] + box[axis === "x" ? "w" : "h"];
  const from = cell.item.box;
  const middle = (start(from, across) + end(from, across)) / 2;
  let [best, least] = [null, Infinity];
  for (const other of cell.parentElement.querySelectorAll("button")) {
    const to = other.item.box;
    const ahead = sign > 0 ? start(to, axis) - end(from, axis) : start(from, axis) - end(to, axis);
    const aside = Math.max(0, start(to, across) - middle, middle - end(to, across));
    // Edges that touch may differ by the error of a sum.
    const distance = ahead < -0.5 ? Infinity : Math.max(0, ahead) + 2 * aside;
    if (distance < least) [best, least] = [other, distance];
  }
  return best;
}
