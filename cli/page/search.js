// What a search finds: leaves whose name, or that of a group they are in, has every word that was typed.

const haystacks = new Map();

/**
 * The text that is searched. Sections are left out of it: who types "code" looks for functions that decode, not for
 * every function there is.
 */
function haystack(leaf) {
  if (!haystacks.has(leaf)) {
    const group = isGroup(leaf.parent) ? leaf.parent.name : "";
    haystacks.set(leaf, `${leaf.name}\n${group}`.toLowerCase());
  }
  return haystacks.get(leaf);
}

const wordsOf = (typed) => typed.toLowerCase().split(/\s+/).filter(Boolean);

/** The leaves below a part that are found; all of them if nothing was typed. */
function findIn(part, typed) {
  const words = wordsOf(typed);
  return leavesOf(part).filter((leaf) => words.every((word) => haystack(leaf).includes(word)));
}

const total = (leaves, side) => ({
  count: sum(leaves, (leaf) => leaf.count[side]),
  bytes: sum(leaves, (leaf) => leaf.bytes[side]),
});

/** `42 parts: 98,234 bytes, 9.1 % of the file`, for each module. */
function told(leaves) {
  const sides = SIDES.map((side) => {
    const { count, bytes } = total(leaves, side);
    const when = SIDES.length > 1 ? ` ${side}` : "";
    return `${counted(count, "part")}${when}: ${exactly(bytes)}, ${percent(bytes, root.bytes[side])} of the file`;
  });
  return sides.join(" → ");
}
