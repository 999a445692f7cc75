import { ask } from './parts/dialog.js';
import { byId, day, element, price, said } from './parts/dom.js';
import { onPress } from './parts/form.js';
import { showList } from './parts/list.js';
import { tell } from './parts/notice.js';

function cancelButton(booking) {
  const button = element('button', { type: 'button', class: 'danger' }, 'Cancel',
    element('span', { class: 'unseen' }, ` booking ${booking.id}`));
  onPress(button, `Booking ${booking.id} was not canceled.`, async (attempt) => {
    if (!await ask(`Cancel booking ${booking.id}?`, 'Cancel the booking', 'Keep it')) return;
    await attempt.send('DELETE', `bookings/${booking.id}`);
    tell('Booking ', said(booking.id), ' is canceled; its payment will be canceled too.');
    byId('status').focus();
    await load();
  });
  return button;
}

const load = showList({
  resource: 'bookings',
  filter: 'guest',
  names: ['booking', 'bookings'],
  columns: [
    { title: 'Booking', type: 'number', show: (booking) => said(booking.id) },
    { title: 'Room', show: (booking) => said(booking.name) },
    { title: 'Day', show: (booking) => day(booking.usedate) },
    { title: 'Guest', show: (booking) => said(booking.guest) },
    { title: 'Price', type: 'number', show: (booking) => price(booking.price) },
    { title: 'Address', show: (booking) => said(booking.address) },
    { title: 'Host', show: (booking) => said(booking.host) },
  ],
  actions: (booking) => [cancelButton(booking)],
});
