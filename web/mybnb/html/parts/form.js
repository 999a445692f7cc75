// Forms and buttons that send commands.

import { Attempt } from './api.js';
import { complain, hush } from './notice.js';

/**
 * Runs `work` when the control is used, once at a time. `work` gets an Attempt that stays the same
 * for this control. A busy control keeps the focus: it says so and ignores further presses.
 */
function runs(target, type, control, what, work) {
  const attempt = new Attempt();
  let busy = false;
  target.addEventListener(type, async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    control.setAttribute('aria-disabled', 'true');
    try {
      await work(attempt);
    } catch (failure) {
      complain(what, failure);
    } finally {
      busy = false;
      control.removeAttribute('aria-disabled');
    }
  });
}

export function onSubmit(form, what, work) {
  runs(form, 'submit', form.querySelector('button[type=submit]'), what, (attempt) => {
    hush();
    return work(attempt);
  });
}

export function onPress(button, what, work) {
  runs(button, 'click', button, what, work);
}

/** The form's values as a command's body: trimmed texts, numbers as numbers, empty ones as null. */
export function valuesOf(form) {
  const values = {};
  for (const field of form.elements) {
    if (!field.name || (field.type === 'radio' && !field.checked)) continue;
    const text = field.value.trim();
    const isNumber = field.type === 'number' || field.dataset.type === 'number';
    values[field.name] = text === '' ? null : isNumber ? Number(text) : text;
  }
  return values;
}

export function fill(form, values) {
  for (const field of form.elements)
    if (field.name && field.name in values) field.value = values[field.name] ?? '';
}
