// What is shown, and how it changes. All of it is in the fragment of the address, so that Back goes back, and what one
// sees can be sent to somebody: `#zoom=code/core&search=fmt&show=both`.

const byId = (id) => document.getElementById(id);

/** What the fragment says. What it does not say, or says wrongly, is as at the start. */
function read() {
  const said = new Map(location.hash.slice(1).split("&").map((pair) => pair.split("=", 2)));
  const text = (key) => decoded(said.get(key) ?? "");
  const [key, reversed] = text("sort").split("-");
  const show = SIDES.length > 1 && ["before", "both"].includes(text("show")) ? text("show") : "after";
  const usual = show === "before" ? "before" : "after";
  return {
    zoom: partAt((said.get("zoom") ?? "").split("/").filter(Boolean).map(decoded)),
    search: text("search"),
    show,
    sort: { key: COLUMNS.some((column) => column.key === key) ? key : usual, reversed: reversed === "up" },
  };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    // Typed by hand.
    return text;
  }
}

/** The fragment that says it. */
function fragment({ zoom, search, show, sort }) {
  const path = pathTo(zoom).map((part) => encodeURIComponent(part.name)).join("/");
  const said = [
    path && `zoom=${path}`,
    search && `search=${encodeURIComponent(search)}`,
    show !== "after" && `show=${show}`,
    (sort.key !== (show === "before" ? "before" : "after") || sort.reversed) && `sort=${sort.key}${sort.reversed ? "-up" : ""}`,
  ];
  return `#${said.filter(Boolean).join("&")}`;
}

let state = read();
let limit = 100;

function go(changes) {
  location.hash = fragment({ ...state, ...changes });
}

function draw() {
  drawTools();
  const leaves = findIn(state.zoom, state.search);
  const found = wordsOf(state.search).length > 0 ? new Set(leaves) : null;
  drawFound(leaves, found);
  drawMaps(found);
  const where = state.zoom === root ? "" : ` of ${pathTo(state.zoom).map((part) => part.name).join(" › ")}`;
  byId("list-title").textContent = `${found ? "parts" : "largest parts"}${where}${found ? ` with “${state.search.trim()}”` : ""}`;
  drawTable(leaves.filter((leaf) => weight(leaf) > 0), limit);
}

/** What stays as it is: the totals and the sections. */
function drawHeader() {
  const { before, after } = root.bytes;
  document.title = `${data.name}: what its bytes are`;
  byId("name").textContent = data.name;
  const numbers = SIDES.length > 1
    ? [make("span", { className: "was" }, size(before)), make("span", { className: "arrow" }, " → "), make("strong", {}, size(after)), make("span", { className: "left" }, ` ${percent(after, before)}`)]
    : [make("strong", {}, size(after))];
  byId("total").append(...numbers);
  const stored = data.stored == null ? [] : [`${exactly(data.stored)} as stored`];
  const exact = SIDES.length > 1 ? `${thousands(before)} → ${exactly(after)}` : exactly(after);
  byId("exact").textContent = [exact, ...stored].join(" · ");
  const most = Math.max(before, after);
  for (const side of SIDES) byId("bars").append(bar(side, most));
}

/** One module as a bar: its sections, and in them the groups, in their colours. */
function bar(side, most) {
  const strip = make("div", { className: "strip" });
  strip.style.width = `${(100 * root.bytes[side]) / most}%`;
  const { large, small } = sectionsBySize();
  // Small ones together are as wide as they are: gaps between them would be wider.
  const others = { bytes: { [side]: sum(small, (section) => section.bytes[side]) }, children: new Map(), tone: GREY };
  for (const section of [...large, others]) {
    if (section.bytes[side] === 0) continue;
    const groups = heaviest(groupsOf(section));
    const piece = make("div", { className: "piece" });
    piece.style.flexGrow = section.bytes[side];
    if (section !== others) piece.item = { part: section, side };
    for (const part of groups.length > 0 ? groups : [section]) {
      const stripe = dot(part);
      stripe.className = "";
      stripe.style.flexGrow = part.bytes[side];
      piece.append(stripe);
    }
    strip.append(piece);
  }
  const label = SIDES.length > 1 ? [make("span", { className: "side" }, side)] : [];
  return make("div", { className: "row" }, ...label, make("div", { className: "track" }, strip));
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
    const text = [...dots.map(dot), make("b", {}, section.name), ` ${SIDES.map((side) => size(section.bytes[side])).join(" → ")}`];
    const inner = isLeaf(section) ? make("span", {}, ...text) : make("a", { href: fragment({ ...state, zoom: section }) }, ...text);
    inner.item = { part: section, side: SIDES.at(-1) };
    return make("li", {}, inner);
  });
  if (small.length > 0) {
    const bytes = SIDES.map((side) => size(sum(small, (part) => part.bytes[side]))).join(" → ");
    items.push(make("li", { title: small.map((part) => part.name).join(", ") }, `${counted(small.length, "other")} ${bytes}`));
  }
  byId("sections").replaceChildren(...items);
}

