// The list refreshes itself while the box is ticked and the page can be seen.

import { byId, said } from './parts/dom.js';
import { showList } from './parts/list.js';
import { tell } from './parts/notice.js';

const pauseMs = 5_000;
const repeat = byId('repeat');
let known = null;
let waiting = false;

const load = showList({
  resource: 'alarms',
  names: ['alarm', 'alarms'],
  columns: [
    { title: 'Alarm', type: 'number', show: (alarm) => said(alarm.id) },
    { title: 'To', show: (alarm) => said(alarm.receiver) },
    { title: 'Message', show: (alarm) => said(alarm.message) },
  ],
  shown({ totalElements }) {
    const more = known === null ? 0 : totalElements - known;
    known = totalElements;
    byId('when').replaceChildren(`Refreshed at ${new Date().toLocaleTimeString('en-GB')}`);
    if (more > 0) tell(`${more} new ${more === 1 ? 'alarm' : 'alarms'}.`);
  },
});

async function refresh() {
  if (waiting || !repeat.checked || document.hidden) return;
  waiting = true;
  await load();
  waiting = false;
}

repeat.addEventListener('change', refresh);
document.addEventListener('visibilitychange', refresh);
setInterval(refresh, pauseMs);
