import { badge, day, element, link, price, said } from './parts/dom.js';
import { showList } from './parts/list.js';

showList({
  resource: 'mypages',
  filter: 'guest',
  names: ['booking', 'bookings'],
  columns: [
    { title: 'Booking', type: 'number', show: (row) => said(row.bookId) },
    { title: 'Room', show: (row) => said(row.name) },
    { title: 'Day', show: (row) => day(row.usedate) },
    { title: 'Guest', show: (row) => said(row.guest) },
    { title: 'Price', type: 'number', show: (row) => price(row.price) },
    { title: 'Status', show: (row) => badge(row.status) },
    { title: 'Score', type: 'number', show: (row) => said(row.score) },
  ],
  actions: (row) => (row.status === 'Booked'
    ? [link(`review.html?booking=${row.bookId}`, 'Review',
      element('span', { class: 'unseen' }, ` booking ${row.bookId}`))]
    : []),
});
