// Small things that several pages show.

import { h, say } from './dom.js';
import { signs, tone } from './format.js';

/** A state as a sign, a colour and its word; `of`: where the word means something else. */
export function state(word, of = tone(word)) {
  return h(
    'span',
    { class: `state ${of}` },
    h('span', { 'aria-hidden': 'true' }, signs[of]),
    ' ',
    word,
  );
}

export function showState(element, word) {
  if (element.shownState === word) return;
  element.shownState = word;
  element.replaceChildren(state(word));
}

/** A share as a bar with its figure. */
export function bar(label) {
  const fill = h('i', {});
  const text = h('b', {}, '–');
  const element = h(
    'div',
    { class: 'bar' },
    h('span', {}, label),
    h('span', { class: 'track', 'aria-hidden': 'true' }, fill),
    text,
  );
  return {
    element,
    update(share, shown) {
      const within = Math.max(0, Math.min(1, share || 0));
      fill.style.setProperty('transform', `scaleX(${within.toFixed(3)})`);
      element.dataset.tone = within > 0.9 ? 'bad' : within > 0.7 ? 'warn' : 'good';
      say(text, shown);
    },
  };
}

export const heading = (title, lead) =>
  h('header', { class: 'page-head' }, h('h1', {}, title), lead && h('p', { class: 'lead' }, lead));
export const panel = (title, ...contents) =>
  h('section', { class: 'panel' }, h('h2', {}, title), contents);
export const facts = (pairs) =>
  h(
    'dl',
    { class: 'facts' },
    pairs.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
  );

/**
 * Asks again and again while the page is seen; `ask` must handle its own failures. It gets a
 * function that says whether its answer is still wanted: not if it was asked anew meanwhile.
 */
export function every(milliseconds, ask) {
  let newest = 0;
  let timer = 0;
  const turn = async (mine) => {
    if (!document.hidden) await ask(() => mine === newest);
    if (mine === newest) timer = setTimeout(turn, milliseconds, mine);
  };
  turn(newest);
  return {
    end() {
      ++newest;
      clearTimeout(timer);
    },
    now() {
      clearTimeout(timer);
      turn(++newest);
    },
  };
}

/** Draws a place anew; a control that had the focus has it again, by its name. */
export function redraw(place, ...contents) {
  const name = (each) => each.getAttribute('aria-label') ?? each.textContent;
  const had = place.contains(document.activeElement) ? document.activeElement : null;
  place.replaceChildren(...contents.filter((each) => each instanceof Node));
  if (had && had !== place) {
    const again = [...place.querySelectorAll(had.tagName)].find((each) => name(each) === name(had));
    again?.focus({ preventScroll: true });
  }
}

export const actorLink = (id) =>
  h('a', { href: `#/actors/${id.split('/').map(encodeURIComponent).join('/')}` }, id);
