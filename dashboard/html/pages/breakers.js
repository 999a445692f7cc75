import { look, may } from '../parts/access.js';
import { confirmed } from '../parts/dialog.js';
import { h, keep, say } from '../parts/dom.js';
import { count, ms, plural, span } from '../parts/format.js';
import { store } from '../parts/store.js';
import { plainTable } from '../parts/table.js';
import { every, heading, panel, redraw, state } from '../parts/widgets.js';

const COLUMNS = [
  'Who asks',
  'Whom',
  'State',
  'Mode',
  'Calls, failed, slow (10 s)',
  'Asks open',
  'Refused: open, full',
  'Fallbacks',
  'Changes',
  '',
];
const HEALING_COLUMNS = [
  { title: 'Node' },
  { title: 'Action' },
  { title: 'Switch' },
  { title: 'At most' },
  { title: 'Tried', number: true },
  { title: 'Done', number: true },
  { title: 'Failed', number: true },
  { title: 'Over the limit', number: true },
];
const MODES = {
  open: 'every ask is refused at once',
  closed: 'every ask goes through, whatever fails',
  auto: 'it decides by itself again',
  reset: 'it is closed, automatic, and forgets what it counted',
};

/** The window of the last ten seconds as a bar of good, slow and failed calls. */
function ribbon(of) {
  const all = Math.max(1, of.calls);
  const part = (tone, n) =>
    h('i', { class: tone, style: { width: `${((100 * n) / all).toFixed(1)}%` } });
  const fine = Math.max(0, of.calls - of.failures - of.slow);
  return h(
    'div',
    { class: 'ribbon' },
    h(
      'span',
      { class: 'track', 'aria-hidden': 'true' },
      of.calls > 0 && [part('good', fine), part('warn', of.slow), part('bad', of.failures)],
    ),
    h('span', {}, `${count(of.calls)}, ${count(of.failures)}, ${count(of.slow)}`),
  );
}

function buttons(of) {
  if (!may('operate')) return '';
  return h(
    'span',
    { class: 'buttons' },
    Object.entries(MODES).map(([mode, effect]) =>
      h(
        'button',
        {
          type: 'button',
          'aria-label': `${mode} ${of.asking} to ${of.target}`,
          onclick: () =>
            confirmed({
              title: `Breaker: ${mode}`,
              word: of.target,
              node: '*',
              effect: `When ${of.asking} asks ${of.target}, on all nodes: ${effect}.`,
              verb: 'breaker-mode',
              parameters: { asking: of.asking, target: of.target, mode },
            }),
        },
        mode,
      ),
    ),
  );
}

function cells(of) {
  const changes = (of.transitions ?? [])
    .slice(-3)
    .reverse()
    .map((each) => `${each.to} ${span(each.ago_ms)} ago`);
  return [
    h('span', {}, h('b', {}, of.asking), h('small', {}, ` on ${of.node}`)),
    h(
      'span',
      {},
      h('b', {}, of.target),
      h('small', {}, ` at ${of.owner}, ${of.operation}, within ${ms(of.timeout_ms)}`),
    ),
    h(
      'span',
      {},
      state(of.state),
      of.retry_after_ms > 0 && h('small', {}, ` probes in ${ms(of.retry_after_ms)}`),
    ),
    of.mode,
    ribbon(of),
    `${count(of.in_flight)} of ${count(of.in_flight_max)}`,
    `${count(of.refused_open)}, ${count(of.refused_full)}`,
    count(of.fallbacks),
    changes.join(', ') || '–',
    buttons(of),
  ];
}

function show(root) {
  const body = h('tbody', {});
  const quiet = h(
    'p',
    { class: 'empty' },
    'No context has asked another one yet; a breaker is made by the first ask.',
  );
  const table = h(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Breakers' },
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          COLUMNS.map((each) => h('th', { scope: 'col' }, each)),
        ),
      ),
      body,
    ),
  );
  const healing = h('div', {});
  const note = h('p', { class: 'note', role: 'status' });
  root.append(
    heading('Breakers and limits', 'Who may ask whom, and what a node heals by itself.'),
    panel('Breakers', quiet, note, table),
    panel('Self-healing', healing),
  );
  const asking = every(5000, async () => {
    try {
      const said = await look('healing', { node: '*' });
      healing.replaceChildren(
        plainTable(
          HEALING_COLUMNS,
          said.answers
            .sort((a, b) => (a.node < b.node ? -1 : 1))
            .flatMap(({ node, answer }) =>
              answer.actions.map((each) => [
                node,
                each.action,
                state(each.state),
                `${count(each.most)} within ${span(each.within_ms)}`,
                count(each.tried),
                count(each.done),
                count(each.failed),
                count(each.refused),
              ]),
            ),
        ),
      );
    } catch (why) {
      healing.replaceChildren(
        h(
          'p',
          { class: 'empty' },
          `What nodes heal cannot be shown: ${why.message} (${why.code}).`,
        ),
      );
    }
  });
  return {
    update() {
      const worst = { open: 0, 'forced-open': 0, 'half-open': 1 };
      const items = Object.entries(store.present.breakers).sort(
        ([left, a], [right, b]) =>
          (worst[a.state] ?? 2) - (worst[b.state] ?? 2) || (left < right ? -1 : 1),
      );
      quiet.hidden = items.length > 0;
      const off = items.filter(([, of]) => of.state !== 'closed').length;
      say(
        note,
        items.length === 0
          ? ''
          : `${plural(items.length, 'direction')}, ` +
              (off === 0 ? 'all closed.' : `${count(off)} not closed.`),
      );
      table.hidden = items.length === 0;
      keep(body, items, {
        key: ([key]) => key,
        make: () => h('tr', {}),
        update: (row, [, of]) => {
          if (row.shownItem === of) return;
          row.shownItem = of;
          row.dataset.state = of.state;
          redraw(row, ...cells(of).map((each) => h('td', {}, each)));
        },
      });
    },
    leave() {
      asking.end();
    },
  };
}

export default { title: 'Breakers', show };
