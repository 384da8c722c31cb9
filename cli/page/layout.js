// Where the cells of a map are, and which there are.

/** In CSS pixels: the height of a group's title, which the style sheet knows too, and what is around its cells. */
const TITLE = 19;
const FRAME = 3;
/** The least area of a cell, and the least size of a group that shows what is in it. */
const LEAST = 36;
/** How many are always shown of the part that the map is of, so that there is something to see. */
const ALWAYS = 50;
const ROOM = { w: 58, h: 50 };

/** What is drawn for a part in a box, in this order: `{ part, box, kind }`, where kind is cell, group or rest. */
function layOut(part, side, box) {
  const drawn = [];
  inside(part, box, ALWAYS);
  return drawn;

  function inside(part, box, always) {
    const children = [...part.children.values()].filter((child) => child.bytes[side] > 0);
    children.sort((a, b) => b.bytes[side] - a.bytes[side]);
    const scale = (box.w * box.h) / sum(children, (child) => child.bytes[side]);
    const items = children.map((part) => ({ part, area: part.bytes[side] * scale }));
    const seen = items.findIndex((item, index) => item.area < LEAST && index >= always);
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
      inside(part, { x: box.x + FRAME, y: box.y + TITLE, w: box.w - 2 * FRAME, h: box.h - TITLE - FRAME }, 0);
    }
  }
}
