import { day, said } from './parts/dom.js';
import { showList } from './parts/list.js';

showList({
  resource: 'reviews',
  names: ['review', 'reviews'],
  columns: [
    { title: 'Review', type: 'number', show: (review) => said(review.id) },
    { title: 'Room', show: (review) => said(review.name) },
    { title: 'Score', type: 'number', show: (review) => said(review.score) },
    { title: 'What the guest says', show: (review) => said(review.content) },
    { title: 'Guest', show: (review) => said(review.guest) },
    { title: 'Host', show: (review) => said(review.host) },
    { title: 'Day', show: (review) => day(review.usedate) },
    { title: 'Booking', type: 'number', show: (review) => said(review.bookId) },
  ],
});
