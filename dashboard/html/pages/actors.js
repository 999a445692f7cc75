import { look, lookEverywhere, plainly } from '../parts/access.js';
import { h } from '../parts/dom.js';
import { bytes, count, ms, plural, short, span } from '../parts/format.js';
import { contexts } from '../parts/store.js';
import { longTable } from '../parts/table.js';
import { every, heading, state } from '../parts/widgets.js';

const ROWS_MAX = 50000; // what one page holds; beyond that the filter has to be narrower
const OF_ONE_ANSWER = 4000; // more do not fit into one answer of a node: then each shard is asked
const AT_ONCE = 4;
const AGAIN_MS = 5000;

const number = (id) => Number(id.slice(id.lastIndexOf('/') + 1));
const path = (id) => `#/actors/${id.split('/').map(encodeURIComponent).join('/')}`;

const COLUMNS = [
  {
    name: 'id',
    title: 'Actor',
    width: 'minmax(11rem, 2fr)',
    value: (item) => item.sortId,
    cell: (item) => h('a', { href: path(item.id), tabindex: '-1' }, item.id),
  },
  { name: 'state', title: 'State', width: 'minmax(7rem, 1fr)', cell: (item) => state(item.state) },
  { name: 'waiting', title: 'Waiting', number: true, cell: (item) => count(item.waiting) },
  { name: 'handled', title: 'Handled', number: true, cell: (item) => count(item.handled) },
  { name: 'seq', title: 'Turns', number: true, cell: (item) => count(item.seq) },
  { name: 'failures', title: 'Failures', number: true, cell: (item) => count(item.failures) },
  { name: 'restarts', title: 'Restarts', number: true, cell: (item) => count(item.restarts) },
  { name: 'shard', title: 'Shard', number: true },
  { name: 'idle_ms', title: 'Idle', number: true, cell: (item) => span(item.idle_ms ?? NaN) },
];

const BUSIEST_MAX = 200; // of each node
const BY = {
  rate: 'the busiest',
  p99: 'the slowest',
  mailbox: 'the longest mailboxes',
  memory: 'the largest',
};
const BUSY_COLUMNS = [
  COLUMNS[0],
  { name: 'node', title: 'Node' },
  COLUMNS[1],
  { name: 'rate', title: 'A second', number: true, cell: (item) => short(item.rate ?? NaN) },
  {
    name: 'p99_us',
    title: 'p99',
    number: true,
    // Of an actor with few turns its shard's is told.
    cell: (item) =>
      `${ms((item.p99_us ?? NaN) / 1000)}${item.p99_of === 'shard' ? ' (shard)' : ''}`,
  },
  { name: 'mailbox', title: 'Mailbox', number: true, cell: (item) => count(item.mailbox) },
  {
    name: 'memory_bytes',
    title: 'Memory',
    number: true,
    cell: (item) => bytes(item.memory_bytes ?? NaN),
  },
  { name: 'handled', title: 'Handled', number: true, cell: (item) => count(item.handled) },
  { name: 'failures', title: 'Failures', number: true, cell: (item) => count(item.failures) },
];
const SORTED_BY = { rate: 'rate', p99: 'p99_us', mailbox: 'mailbox', memory: 'memory_bytes' };

const withSortId = (item) => {
  const context = item.id.slice(0, item.id.lastIndexOf('/'));
  return { ...item, sortId: `${context}/${String(number(item.id)).padStart(20, '0')}` };
};

/** The questions that together tell of all actors: per context, of a big one per shard. */
function questions(wanted) {
  const all = [];
  for (const of of contexts()) {
    if (of.kind === 'view' || of.resident + of.quarantined === 0) continue;
    if (wanted && of.name !== wanted) continue;
    if (of.resident <= OF_ONE_ANSWER) all.push({ context: of.name, limit: OF_ONE_ANSWER });
    else
      for (let shard = 0; shard < of.shards; ++shard)
        all.push({ context: of.name, shard, limit: OF_ONE_ANSWER });
  }
  return all;
}

