// The maps of the modules, and how one goes from one part to another.

/** The part the maps show now, to tell in which direction they change. */
let shown = root;

function drawMaps(found) {
  const maps = byId("maps");
  const sides = state.show === "both" ? SIDES : [state.show];
  const [from, to] = [shown, state.zoom];
  const inwards = pathTo(to).includes(from) || from === root;
  const focused = document.activeElement.item?.part;
  const places = new Map([...maps.querySelectorAll(".map")].map((map) => [map.dataset.side, placeOf(map, to)]));
  const panes = sides.map((side) => {
    const bytes = to.bytes[side];
    const map = make("div", { className: "map", role: "application", ariaRoleDescription: "treemap" });
    map.dataset.side = side;
    const keys = "Arrows move, Enter zooms in, Escape goes up; the table below says the same.";
    map.ariaLabel = `${to === root ? "file" : to.name} ${side}, ${exactly(bytes)}. ${keys}`;
    const caption = make(
      "figcaption",
      {},
      make("b", {}, side),
      ` ${exactly(bytes)}, ${percent(bytes, root.bytes[side])} of the file`,
    );
    const pane = make("figure", {}, caption, map);
    // Side by side, a byte has the same area in both: the height is one, so widths are as bytes.
    pane.style.setProperty("--bytes", bytes);
    return pane;
  });
  maps.className = sides.length > 1 ? "both" : "one";
  maps.replaceChildren(...panes);
  for (const map of maps.querySelectorAll(".map")) {
    const side = map.dataset.side;
    if (to.bytes[side] > 0) drawMap(map, to, side, found);
    else map.replaceChildren(make("p", {}, `not in the module ${side}`));
    if (from !== to) animate(map, inwards ? places.get(side) : placeOf(map, from), inwards);
  }
  shown = to;
  // Who moves by keyboard goes on where they were, or in a new map at its first cell.
  if (focused) {
    const buttons = [...maps.querySelectorAll("button")];
    const goesOn = buttons.find((button) => button.item.part === focused) ?? buttons[0];
    if (goesOn) moveTo(goesOn);
  }
}

/** Lets the map come out of the place it was in, or shrink to it. */
function animate(map, place, inwards) {
  if (!place || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const [x, y, w, h] = place;
  const [left, top, across, down] = inwards ? [x, y, w, h] : [-x / w, -y / h, 1 / w, 1 / h];
  const from = `translate(${100 * left}%, ${100 * top}%) scale(${across}, ${down})`;
  const frames = [
    { transform: from, opacity: 0.4 },
    { transform: "none", opacity: 1 },
  ];
  map.firstElementChild.animate(frames, { duration: 260, easing: "cubic-bezier(.2, .8, .2, 1)" });
}
