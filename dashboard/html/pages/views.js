import { look, lookEverywhere, may, plainly } from '../parts/access.js';
import { timeChart } from '../parts/charts.js';
import { confirmed } from '../parts/dialog.js';
import { h } from '../parts/dom.js';
import { count, short, span } from '../parts/format.js';
import { plainTable } from '../parts/table.js';
import { every, heading, panel, redraw, state } from '../parts/widgets.js';

const VIEW_COLUMNS = [
  { title: 'View' },
  { title: 'State' },
  { title: 'Kept in' },
  { title: 'Rows', number: true },
  { title: 'Behind', number: true },
  { title: 'Held back', number: true },
  { title: 'Sources' },
  { title: 'Rebuild' },
  { title: '' },
];
const POLICY_COLUMNS = [
  { title: 'Shard' },
  { title: 'Node' },
  { title: 'Policies' },
  { title: 'Reads' },
  { title: 'State' },
  { title: 'Behind', number: true },
  { title: 'Behind in time', number: true },
  { title: 'On its way', number: true },
  { title: 'Stuck' },
];

function rebuildOf(of) {
  if (!of.rebuild) return '–';
  const { number, state: word, folded, to_fold: all, error } = of.rebuild;
  return h(
    'span',
    {},
    `no. ${number} `,
    state(word),
    word === 'running' && [
      ' ',
      h('progress', { max: Math.max(1, all), value: folded }),
      ` ${count(folded)} of ${count(all)}`,
    ],
    error ? ` ${error}` : '',
  );
}

function row(of) {
  const down = (of.sources ?? []).filter((each) => each.state !== 'up');
  return [
    h('b', {}, of.context),
    h('span', {}, state(of.state), of.stuck && h('small', {}, ` ${of.stuck}`)),
    of.store ?? '–',
    count(of.rows ?? NaN),
    count(of.lag ?? NaN),
    count(of.held_back ?? NaN),
    down.length > 0
      ? `${down.map((each) => `${each.context}/${each.shard}`).join(', ')} not up`
      : `${(of.sources ?? []).length} up`,
    rebuildOf(of),
    may('operate')
      ? h(
          'button',
          {
            type: 'button',
            'aria-label': `Rebuild ${of.context}`,
            onclick: () =>
              confirmed({
                title: 'Rebuild',
                word: of.context,
                verb: 'view-rebuild',
                parameters: { context: of.context },
                effect: `${of.context} is built anew; its present rows are served meanwhile.`,
              }),
          },
          'Rebuild',
        )
      : '',
  ];
}

const policyRow = (of) => [
  h('b', {}, `${of.context}/${of.shard}`),
  of.node,
  [].concat(of.policies).join(', '),
  `${of.source}/${of.source_shard}`,
  // Of contexts to be stopped is somebody's wish; a policy stops when it cannot go on.
  state(of.state, of.state === 'stopped' ? 'bad' : undefined),
  count(of.lag),
  span(of.lag_ms ?? NaN),
  count(of.in_flight ?? NaN),
  of.stuck ?? '–',
];
const lookAtPolicies = async () => {
  const said = await lookEverywhere('policies');
  said.items.sort((a, b) =>
    a.context === b.context ? a.shard - b.shard : a.context < b.context ? -1 : 1,
  );
  return said;
};

function show(root) {
  const views = h('div', {});
  const policies = h('div', {});
  const behind = timeChart({
    title: 'Records that views have yet to fold',
    format: short,
    series: [{ column: 'lag', label: 'all views', color: '--curve-3' }],
  });
  root.append(
    heading('Views and policies', 'Who follows whose events, and how far behind.'),
    h('div', { class: 'charts' }, behind.element),
    panel('Views', views),
    panel('Policies', policies),
  );
  const draw = async (place, what, ask, make) => {
    try {
      redraw(place, ...[make(await ask())].flat());
    } catch (why) {
      place.replaceChildren(h('p', { class: 'empty' }, plainly(why, what)));
    }
  };
  const asking = every(2000, () =>
    Promise.all([
      draw(
        views,
        'views',
        () => look('view-status'),
        (said) => plainTable(VIEW_COLUMNS, said.items.map(row), 'There are no views.'),
      ),
      draw(policies, 'how far policies are', lookAtPolicies, (said) => [
        said.silent.length > 0 &&
          h('p', { class: 'note' }, `No answer from ${said.silent.join(', ')}.`),
        plainTable(POLICY_COLUMNS, said.items.map(policyRow), 'There are no policies.'),
      ]),
    ]),
  );
  return {
    update() {
      behind.update();
    },
    leave() {
      behind.end();
      asking.end();
    },
  };
}

export default { title: 'Views', show };
