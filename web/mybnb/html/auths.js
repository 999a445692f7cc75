import { badge, said } from './parts/dom.js';
import { showList } from './parts/list.js';

showList({
  resource: 'auths',
  names: ['approval', 'approvals'],
  columns: [
    { title: 'Approval', type: 'number', show: (auth) => said(auth.id) },
    { title: 'Room', show: (auth) => said(auth.name) },
    { title: 'Room number', type: 'number', show: (auth) => said(auth.roomId) },
    { title: 'Host', show: (auth) => said(auth.host) },
    { title: 'Status', show: (auth) => badge(auth.status) },
  ],
});