async function gather(wanted) {
  const waiting = questions(wanted);
  const found = [];
  const missing = [];
  let total = 0;
  const turn = async () => {
    while (waiting.length > 0 && found.length < ROWS_MAX) {
      const asked = waiting.shift();
      try {
        const said = await look('actors', asked);
        total += said.total;
        for (const item of said.items) found.push(withSortId(item));
      } catch (why) {
        missing.push(`${asked.context}: ${why.message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, turn));
  return { found, total, missing };
}

/** The first of each node by a figure. */
async function gatherBusiest(by, context) {
  try {
    const said = await lookEverywhere('top', {
      by,
      limit: BUSIEST_MAX,
      context: context || undefined,
    });
    return {
      found: said.items.map(withSortId),
      total: said.items.length,
      missing: said.silent.map((node) => `no answer from ${node}`),
    };
  } catch (why) {
    return { found: [], total: 0, missing: [plainly(why, 'which actors are busy')] };
  }
}

function show(root) {
  let got = { found: [], total: 0, missing: [] };
  let asked = false;
  const filter = h('input', {
    type: 'search',
    id: 'filter',
    placeholder: 'taxi.call/42, taxi.*, quarantined',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  const context = h(
    'select',
    { id: 'context' },
    h('option', { value: '' }, 'All contexts'),
    contexts()
      .filter((each) => each.kind !== 'view')
      .map((each) => h('option', { value: each.name }, each.name)),
  );
  const which = h(
    'select',
    { id: 'which' },
    h('option', { value: '' }, 'all in memory'),
    Object.entries(BY).map(([by, title]) => h('option', { value: by }, title)),
  );
  const tableOf = (columns, sort, descending) =>
    longTable({
      label: 'Actors',
      columns,
      sort,
      descending,
      key: (item) => item.id,
      onopen: (item) => {
        location.hash = path(item.id);
      },
    });
  let table = tableOf(COLUMNS);
  const place = h('div', {}, table.element);

  const draw = () => {
    const text = filter.value.trim().toLowerCase();
    const glob = text.includes('*')
      ? new RegExp(`^${text.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*')}$`)
      : null;
    const fits = (item) =>
      glob
        ? glob.test(item.id.toLowerCase())
        : item.id.toLowerCase().includes(text) || item.state === text;
    const rows = text ? got.found.filter(fits) : got.found;
    table.set(rows);
    const of =
      got.total > got.found.length
        ? `${count(got.found.length)} of ${count(got.total)}`
        : count(got.found.length);
    const unmeasured = which.value === 'p99' && got.total === 0;
    table.note(
      !asked
        ? 'Asking the nodes …'
        : `${plural(rows.length, 'actor')} shown, ${of} ${which.value ? 'told' : 'in memory'}.` +
            (unmeasured ? ' Times are taken while somebody looks.' : '') +
            `${got.missing.length > 0 ? ` Not told: ${got.missing.join('; ')}` : ''}`,
    );
  };
  const asking = every(AGAIN_MS, async (wanted) => {
    const fresh = await (which.value
      ? gatherBusiest(which.value, context.value)
      : gather(context.value));
    if (!wanted()) return; // another choice was made meanwhile
    got = fresh;
    asked = true;
    draw();
  });
  filter.addEventListener('input', draw);
  filter.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return;
    const exact = /^[\w]+\.[\w]+\/[1-9]\d*$/.exec(filter.value.trim());
    if (exact) location.hash = path(exact[0]);
    else table.element.querySelector('.grid').focus();
  });
  context.addEventListener('change', () => asking.now());
  which.addEventListener('change', () => {
    table = which.value ? tableOf(BUSY_COLUMNS, SORTED_BY[which.value], true) : tableOf(COLUMNS);
    place.replaceChildren(table.element);
    got = { found: [], total: 0, missing: [] };
    asked = false;
    draw();
    asking.now();
  });
  root.append(
    heading(
      'Actors',
      'Every aggregate that is in memory. Type its name to look at any other one too.',
    ),
    h(
      'form',
      { class: 'filters', onsubmit: (event) => event.preventDefault() },
      h('label', { for: 'filter' }, 'Filter', filter),
      h('label', { for: 'which' }, 'Show', which),
      h('label', { for: 'context' }, 'Context', context),
    ),
    place,
  );
  draw();
  return {
    leave() {
      asking.end();
    },
  };
}

export default { title: 'Actors', show };
