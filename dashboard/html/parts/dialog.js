// Dialogs: typed confirmation of what changes something, the key, the keyboard's help.

import { access, change, hasKey, may, showKey } from './access.js';
import { h } from './dom.js';

/** Opens a dialog with these contents; resolves when it is closed. */
function open(title, ...contents) {
  const dialog = h(
    'dialog',
    { 'aria-labelledby': 'dialog-title' },
    h('h2', { id: 'dialog-title' }, title),
    contents,
  );
  document.body.append(dialog);
  dialog.showModal();
  return {
    dialog,
    closed: new Promise((done) =>
      dialog.addEventListener('close', () => {
        dialog.remove();
        done();
      }),
    ),
  };
}

/**
 * Does something after the person typed the word that names it. `effect` says what will happen.
 * Resolves to the answer, or null if it was not done.
 */
export async function confirmed({ title, effect, word, verb, parameters, node }) {
  let answer = null;
  const problem = h('p', { role: 'alert', class: 'problem' });
  const field = h('input', {
    id: 'confirm-word',
    autocomplete: 'off',
    spellcheck: 'false',
    autocapitalize: 'off',
  });
  const go = h('button', { type: 'submit', class: 'danger', disabled: true }, title);
  field.addEventListener('input', () => {
    go.disabled = field.value.trim() !== word;
  });
  const form = h(
    'form',
    {},
    h('p', {}, effect),
    h(
      'p',
      {},
      h('label', { for: 'confirm-word' }, 'Type ', h('kbd', {}, word), ' to go on'),
      field,
    ),
    problem,
    h(
      'p',
      { class: 'buttons' },
      go,
      h('button', { type: 'button', onclick: () => view.dialog.close() }, 'Leave it'),
    ),
  );
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (field.value.trim() !== word) return;
    go.disabled = true;
    problem.textContent = '';
    try {
      answer = await change(verb, parameters, node);
      view.dialog.close();
    } catch (why) {
      problem.textContent = `${why.message} (${why.code}${why.outcome ? `, ${why.outcome}` : ''})`;
      go.disabled = false;
    }
  });
  const view = open(title, form);
  field.focus();
  await view.closed;
  return answer;
}

export async function askKey() {
  const problem = h('p', { role: 'alert', class: 'problem' });
  const field = h('input', { id: 'key', type: 'password', autocomplete: 'off' });
  const submit = async (key) => {
    problem.textContent = '';
    try {
      await showKey(key);
      view.dialog.close();
    } catch (why) {
      problem.textContent = why.message;
    }
  };
  const form = h(
    'form',
    {},
    h(
      'p',
      {},
      may('observe')
        ? `You may ${access.role} now. `
        : 'This gateway shows its cluster only to who has a key. ',
      "A key of the gateway's key file lets you see what aggregates hold (inspect) " +
        'or change something (operate). It is kept in this tab only.',
    ),
    h('p', {}, h('label', { for: 'key' }, 'Key'), field),
    problem,
    h(
      'p',
      { class: 'buttons' },
      h('button', { type: 'submit' }, 'Show the key'),
      hasKey() &&
        h('button', { type: 'button', onclick: () => submit('') }, 'Forget it'),
      h('button', { type: 'button', onclick: () => view.dialog.close() }, 'Close'),
    ),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    submit(field.value.trim());
  });
  const view = open('Role', form);
  field.focus();
  await view.closed;
}

const KEYS = [
  ['1 … 9', 'open a page'],
  ['/', 'go to the filter'],
  ['↑ ↓ Home End', 'move in a table or tree'],
  ['Enter', 'open what is selected'],
  ['← →', 'close and open a branch; move in time'],
  ['t', 'light, dark, system'],
  ['Esc', 'close a dialog'],
  ['?', 'this help'],
];

export async function showHelp() {
  if (document.querySelector('dialog[open]')) return;
  const view = open(
    'Keyboard',
    h(
      'dl',
      { class: 'keys' },
      KEYS.map(([key, what]) => [h('dt', {}, h('kbd', {}, key)), h('dd', {}, what)]),
    ),
    h(
      'p',
      { class: 'buttons' },
      h('button', { type: 'button', onclick: () => view.dialog.close(), autofocus: true }, 'Close'),
    ),
  );
  await view.closed;
}
