// The modules as one tree: each part knows its bytes before and after, so that a part has one place, one colour and
// one row, however many modules there are.

const data = JSON.parse(document.getElementById("data").textContent);

/** The modules there are, in the order of time. */
const SIDES = data.before ? ["before", "after"] : ["after"];

const newPart = (name, parent) => ({
  name,
  parent,
  depth: parent ? parent.depth + 1 : 0,
  bytes: { before: 0, after: 0 },
  /** How many leaves: a name may stand for several functions, as those of generics do. */
  count: { before: 0, after: 0 },
  children: new Map(),
  tone: null,
});

/** Adds what a module says: `[name, bytes, children]`. */
function grow(part, [, bytes, children = []], side) {
  part.bytes[side] += bytes;
  if (children.length === 0) part.count[side] += 1;
  for (const child of children) grow(childOf(part, child[0], side), child, side);
}

/**
 * The child of a name. A number is no name: it tells nothing about what had the same number in the other module, which
 * numbers anew what it keeps.
 */
function childOf(part, name, side) {
  const key = /^(function|segment) \d+$/.test(name) ? `${side} ${name}` : name;
  if (!part.children.has(key)) part.children.set(key, newPart(name, part));
  return part.children.get(key);
}

/** Sees to it that children make up their parent, and counts them. Even the emptiest file is made of something. */
function complete(part) {
  if (isLeaf(part) && part !== root) return;
  for (const side of SIDES) {
    const known = sum(part.children.values(), (child) => child.bytes[side]);
    if (known < part.bytes[side]) grow(childOf(part, "(header)", side), ["", part.bytes[side] - known], side);
  }
  for (const child of part.children.values()) complete(child);
  for (const side of SIDES) part.count[side] = sum(part.children.values(), (child) => child.count[side]);
}

function sum(things, of) {
  let total = 0;
  for (const thing of things) total += of(thing);
  return total;
}

const isLeaf = (part) => part.children.size === 0;
const weight = (part) => Math.max(part.bytes.before, part.bytes.after);
const heaviest = (parts) => [...parts].sort((a, b) => weight(b) - weight(a));

/** A part and all it is in, without the file. */
function pathTo(part) {
  return part.parent ? [...pathTo(part.parent), part] : [];
}

/** `code › core` */
const spelledPath = (part) =>
  pathTo(part)
    .map((part) => part.name)
    .join(" › ");

function leavesOf(part) {
  return isLeaf(part) ? [part] : [...part.children.values()].flatMap(leavesOf);
}

// Hues of neighbours in rank are far apart. Beyond the twelfth group they come again, paler.
const HUES = [255, 60, 155, 345, 95, 205, 300, 25, 125, 180, 275, 75];
const GREY = { hue: 255, tint: 0.08 };
const SLATE = { hue: 240, tint: 0.34 };

/** Whether it is a group of functions: a crate, a package, a language. In a component, each module has its own. */
const isGroup = (part) => part.parent?.name === "code" && !isLeaf(part);

function groupsOf(part) {
  return isGroup(part) ? [part] : [...part.children.values()].flatMap(groupsOf);
}

/** A group has a colour by its rank, in all modules of a component the same. Of all else, only data is not grey. */
function paint(part, tones) {
  if (isGroup(part)) part.tone = tones.get(part.name);
  else if (isGroup(part.parent ?? part) || part.parent?.name === "data") part.tone = part.parent.tone;
  else part.tone = part.name === "data" ? SLATE : GREY;
  for (const child of part.children.values()) paint(child, tones);
}

/** Colours for names of groups, the heaviest first. */
function tonesOf(groups) {
  const weights = new Map();
  for (const group of groups) weights.set(group.name, (weights.get(group.name) ?? 0) + weight(group));
  const names = [...weights.keys()].sort((a, b) => weights.get(b) - weights.get(a));
  return new Map(
    names.map((name, rank) => [name, { hue: HUES[rank % HUES.length], tint: rank < HUES.length ? 1 : 0.45 }]),
  );
}

const root = newPart(data.name, null);
for (const side of SIDES) grow(root, data[side].tree, side);
complete(root);
paint(root, tonesOf(groupsOf(root)));

/** What a part weighs now, or weighed if it is gone. */
const latest = (part) => part.bytes.after || part.bytes.before;

/**
 * The children of a part up to a weight, as a part of their own that the map can show: what was too small to see gets
 * all the room. It stands beside the tree, in which its children stay where they are.
 */
function smallerIn(part, most) {
  const name = `up to ${exactly(most)}`;
  part.smaller ??= new Map();
  if (!part.smaller.has(name)) {
    const smaller = { ...newPart(name, part), tone: part.tone };
    for (const [key, child] of part.children) if (latest(child) <= most) smaller.children.set(key, child);
    for (const side of SIDES) {
      smaller.bytes[side] = sum(smaller.children.values(), (child) => child.bytes[side]);
      smaller.count[side] = sum(smaller.children.values(), (child) => child.count[side]);
    }
    part.smaller.set(name, smaller);
  }
  return part.smaller.get(name);
}

/** The part at the end of a path of names, or as far as there is one. */
function partAt(names) {
  let part = root;
  for (const name of names) {
    const [, most] = /^up to ([\d,]+) bytes?$/.exec(name) ?? [];
    if (most) return smallerIn(part, Number(most.replaceAll(",", "")));
    const child = part.children.get(name);
    if (!child || isLeaf(child)) break;
    part = child;
  }
  return part;
}
