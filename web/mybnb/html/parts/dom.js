// Elements and texts. Whatever comes from outside becomes a text node, never markup.

const numbers = new Intl.NumberFormat(document.documentElement.lang);
const hangul = /[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]/u;

/** An element with attributes and children; true gives an attribute without value, false none. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== false) made.setAttribute(name, value === true ? '' : value);
  made.append(...children);
  return made;
}

export function link(href, ...children) {
  return element('a', { href }, ...children);
}

export function byId(id) {
  return document.getElementById(id);
}

/** A text of the data, with its language, so that it is spoken and shown right. */
export function said(value) {
  if (typeof value === 'number') return solid(String(value));
  const text = value === null || value === undefined || value === '' ? '–' : String(value);
  return element('span', { lang: hangul.test(text) ? 'ko' : false, dir: 'auto' }, text);
}

/** A text that no line break divides. */
function solid(text) {
  return element('span', { class: 'solid' }, text);
}

/** 1000 as "1,000". */
export function price(value) {
  return typeof value === 'number' ? solid(numbers.format(value)) : said(value);
}

/** "20201010" as "2020-10-10"; any other text as it is. */
export function day(value) {
  const parts = /^(\d{4})(\d{2})(\d{2})$/.exec(value ?? '');
  return parts ? solid(parts.slice(1).join('-')) : said(value);
}

export function badge(status) {
  return element('span', { class: 'badge', 'data-status': status ?? '' }, said(status));
}

/** The pairs of a description list: titles and values. */
export function facts(pairs) {
  return pairs.flatMap(([title, value]) => [element('dt', {}, title), element('dd', {}, value)]);
}

/** The parameter of the page's address if it is the number of an item, else null. */
export function wantedId(name) {
  const text = new URLSearchParams(location.search).get(name) ?? '';
  return /^[1-9]\d{0,18}$/.test(text) ? text : null;
}
