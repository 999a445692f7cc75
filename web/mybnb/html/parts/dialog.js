// A question before something that cannot be undone.

import { element } from './dom.js';

/** True if the person says yes. The focus starts on "no" and returns to where it was. */
export function ask(question, yes, no) {
  const keep = element('button', { type: 'button', autofocus: true }, no);
  const go = element('button', { type: 'button', class: 'danger' }, yes);
  const title = element('p', { id: 'question' }, question);
  const dialog = element('dialog', { 'aria-labelledby': 'question' }, title,
    element('div', { class: 'buttons' }, keep, go));
  document.body.append(dialog);
  return new Promise((answer) => {
    keep.addEventListener('click', () => dialog.close('no'));
    go.addEventListener('click', () => dialog.close('yes'));
    dialog.addEventListener('close', () => {
      dialog.remove();
      answer(dialog.returnValue === 'yes');
    });
    dialog.showModal();
  });
}
