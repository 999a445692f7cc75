import { h, keep } from '../parts/dom.js';
import { bytes, ms, short, span, time } from '../parts/format.js';
import { store } from '../parts/store.js';
import { heading, state } from '../parts/widgets.js';

const COLUMNS = [
  'Node',
  'State',
  'Since',
  'Shards',
  'Commands/s',
  'Waiting p99',
  'CPU',
  'Memory',
  'Restarts',
  'Up for',
  'Build',
  'Endpoint',
];

function cells([name, of]) {
  const gone = of.state === 'silent' || of.state === 'left';
  const load = gone ? {} : (of.load ?? {});
  return [
    h('a', { href: `#/nodes/${encodeURIComponent(name)}` }, name),
    state(of.state),
    time(of.since_ms),
    short(gone ? NaN : (of.shards ?? NaN)),
    short(load.commands_per_s ?? NaN),
    ms(load.mailbox_p99_ms ?? NaN),
    Number.isFinite(load.cpu_percent) ? `${Math.round(load.cpu_percent)} %` : '–',
    bytes(load.resident_bytes),
    short(of.restarts ?? NaN),
    gone ? '–' : span(of.uptime_ms),
    of.build,
    h('code', {}, of.endpoint),
  ];
}

function show(root) {
  const body = h('tbody', {});
  root.append(
    heading('Nodes', 'Who is a member of the cluster, and how each one does.'),
    h(
      'div',
      { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Nodes' },
      h(
        'table',
        {},
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            COLUMNS.map((each, at) =>
              h('th', { scope: 'col', class: at > 2 && at < 10 && 'number' }, each),
            ),
          ),
        ),
        body,
      ),
    ),
  );
  return {
    update() {
      keep(body, Object.entries(store.present.nodes), {
        key: ([name]) => name,
        make: ([name]) => h('tr', { dataset: { node: name } }),
        update: (row, entry) => {
          row.dataset.state = entry[1].state;
          const had = row.contains(document.activeElement);
          row.replaceChildren(
            ...cells(entry).map((each, at) =>
              h('td', { class: at > 2 && at < 10 && 'number' }, each),
            ),
          );
          if (had) row.querySelector('a')?.focus();
        },
      });
    },
  };
}

export default { title: 'Nodes', show };
