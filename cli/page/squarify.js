// A squarified treemap: Bruls, Huizing and van Wijk, "Squarified Treemaps", 2000.

/**
 * Places items, each with its `area`, in a box whose area is their sum, and calls `put(item, box)`. A row along the
 * shorter side grows as long as its worst cell becomes no less square.
 */
function squarify(items, box, put) {
  let { x, y, w, h } = box;
  for (let start = 0; start < items.length;) {
    const along = Math.min(w, h);
    let [end, area, least, most, worst] = [start, 0, Infinity, 0, Infinity];
    for (; end < items.length; end++) {
      const next = items[end].area;
      const grown = [area + next, Math.min(least, next), Math.max(most, next)];
      const ratio = worstRatio(...grown, along);
      if (ratio > worst) break;
      [area, least, most] = grown;
      worst = ratio;
    }
    const thick = end === items.length ? Math.max(w, h) : area / along;
    let at = 0;
    for (const item of items.slice(start, end)) {
      const long = (item.area / area) * along;
      put(item, w >= h ? { x, y: y + at, w: thick, h: long } : { x: x + at, y, w: long, h: thick });
      at += long;
    }
    if (w >= h) [x, w] = [x + thick, w - thick];
    else [y, h] = [y + thick, h - thick];
    start = end;
  }
}

function worstRatio(area, least, most, along) {
  const square = (area * area) / (along * along);
  return Math.max(most / square, square / least);
}
