// Names of functions, cut so that what tells them apart stays.

/**
 * The steps of a path, `a::<b::c>::d` as `a`, `<b::c>`, `d`: brackets hold together. Names that are not balanced,
 * such as C++'s `operator<`, are one step.
 */
function steps(name) {
  const found = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < name.length; at++) {
    const letter = name[at];
    if ("<([{".includes(letter)) depth++;
    else if (")]}".includes(letter) || (letter === ">" && name[at - 1] !== "-")) depth--;
    else if (letter === ":" && name[at + 1] === ":" && depth === 0) {
      found.push(name.slice(start, at));
      start = at + 2;
      at++;
    }
    if (depth < 0) return [name];
  }
  found.push(name.slice(start));
  return depth === 0 ? found : [name];
}

/**
 * A step without what is in brackets, so that one knows what it is about: `Vec` of `<alloc::vec::Vec<T> as Drop>` and of
 * `<impl Drop for Vec<T>>`, `do_get` of `do_get<char>(int) const`.
 */
function plain(step) {
  const type = /^<(?:impl .+ for )?(.+?)(?: as .+)?>$/.exec(step);
  if (type) return plain(steps(type[1]).at(-1));
  if (step.startsWith("{")) return step;
  return step.replace(step.includes("operator") ? /(?!^)\(.*$/ : /(?!^)[<(].*$/, "");
}

/** The steps of a name, plain. Closures and what generics are made for go with their function, as they have no name. */
function plainSteps(name) {
  const done = [];
  for (const step of steps(name)) {
    // What stands before the first step is what the function returns.
    const own = name.endsWith(")") || name.endsWith(") const") ? step.replace(/^[\w ]+ (?=\w)/, "") : step;
    if (done.length > 0 && step.startsWith("{")) done.push(`${done.pop()}::${step}`);
    else if (done.length > 0 && step.startsWith("<")) done.push(`${done.pop()}<${plain(step)}>`);
    // C++ has namespaces that are only for the linker, such as `std::__2`.
    else if (!/^__\d+$/.test(step)) done.push(plain(own));
  }
  return done;
}

/** Ways to write a name, from the longest to the shortest. The group it is shown in need not be said again. */
function shorter(name, group) {
  const all = plainSteps(name);
  const own = all.length > 1 && all[0] === group ? all.slice(1) : all;
  const start = `${group}::`;
  const whole = name.startsWith(start) ? name.slice(start.length) : name;
  const ways = [whole, ...own.map((_, index) => own.slice(index).join("::"))];
  return /^(function|segment) \d+$/.test(name) ? [...ways, name.replace(/^\w+ /, "#")] : ways;
}

const ruler = document.createElement("canvas").getContext("2d");
const widths = new Map();

function widthOf(text, font) {
  const key = font + text;
  if (!widths.has(key)) {
    ruler.font = font;
    widths.set(key, ruler.measureText(text).width);
  }
  return widths.get(key);
}

/**
 * The lines of a label: the longest way to write a name that fits in one line or two, else the shortest over as many as
 * there are. None where not even that is of use: three letters and an ellipsis tell nobody anything.
 */
function labelOf(ways, width, most, font) {
  const fits = (lines, most) => lines.length <= most && lines.every((line) => widthOf(line, font) <= width);
  const wrapped = ways.map((way) => wrap(way, width, font));
  const whole = wrapped.find((lines) => fits(lines, Math.min(most, 2))) ?? wrapped.find((lines) => fits(lines, most));
  if (whole) return whole;
  if (widthOf("mmmm", font) > width) return [];
  const lines = wrapped.reduce((a, b) => (b.join("").length < a.join("").length ? b : a));
  // The first line that is too wide is the last: an ellipsis belongs at the end.
  const wide = lines.findIndex((line) => widthOf(line, font) > width);
  const last = Math.min(most, wide < 0 ? most : wide + 1) - 1;
  return [...lines.slice(0, last), lines.slice(last).join("")];
}

/** Lines of a text, each as wide as the words in it allow. */
function wrap(text, width, font) {
  const lines = [""];
  for (const word of text.match(/.+?(?:::|_+|[ ,(<](?=\w)|[a-z0-9](?=[A-Z])|$)/g) ?? []) {
    const line = lines.at(-1) + word;
    if (lines.at(-1) === "" || widthOf(line, font) <= width) lines[lines.length - 1] = line;
    else lines.push(word);
  }
  return lines;
}
