// What the page says about what was done. Both places are in every page from the start, because
// screen readers announce only changes of places they know.

import { byId, element } from './dom.js';

/** Says that something came out; takes texts and elements. */
export function tell(...parts) {
  byId('problem').replaceChildren();
  byId('status').replaceChildren(element('p', { class: 'notice good' }, ...parts));
}

/** Says what did not come out, why, and what to do. */
export function complain(what, failure) {
  byId('status').replaceChildren();
  byId('problem').replaceChildren(
    element('div', { class: 'notice bad' },
      element('p', { class: 'what' }, what),
      element('p', {}, failure.message),
      element('p', {}, failure.advice ?? 'Load the page again.'),
      element('p', { class: 'code' }, 'Code: ', failure.code ?? failure.name)));
}

/** Says nothing any more. */
export function hush() {
  byId('problem').replaceChildren();
  byId('status').replaceChildren();
}
