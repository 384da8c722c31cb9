// The head of the page: totals, and the sections as bars with a legend.

/** What stays as it is. */
function drawHeader() {
  const { before, after } = root.bytes;
  document.title = `${data.name}: what its bytes are`;
  byId("name").textContent = data.name;
  const now = make("strong", {}, size(after));
  if (SIDES.length > 1) {
    const was = make("span", { className: "was" }, `${size(before)} → `);
    byId("total").append(was, now, make("span", { className: "left" }, ` ${percent(after, before)}`));
  } else byId("total").append(now);
  const both = (a, b) => (SIDES.length > 1 && a != null ? `${thousands(a)} → ${exactly(b)}` : exactly(b));
  const stored = data.after.stored;
  byId("exact").textContent = both(before, after);
  if (stored != null) byId("exact").append(` · ${both(data.before?.stored, stored)} as stored`);
  const most = Math.max(before, after);
  for (const side of SIDES) byId("bars").append(bar(side, most));
}

/** One module as a bar: its sections, and in them the groups, in their colours. */
function bar(side, most) {
  const strip = make("div", { className: "strip" });
  strip.style.width = `${(100 * root.bytes[side]) / most}%`;
  const { large, small } = sectionsBySize();
  // Small ones together are as wide as they are: gaps between them would be wider.
  const others = { bytes: { [side]: sum(small, (section) => section.bytes[side]) }, tone: GREY };
  for (const section of [...large, others]) {
    if (section.bytes[side] === 0) continue;
    const piece = make("div", { className: "piece" });
    piece.style.flexGrow = section.bytes[side];
    if (section !== others) piece.item = { part: section };
    for (const part of section === others ? [others] : stripesOf(section)) {
      const stripe = tinted("i", part);
      stripe.style.flexGrow = part.bytes[side];
      piece.append(stripe);
    }
    strip.append(piece);
  }
  const label = SIDES.length > 1 ? [make("span", { className: "side" }, side)] : [];
  return make("div", { className: "row" }, ...label, make("div", { className: "track" }, strip));
}

/** What has a colour of its own in a part. */
function stripesOf(part) {
  if (isGroup(part) || groupsOf(part).length === 0) return [part];
  return heaviest(part.children.values()).flatMap(stripesOf);
}

/** The sections; those that one could not see in a bar are apart. */
function sectionsBySize() {
  const sections = heaviest(root.children.values());
  const large = sections.filter((section) => weight(section) >= weight(root) / 200);
  return { large, small: sections.filter((section) => !large.includes(section)) };
}

/** The sections as a legend of the bars. */
function drawSections() {
  const { large, small } = sectionsBySize();
  const items = large.map((section) => {
    // Code has the colours of its groups.
    const dots = groupsOf(section).length > 0 ? heaviest(groupsOf(section)).slice(0, 3) : [section];
    const text = [...dots.map(dot), make("b", {}, section.name), ` ${sizes([section])}`];
    const to = isLeaf(section) ? {} : { href: fragment({ ...state, zoom: section }) };
    const inner = make(isLeaf(section) ? "span" : "a", to, ...text);
    inner.item = { part: section };
    return make("li", {}, inner);
  });
  if (small.length > 0) {
    const names = small.map((section) => section.name).join(", ");
    items.push(make("li", { title: names }, `${counted(small.length, "other")} ${sizes(small)}`));
  }
  byId("sections").replaceChildren(...items);
}

/** `1.45 MB → 1.24 MB`, of parts together. */
const sizes = (parts) => SIDES.map((side) => size(sum(parts, (part) => part.bytes[side]))).join(" → ");
