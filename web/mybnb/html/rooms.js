import { element, link, price, said } from './parts/dom.js';
import { showList } from './parts/list.js';

function action(room, page, word) {
  return link(`${page}${room.id}`, word, element('span', { class: 'unseen' }, ` room ${room.id}`));
}

showList({
  resource: 'rooms',
  filter: 'host',
  names: ['room', 'rooms'],
  columns: [
    { title: 'Room', show: (room) => said(room.name) },
    { title: 'Price', type: 'number', show: (room) => price(room.price) },
    { title: 'Address', show: (room) => said(room.address) },
    { title: 'Host', show: (room) => said(room.host) },
    { title: 'Number', type: 'number', show: (room) => said(room.id) },
  ],
  actions: (room) => [
    action(room, 'book.html?room=', 'Book'),
    action(room, 'room.html?id=', 'Change'),
  ],
});
