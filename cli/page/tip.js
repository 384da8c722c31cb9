// The tip beside the pointer, and beside what the keyboard is at.

/** The tip of a part: its name in full, and its bytes in each module. */
function drawTip({ part, rest, kind }) {
  const tip = byId("tip");
  const among = rest ?? [part];
  const parent = kind === "rest" ? part : part.parent;
  const count = (side) => sum(among, (part) => part.count[side]);
  const title = kind === "rest" ? `${thousands(Math.max(...SIDES.map(count)))} smaller` : part.name;
  const many = kind !== "rest" && Math.max(...SIDES.map(count));
  const rows = SIDES.map((side) => {
    const bytes = sum(among, (part) => part.bytes[side]);
    const cells = [thousands(bytes), percent(bytes, root.bytes[side]), percent(bytes, parent.bytes[side])];
    if (parent === root) cells.pop();
    return make("tr", {}, make("th", {}, SIDES.length > 1 ? side : ""), ...cells.map((text) => make("td", {}, text)));
  });
  const heads = ["", "bytes", "of the file", ...(parent === root ? [] : [`of ${parent.name}`])];
  const table = make("table", {}, make("tr", {}, ...heads.map((text) => make("th", {}, text))), ...rows);
  if (SIDES.length > 1) {
    const saved = sum(among, (part) => part.bytes.after - part.bytes.before);
    table.append(make("tr", {}, make("th", {}, "change"), make("td", {}, change(saved))));
  }
  const where = make("p", {}, dot(part), [spelledPath(parent), many > 1 ? counted(many, "part") : ""].filter(Boolean).join(" · "));
  const way = kind === "cell" && wayTo(part);
  const told = [...(where.textContent ? [where] : []), ...(way ? [make("p", {}, spelled(way))] : [])];
  tip.replaceChildren(make("code", {}, title), ...told, table);
  tip.hidden = false;
}

/** Puts the tip beside a point, on the side where there is room. */
function moveTip(x, y) {
  const tip = byId("tip");
  // At the edge it would be narrower than it need be.
  Object.assign(tip.style, { left: 0, top: 0 });
  const { offsetWidth: w, offsetHeight: h } = tip;
  const left = x + 16 + w > innerWidth ? x - 16 - w : x + 16;
  const top = y + 16 + h > innerHeight ? y - 12 - h : y + 16;
  tip.style.left = `${Math.max(8, Math.min(left, innerWidth - w - 8))}px`;
  tip.style.top = `${Math.max(8, top)}px`;
}

function hideTip() {
  byId("tip").hidden = true;
  for (const twin of document.querySelectorAll(".twin")) twin.classList.remove("twin");
}

/** Shows the same part in the other map, where there are two. */
function pointOutTwin(element) {
  const here = element.closest(".map");
  for (const map of byId("maps").querySelectorAll(".map")) {
    if (map !== here) elementOf(map, element.item.part, element.item.kind)?.classList.add("twin");
  }
}
