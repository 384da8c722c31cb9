// What is drawn when, and what the keys and the pointer do.

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
  const where = state.zoom === root ? "" : ` of ${spelledPath(state.zoom)}`;
  byId("list-title").textContent =
    `${found ? "parts" : "largest parts"}${where}${found ? ` with “${state.search.trim()}”` : ""}`;
  drawTable(
    leaves.filter((leaf) => weight(leaf) > 0),
    limit,
  );
}

function drawTools() {
  drawSections();
  const way = [root, ...pathTo(state.zoom)];
  const links = way.map((part, index) => {
    const last = index === way.length - 1;
    const name = part === root ? "file" : part.name;
    return last
      ? make("b", { ariaCurrent: "location" }, name)
      : make("a", { href: fragment({ ...state, zoom: part }) }, name);
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

/** What an event is about, if it is about something in a map or a bar. */
function itemOf(event) {
  for (let element = event.target; element instanceof Element; element = element.parentElement) {
    if (element.item) return element;
  }
  return null;
}

function listenToControls() {
  addEventListener("hashchange", () => {
    hideTip();
    state = read();
    limit = 100;
    draw();
  });
  byId("show").addEventListener("change", (event) =>
    go({ show: event.target.value, sort: usualSort(event.target.value) }),
  );
  // Typing is one step for Back, not one for each letter.
  byId("search").addEventListener("input", (event) =>
    location.replace(fragment({ ...state, search: event.target.value })),
  );
  byId("more").addEventListener("click", () => {
    limit += 500;
    draw();
  });
  byId("maps").addEventListener("click", (event) => {
    const element = itemOf(event);
    if (!element) return;
    const goal = goalOf(element.item);
    if (goal !== state.zoom) go({ zoom: goal });
    else if (element.item.kind === "rest") byId("list").scrollIntoView({ behavior: "smooth" });
  });
}

/** The tip goes with the pointer, and with what has the focus. */
function listenForTip() {
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
}

function listenToKeys() {
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
}

/**
 * Another width needs other labels and another shape; so does another height, but not the little that a phone's
 * address bar takes and gives.
 */
function listenToSize() {
  const maps = byId("maps");
  let [width, height] = [maps.clientWidth, maps.clientHeight];
  new ResizeObserver(() => {
    if (maps.clientWidth === width && Math.abs(maps.clientHeight - height) < 80) return;
    [width, height] = [maps.clientWidth, maps.clientHeight];
    requestAnimationFrame(draw);
  }).observe(maps);
}

drawHeader();
draw();
listenToControls();
listenForTip();
listenToKeys();
listenToSize();
