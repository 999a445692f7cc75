import { get } from './parts/api.js';
import { byId, day, facts, link, said, wantedId } from './parts/dom.js';
import { onSubmit, valuesOf } from './parts/form.js';
import { complain, tell } from './parts/notice.js';

const form = byId('review');
const id = wantedId('booking');

function describe(row) {
  byId('facts').replaceChildren(...facts([
    ['Booking', said(row.bookId)],
    ['Room', said(row.name)],
    ['Host', said(row.host)],
    ['Guest', said(row.guest)],
    ['Day', day(row.usedate)],
  ]));
}

function write(row) {
  return async (attempt) => {
    const { bookId, roomId, name, host, guest, usedate } = row;
    const review = await attempt.send('POST', 'reviews',
      { bookId, roomId, name, host, guest, usedate, ...valuesOf(form) });
    form.hidden = true;
    tell('Review ', said(review.id), ' is registered. ', link('mypages.html', 'See my page'),
      ' or ', link('reviews.html', 'all reviews'), '.');
    byId('status').focus();
  };
}

async function begin() {
  if (!id) {
    byId('choose').hidden = false;
    return;
  }
  try {
    const row = await get('mypages', id);
    describe(row);
    if (row.status !== 'Booked') {
      byId('late').hidden = false;
      byId('state').replaceChildren(said(row.status));
      return;
    }
    form.hidden = false;
    onSubmit(form, 'The review was not registered.', write(row));
  } catch (failure) {
    complain(`Booking ${id} cannot be shown.`, failure);
  }
}

begin();
