// What is shown is in the fragment of the address, all of it, so that Back goes back, and what one sees can be sent to
// somebody: `#zoom=code/core&search=fmt&show=both`.

/** What the fragment says. What it does not say, or says wrongly, is as at the start. */
function read() {
  const said = new Map(
    location.hash
      .slice(1)
      .split("&")
      .map((pair) => pair.split("=", 2)),
  );
  const text = (key) => decoded(said.get(key) ?? "");
  const [key, reversed] = text("sort").split("-");
  const show = SIDES.length > 1 && ["before", "both"].includes(text("show")) ? text("show") : "after";
  return {
    zoom: partAt((said.get("zoom") ?? "").split("/").filter(Boolean).map(decoded)),
    search: text("search"),
    show,
    sort: COLUMNS.some((column) => column.key === key) ? { key, reversed: reversed === "turned" } : usualSort(show),
  };
}

/** The heaviest first, in the module that is shown. */
const usualSort = (show) => ({ key: show === "before" ? "before" : "after", reversed: false });

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
  const path = pathTo(zoom)
    .map((part) => encodeURIComponent(part.name))
    .join("/");
  const said = [
    path && `zoom=${path}`,
    search && `search=${encodeURIComponent(search)}`,
    show !== "after" && `show=${show}`,
    (sort.key !== usualSort(show).key || sort.reversed) && `sort=${sort.key}${sort.reversed ? "-turned" : ""}`,
  ];
  return `#${said.filter(Boolean).join("&")}`;
}
