// The same as a table: for those who cannot use the map, and for those who want the number.

const COLUMNS = [
  { key: "name", title: "name", of: (leaf) => leaf.name, show: nameCell },
  ...SIDES.map((side) => ({
    key: side,
    title: SIDES.length > 1 ? side : "bytes",
    of: (leaf) => leaf.bytes[side],
    show: (leaf) => (leaf.bytes[side] ? thousands(leaf.bytes[side]) : "–"),
  })),
  ...(SIDES.length > 1
    ? [
        {
          key: "change",
          title: "change",
          of: (leaf) => leaf.bytes.after - leaf.bytes.before,
          show: (leaf) => change(leaf.bytes.after - leaf.bytes.before),
        },
      ]
    : []),
];

/** Largest first; names from A, and what was saved before what was added. */
const ascends = (key) => key === "name" || key === "change";

function sorted(leaves, { key, reversed }) {
  const { of } = COLUMNS.find((column) => column.key === key);
  const sign = ascends(key) === reversed ? -1 : 1;
  const compare = (a, b) => (of(a) < of(b) ? -sign : of(a) > of(b) ? sign : 0);
  // Equal ones are told apart by weight, then stay in the order of the module.
  return [...leaves].sort((a, b) => compare(a, b) || weight(b) - weight(a));
}

function nameCell(leaf) {
  const times = Math.max(leaf.count.before, leaf.count.after);
  const cell = make("div", { className: "named" }, make("code", {}, leaf.name));
  if (times > 1) cell.append(make("span", { className: "times" }, ` × ${thousands(times)}`));
  const about = make("div", { className: "about" });
  const group = leaf.parent;
  // What the title says need not be said in each row.
  if (group !== state.zoom && group !== root) {
    about.append(make("a", { href: fragment({ ...state, zoom: group }) }, dot(group), group.name), " ");
  }
  const way = wayTo(leaf);
  if (way) about.append(spelled(way));
  if (about.hasChildNodes()) cell.append(about);
  return cell;
}

/** Draws the first `limit` of the leaves. */
function drawTable(leaves, limit) {
  const { key, reversed } = state.sort;
  const titles = COLUMNS.map((column) => {
    const chosen = column.key === key;
    const to = fragment({ ...state, sort: { key: column.key, reversed: chosen && !reversed } });
    const up = ascends(column.key) !== (chosen && reversed);
    const title = make("th", { scope: "col", className: column.key }, make("a", { href: to }, column.title));
    if (chosen) title.ariaSort = up ? "ascending" : "descending";
    return title;
  });
  byId("columns").replaceChildren(...titles, make("th", { scope: "col", className: "share" }, "of the file"));
  const side = key === "before" ? "before" : "after";
  const most = leaves.reduce((most, leaf) => Math.max(most, leaf.bytes[side]), 1);
  const rows = sorted(leaves, state.sort)
    .slice(0, limit)
    .map((leaf) => {
      const cells = COLUMNS.map(({ key, show }) => make(key === "name" ? "th" : "td", { className: key }, show(leaf)));
      cells[0].scope = "row";
      const bar = make("i", { className: "bar" });
      bar.style.width = `${(100 * leaf.bytes[side]) / most}%`;
      cells.push(make("td", { className: "share" }, percent(leaf.bytes[side], root.bytes[side]), bar));
      return make("tr", {}, ...cells);
    });
  byId("rows").replaceChildren(...rows);
  const left = leaves.length - rows.length;
  byId("more").hidden = left <= 0;
  byId("more").textContent = `show ${thousands(Math.min(left, 500))} more of ${thousands(left)}`;
}
