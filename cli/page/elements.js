// Elements of the page.

const byId = (id) => document.getElementById(id);

/**
 * An element with properties and children. Text only ever becomes a text node: names come from modules, and a
 * module may call a function whatever it likes.
 */
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** Tells an element the colour of a part; the style sheet makes of it what the scheme asks for. */
function tint(element, { tone }) {
  element.style.setProperty("--hue", tone.hue);
  element.style.setProperty("--tint", tone.tint);
  return element;
}

const tinted = (tag, part, properties) => tint(make(tag, properties), part);

const dot = (part) => tinted("i", part, { className: "dot" });
