import { h, say } from '../parts/dom.js';
import { bytes, count, ms, short, shown, span, time } from '../parts/format.js';
import { store } from '../parts/store.js';
import { plainTable } from '../parts/table.js';
import { facts, heading, panel, state } from '../parts/widgets.js';
import { newsItem } from './overview.js';

const CONTEXT_COLUMNS = [
  { title: 'Context' },
  { title: 'State' },
  { title: 'In memory', number: true },
  { title: 'Records', number: true },
  { title: 'Turns', number: true },
  { title: 'Refused', number: true },
  { title: 'Crashes', number: true },
  { title: 'Quarantined', number: true },
  { title: 'Waiting', number: true },
  { title: 'Behind', number: true },
];
const LANE_COLUMNS = [
  { title: 'Lane' },
  { title: 'State' },
  { title: 'Inbox', number: true },
  { title: 'Handled', number: true },
  { title: 'Rounds', number: true },
  { title: 'Commits', number: true },
  { title: 'What it is about' },
];

function show(root, name) {
  const place = h('div', {});
  const problem = h('p', { class: 'empty' });
  root.append(heading(name), h('p', {}, h('a', { href: '#/nodes' }, 'All nodes')), problem, place);
  return {
    update() {
      const of = Object.hasOwn(store.present.nodes, name) ? store.present.nodes[name] : null;
      say(problem, of ? '' : 'The cluster has no node of this name now.');
      if (!of) return place.replaceChildren();
      const gone = of.state === 'silent' || of.state === 'left';
      const top = place.querySelector('.scroll')?.scrollLeft ?? 0;
      const news = store.news
        .filter((each) => each.node === name)
        .slice(-30)
        .reverse();
      place.replaceChildren(
        panel(
          'How it stands',
          facts([
            ['State', state(of.state)],
            ['Since', time(of.since_ms)],
            ['Last answer', time(of.heard_ms)],
            ['Up for', gone ? '–' : span(of.uptime_ms)],
            ['Process', shown(of.pid)],
            ['Life number', shown(of.generation)],
            ['Shards', short(of.shards ?? NaN)],
            ['Commands/s', short(of.load?.commands_per_s ?? NaN)],
            ['Commits/s', short(of.commits_per_s)],
            [
              'Waiting p50, p95, p99',
              [of.load?.mailbox_p50_ms, of.load?.mailbox_p95_ms, of.load?.mailbox_p99_ms]
                .map((each) => ms(each ?? NaN))
                .join(', '),
            ],
            ['Memory', bytes(of.load?.resident_bytes)],
            ['Restarts', count(of.restarts)],
            ['Slow handlers', count(of.slow_handlers ?? NaN)],
            ['Build', of.build],
            ['Endpoint', h('code', {}, of.endpoint)],
          ]),
        ),
        panel(
          'Lanes',
          plainTable(
            LANE_COLUMNS,
            Object.entries(of.lanes ?? {}).map(([lane, each]) => [
              lane,
              state(each.state),
              count(each.inbox),
              count(each.handled),
              count(each.rounds),
              count(each.commits),
              each.note ?? '',
            ]),
          ),
        ),
        panel(
          'Contexts',
          plainTable(
            CONTEXT_COLUMNS,
            Object.entries(of.contexts ?? {}).map(([context, each]) => [
              context,
              state(each.state),
              count(each.resident ?? NaN),
              count(each.records),
              count(each.turns ?? NaN),
              count(each.rejected ?? NaN),
              count(each.crashes ?? NaN),
              count(each.quarantined ?? NaN),
              count(each.waiting ?? NaN),
              count(each.lag ?? NaN),
            ]),
          ),
        ),
        panel(
          'What happened here',
          news.length
            ? h('ol', { class: 'news' }, news.map(newsItem))
            : h('p', { class: 'empty' }, 'Nothing yet.'),
        ),
      );
      const scroll = place.querySelector('.scroll');
      if (scroll && top) scroll.scrollLeft = top;
      return undefined;
    },
  };
}

export default { title: 'Node', show };
