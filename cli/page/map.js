// One map. Cells are elements and not pixels of a canvas: the browser then cuts texts, changes colours with the
// scheme, prints sharply, and tells assistive technology what is there. What would be too small to see is one
// cell with the rest of its group, so that there are never more than a few thousand.

const FONTS = { title: "600 11px", large: "600 13px", small: "11px" };
const LINE = 14;

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
    tint(element, item.part);
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
  const cell = make("button", {
    type: "button",
    className: kind,
    tabIndex: -1,
    ariaLabel: spoken({ part, rest, kind }, side),
  });
  if (found) {
    // A cell that stands for many is filled as far as they are found.
    const hit = total(
      rest.flatMap(leavesOf).filter((leaf) => found.has(leaf)),
      side,
    ).bytes;
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

/** Where a click on something leads: to what is in it, or to the group it is in unless that is there already. */
function goalOf({ part, rest, kind }) {
  if (kind === "rest") {
    const whole = part.parent?.smaller?.get(part.name) === part ? part.parent : part;
    return smallerIn(
      whole,
      rest.reduce((most, part) => Math.max(most, latest(part)), 0),
    );
  }
  if (!isLeaf(part)) return part;
  return new Set(state.zoom.children.values()).has(part) ? state.zoom : part.parent;
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
