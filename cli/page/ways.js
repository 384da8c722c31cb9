// Who keeps a function in the module: the way to it from what the host may call.

/** The names on the way from an export to a function, without its own; nothing where no way is known. */
function wayTo(leaf) {
  const { steps, ends } = data.ways;
  if (!isGroup(leaf.parent) || leaf.bytes.after === 0 || !Object.hasOwn(ends, leaf.name)) return null;
  const names = [];
  for (let step = ends[leaf.name]; step !== null; step = steps[step][1]) names.unshift(steps[step][0]);
  return names;
}

/** `_start → app::main → … → regex::compile`, of a long way the beginning and the end. */
function spelled(way) {
  if (way.length === 0) return "exported";
  const names = way.map((name) => plainSteps(name).slice(-2).join("::"));
  const shown = names.length > 6 ? [...names.slice(0, 2), "…", ...names.slice(-3)] : names;
  return `kept by ${shown.join(" → ")}`;
}
