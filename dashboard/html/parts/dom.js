// Elements from data. Whatever comes from outside becomes a text node or an attribute of a known
// name, never markup.

const SVG = 'http://www.w3.org/2000/svg';

function fill(element, attributes, children) {
  for (const [name, wanted] of Object.entries(attributes ?? {})) {
    if (wanted === undefined || wanted === null || wanted === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), wanted);
    else if (name === 'style')
      for (const [key, text] of Object.entries(wanted)) element.style.setProperty(key, text);
    else if (name === 'dataset') Object.assign(element.dataset, wanted);
    else element.setAttribute(name, wanted === true ? '' : String(wanted));
  }
  element.append(
    ...children
      .flat(Infinity)
      .filter((each) => each !== undefined && each !== null && each !== false)
      .map((each) => (each instanceof Node ? each : document.createTextNode(String(each)))),
  );
  return element;
}

export const h = (tag, attributes, ...children) =>
  fill(document.createElement(tag), attributes, children);
export const svg = (tag, attributes, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

/** Writes a text only if it is another one: what a screen reader or a selection holds stays. */
export function say(element, text) {
  const wanted = String(text);
  if (element.textContent !== wanted) element.textContent = wanted;
}

export function toggle(element, attribute, on) {
  if (on) element.setAttribute(attribute, on === true ? '' : on);
  else element.removeAttribute(attribute);
}

/**
 * Keeps the children of a container in step with items, by key: an item that stays keeps its
 * element, and with it focus and selection.
 */
export function keep(container, items, { key, make, update }) {
  const known = container.keptByKey ?? (container.keptByKey = new Map());
  const seen = new Set();
  let before = null;
  for (const item of items) {
    const name = key(item);
    seen.add(name);
    let element = known.get(name);
    if (!element) known.set(name, (element = make(item)));
    update?.(element, item);
    const wanted = before ? before.nextSibling : container.firstChild;
    if (element !== wanted) container.insertBefore(element, wanted);
    before = element;
  }
  for (const [name, element] of known) {
    if (seen.has(name)) continue;
    element.remove();
    known.delete(name);
  }
}
