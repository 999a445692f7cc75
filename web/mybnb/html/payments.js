import { badge, day, price, said } from './parts/dom.js';
import { showList } from './parts/list.js';

showList({
  resource: 'payments',
  names: ['payment', 'payments'],
  columns: [
    { title: 'Payment', type: 'number', show: (payment) => said(payment.id) },
    { title: 'Booking', type: 'number', show: (payment) => said(payment.bookId) },
    { title: 'Room', show: (payment) => said(payment.name) },
    { title: 'Day', show: (payment) => day(payment.usedate) },
    { title: 'Guest', show: (payment) => said(payment.guest) },
    { title: 'Host', show: (payment) => said(payment.host) },
    { title: 'Price', type: 'number', show: (payment) => price(payment.price) },
    { title: 'Status', show: (payment) => badge(payment.status) },
  ],
});
