import { get } from './parts/api.js';
import { byId, facts, link, price, said, wantedId } from './parts/dom.js';
import { onSubmit, valuesOf } from './parts/form.js';
import { complain, tell } from './parts/notice.js';

const form = byId('booking');
const id = wantedId('room');

function describe(room) {
  byId('facts').replaceChildren(...facts([
    ['Room', said(room.name)],
    ['Price', price(room.price)],
    ['Address', said(room.address)],
    ['Host', said(room.host)],
  ]));
}

function book(room) {
  return async (attempt) => {
    const { guest, usedate } = valuesOf(form);
    const booking = await attempt.send('POST', 'bookings', {
      roomId: room.id,
      name: room.name,
      price: room.price,
      address: room.address,
      host: room.host,
      guest,
      usedate: usedate.replaceAll('-', ''),
    });
    form.hidden = true; // a late second press must not meet a fresh form
    tell('Booking ', said(booking.id), ' is made and paid. ',
      link('mypages.html', 'See my page'), ' or ', link('rooms.html', 'book another room'), '.');
    byId('status').focus();
  };
}

async function begin() {
  if (!id) {
    byId('choose').hidden = false;
    return;
  }
  try {
    const room = await get('rooms', id);
    describe(room);
    form.hidden = false;
    onSubmit(form, 'The room was not booked.', book(room));
  } catch (failure) {
    complain(`Room ${id} cannot be shown.`, failure);
  }
}

begin();
