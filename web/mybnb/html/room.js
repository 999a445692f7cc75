// Without a number in the address the page registers a room, with one it changes that room.

import { get } from './parts/api.js';
import { ask } from './parts/dialog.js';
import { byId, link, said, wantedId } from './parts/dom.js';
import { fill, onPress, onSubmit, valuesOf } from './parts/form.js';
import { complain, tell } from './parts/notice.js';

const form = byId('room');
const id = wantedId('id');

async function register(attempt) {
  const room = await attempt.send('POST', 'rooms', valuesOf(form));
  form.reset();
  tell('Room ', said(room.id), ' is registered. ', link(`book.html?room=${room.id}`, 'Book it'),
    ', ', link('rooms.html', 'see all rooms'), ' or register another one.');
}

async function change(attempt) {
  const room = await attempt.send('PATCH', `rooms/${id}`, valuesOf(form));
  fill(form, room);
  tell('Room ', said(id), ' is changed. ', link('rooms.html', 'See all rooms'), '.');
}

async function withdraw(attempt) {
  if (!await ask(`Withdraw room ${id} for good?`, 'Withdraw it', 'Keep it')) return;
  await attempt.send('DELETE', `rooms/${id}`);
  form.hidden = true;
  tell('Room ', said(id), ' is withdrawn. ', link('rooms.html', 'See all rooms'), '.');
  byId('status').focus();
}

async function showRoom() {
  document.title = `Room ${id} · mybnb`;
  byId('title').replaceChildren(`Room ${id}`);
  byId('send').replaceChildren('Change the room');
  const button = byId('withdraw');
  try {
    fill(form, await get('rooms', id));
  } catch (failure) {
    form.hidden = true;
    complain(`Room ${id} cannot be shown.`, failure);
    return;
  }
  button.hidden = false;
  onPress(button, `Room ${id} was not withdrawn.`, withdraw);
  onSubmit(form, `Room ${id} was not changed.`, change);
}

if (id) showRoom();
else onSubmit(form, 'The room was not registered.', register);
