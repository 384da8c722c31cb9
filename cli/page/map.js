// The treemap. Cells are elements and not pixels of a canvas: the browser then cuts texts, changes colours with the
// scheme, prints in full resolution, and tells assistive technology what is there. What would be too small to see is one
// cell with the rest of its group, so that there are never more than a few thousand.

/** Lengths in CSS pixels; the style sheet knows them too. */
const TITLE = 19;
const FRAME = 3;
const LINE = 14;
const FONTS = { title: "600 11px", large: "600 13px", small: "11px" };
/** The least area of a cell, and of a group that shows what is in it. */
const LEAST = 36;
const ROOM = { w: 58, h: 50 };

/** What is drawn for a part in a box, in this order: `{ part, box, kind }`, where kind is cell, group or rest. */
function layOut(part, side, box) {
  const drawn = [];
  inside(part, box);
  return drawn;

  function inside(part, box) {
    const children = [...part.children.values()].filter((child) => child.bytes[side] > 0);
    children.sort((a, b) => b.bytes[side] - a.bytes[side]);
    const scale = (box.w * box.h) / sum(children, (child) => child.bytes[side]);
    const items = children.map((part) => ({ part, area: part.bytes[side] * scale }));
    const seen = items.findIndex((item) => item.area < LEAST);
    // One alone is not worth another name.
    const smaller = seen < 0 || seen === items.length - 1 ? [] : items.splice(seen);
    if (smaller.length > 0) {
      items.push({ part, rest: smaller.map((item) => item.part), area: sum(smaller, (item) => item.area) });
    }
    squarify(items, box, put);
  }

  function put({ part, rest }, box) {
    if (rest) {
      drawn.push({ part, rest, box, kind: "rest" });
    } else if (isLeaf(part) || box.w < ROOM.w || box.h < ROOM.h) {
      drawn.push({ part, rest: [part], box, kind: "cell" });
    } else {
      drawn.push({ part, box, kind: "group" });
      inside(part, { x: box.x + FRAME, y: box.y + TITLE, w: box.w - 2 * FRAME, h: box.h - TITLE - FRAME });
    }
  }
}

/** Draws what a part is made of into a map, an element that has its size already. */
function drawMap(map, part, side, found) {
  const [width, height] = [map.clientWidth, map.clientHeight];
  const font = getComputedStyle(map).fontFamily;
  const layer = make("div", { className: "layer" });
  for (const item of layOut(part, side, { x: 0, y: 0, w: width, h: height })) {
    const element = item.kind === "group" ? groupElement(item, side, font) : cellElement(item, side, found, font);
    // Edges fall on whole pixels, and so are gaps of one pixel. Shares of the map, not pixels, let it be printed on
    // paper of any width.
    const { x, y, w, h } = item.box;
    const [left, top] = [Math.round(x), Math.round(y)];
    const gap = item.kind === "group" ? 2 : 1;
    Object.assign(element.style, {
      left: `${(100 * left) / width}%`,
      top: `${(100 * top) / height}%`,
      width: `${(100 * Math.max(1, Math.round(x + w) - left - gap)) / width}%`,
      height: `${(100 * Math.max(1, Math.round(y + h) - top - gap)) / height}%`,
    });
    element.style.setProperty("--hue", item.part.tone.hue);
    element.style.setProperty("--tint", item.part.tone.tint);
    element.style.setProperty("--deep", Math.min(1, Math.sqrt((w * h) / (width * height)) * 4).toFixed(2));
    element.item = { ...item, side };
    layer.append(element);
  }
  map.replaceChildren(layer);
  const first = layer.querySelector("button");
  if (first) first.tabIndex = 0;
}

function groupElement({ part, box }, side, font) {
  const bytes = size(part.bytes[side]);
  const room = box.w - 12;
  const family = `${FONTS.title} ${font}`;
  const title = make("div", { className: "title" }, make("span", {}, part.name));
  if (widthOf(part.name, family) + widthOf(bytes, family) + 12 < room) title.append(make("span", {}, bytes));
  return make("div", { className: "group" }, title);
}

function cellElement({ part, rest, box, kind }, side, found, font) {
  const bytes = sum(rest, (part) => part.bytes[side]);
  const cell = make("button", { type: "button", className: kind, tabIndex: -1, ariaLabel: spoken({ part, rest, kind }, side) });
  if (found) {
    // A cell that stands for many is filled as far as they are found.
    const hit = total(rest.flatMap(leavesOf).filter((leaf) => found.has(leaf)), side).bytes;
    cell.classList.add(hit === bytes ? "hit" : hit > 0 ? "some" : "miss");
    cell.style.setProperty("--hit", `${(100 * hit) / bytes}%`);
  }
  const room = box.w - 9;
  if (room < 26 || box.h < 17) return cell;
  const large = room > 130 && box.h > 52;
  const family = `${large ? FONTS.large : FONTS.small} ${font}`;
  const count = sum(rest, (part) => part.count[side]);
  const ways =
    kind === "rest" ? [`${thousands(count)} smaller`, `+${thousands(count)}`] : shorter(part.name, part.parent.name);
  const lines = Math.floor((box.h - 4) / LINE);
  const label = labelOf(ways, room, lines > 2 ? lines - 1 : lines, family).map((line) => make("span", {}, line));
  if (label.length === 0) return cell;
  if (large) label.forEach((line) => line.classList.add("large"));
  if (lines > label.length && widthOf(size(bytes), `${FONTS.small} ${font}`) <= room) {
    label.push(make("span", { className: "bytes" }, size(bytes)));
  }
  cell.append(make("span", { className: "label" }, ...label));
  return cell;
}

/** What a cell is to who hears it. */
function spoken({ part, rest, kind }, side) {
  const bytes = sum(rest, (part) => part.bytes[side]);
  const count = sum(rest, (part) => part.count[side]);
  const name = kind === "rest" ? `${thousands(count)} smaller in ${part.name}` : part.name;
  const many = kind === "cell" && count > 1 ? `, ${counted(count, "part")}` : "";
  return `${name}${many}, ${exactly(bytes)}, ${percent(bytes, root.bytes[side])} of the file`;
}

/** The group a click on something leads to: itself, or the one it is in. */
const goalOf = ({ part }) => (isLeaf(part) ? part.parent : part);

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

/** What a part is drawn as in a map, if it is large enough for a place of its own. */
function elementOf(map, part, kind) {
  const elements = [...map.querySelectorAll(kind === "rest" ? ".rest" : ".group, .cell")];
  return elements.find((element) => element.item.part === part);
}

/** Where a part is in a map, as shares of it. */
function placeOf(map, part) {
  const style = elementOf(map, part)?.style;
  return style && [style.left, style.top, style.width, style.height].map((share) => parseFloat(share) / 100);
}

/** Lets the map come out of the place it was in, or shrink to it. */
function animate(map, place, inwards) {
  if (!place || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const [x, y, w, h] = place;
  const [left, top, across, down] = inwards ? [x, y, w, h] : [-x / w, -y / h, 1 / w, 1 / h];
  const from = `translate(${100 * left}%, ${100 * top}%) scale(${across}, ${down})`;
  const frames = [{ transform: from, opacity: 0.4 }, { transform: "none", opacity: 1 }];
  map.firstElementChild.animate(frames, { duration: 260, easing: "cubic-bezier(.2, .8, .2, 1)" });
}