function drawTools() {
  drawSections();
  const way = [root, ...pathTo(state.zoom)];
  const links = way.map((part, index) => {
    const last = index === way.length - 1;
    const name = part === root ? "file" : part.name;
    return last ? make("b", { ariaCurrent: "location" }, name) : make("a", { href: fragment({ ...state, zoom: part }) }, name);
  });
  byId("crumbs").replaceChildren(...links);
  byId("show").hidden = SIDES.length < 2;
  for (const input of byId("show").querySelectorAll("input")) input.checked = input.value === state.show;
  // Not while somebody types: the cursor would jump.
  if (byId("search").value !== state.search) byId("search").value = state.search;
}

function drawFound(leaves, found) {
  const where = state.zoom === root ? "" : `in ${state.zoom.name}: `;
  if (!found) byId("found").textContent = "";
  else if (leaves.length > 0) byId("found").textContent = where + told(leaves);
  else {
    const elsewhere = findIn(root, state.search);
    const link = make("a", { href: fragment({ ...state, zoom: root }) }, counted(elsewhere.length, "part"));
    byId("found").replaceChildren(`${where}nothing found`, ...(elsewhere.length > 0 ? ["; ", link, " elsewhere"] : []));
  }
}

/** The part the maps show now, to tell in which direction they change. */
let shown = state.zoom;

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
    map.ariaLabel = `${to === root ? "file" : to.name} ${side}, ${exactly(bytes)}. Arrows move, Enter zooms in, Escape goes up; the table below says the same.`;
    const caption = make("figcaption", {}, make("b", {}, side), ` ${exactly(bytes)}, ${percent(bytes, root.bytes[side])} of the file`);
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

/** The tip of a part: its name in full, and its bytes in each module. */
function drawTip({ part, rest, kind }) {
  const tip = byId("tip");
  const among = rest ?? [part];
  const parent = kind === "rest" ? part : part.parent;
  const count = (side) => sum(among, (part) => part.count[side]);
  const title = kind === "rest" ? `${thousands(Math.max(...SIDES.map(count)))} smaller` : part.name;
  const many = kind !== "rest" && Math.max(...SIDES.map(count));
  const path = pathTo(parent).map((part) => part.name).join(" › ");
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
  const where = make("p", {}, dot(part), [path, many > 1 ? counted(many, "part") : ""].filter(Boolean).join(" · "));
  tip.replaceChildren(make("code", {}, title), ...(where.textContent ? [where] : []), table);
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

/** What an event is about, if it is about something in a map or a bar. */
function itemOf(event) {
  for (let element = event.target; element instanceof Element; element = element.parentElement) {
    if (element.item) return element;
  }
  return null;
}

const DIRECTIONS = { ArrowLeft: ["x", -1], ArrowRight: ["x", 1], ArrowUp: ["y", -1], ArrowDown: ["y", 1] };

function moveTo(cell) {
  cell.parentElement.querySelectorAll('[tabindex="0"]').forEach((other) => { other.tabIndex = -1; });
  cell.tabIndex = 0;
  cell.focus({ preventScroll: true });
}

function listen() {
  addEventListener("hashchange", () => {
    hideTip();
    state = read();
    limit = 100;
    draw();
  });
  byId("show").addEventListener("change", (event) => go({ show: event.target.value, sort: { key: event.target.value === "before" ? "before" : "after", reversed: false } }));
  // Typing is one step for Back, not one for each letter.
  byId("search").addEventListener("input", (event) => location.replace(fragment({ ...state, search: event.target.value })));
  byId("more").addEventListener("click", () => { limit += 500; draw(); });

  byId("maps").addEventListener("click", (event) => {
    const element = itemOf(event);
    if (!element) return;
    const goal = goalOf(element.item);
    if (goal !== state.zoom) go({ zoom: goal });
    else if (element.item.kind === "rest") byId("list").scrollIntoView({ behavior: "smooth" });
  });
  for (const place of [byId("maps"), byId("bars"), byId("sections")]) {
    place.addEventListener("pointermove", (event) => {
      const element = itemOf(event);
      hideTip();
      if (!element || event.pointerType === "touch") return;
      if (place === byId("maps")) pointOutTwin(element);
      drawTip(element.item);
      moveTip(event.clientX, event.clientY);
    });
    place.addEventListener("pointerleave", hideTip);
  }
  byId("maps").addEventListener("focusin", (event) => {
    if (!event.target.item || !event.target.matches(":focus-visible")) return;
    drawTip(event.target.item);
    pointOutTwin(event.target);
    const { left, bottom } = event.target.getBoundingClientRect();
    moveTip(left, bottom - 12);
  });
  byId("maps").addEventListener("focusout", hideTip);

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target === byId("search");
    const direction = DIRECTIONS[event.key];
    if (event.key === "/" && !typing) {
      event.preventDefault();
      byId("search").select();
      byId("search").focus();
    } else if (event.key === "Escape" && typing && state.search) {
      go({ search: "" });
    } else if (event.key === "Escape" && !typing && state.zoom !== root) {
      go({ zoom: state.zoom.parent });
    } else if (direction && event.target.item) {
      event.preventDefault();
      const next = neighbour(event.target, direction);
      if (next) moveTo(next);
    }
  });

  // A change of width needs other labels and another shape.
  let width = byId("maps").clientWidth;
  new ResizeObserver(() => {
    if (byId("maps").clientWidth === width) return;
    width = byId("maps").clientWidth;
    requestAnimationFrame(draw);
  }).observe(byId("maps"));
}

drawHeader();
draw();
listen();
