import { sparkline, timeChart } from '../parts/charts.js';
import { h, keep, say } from '../parts/dom.js';
import { bytes, count, ms, newsTone, plural, short, signs, span, time } from '../parts/format.js';
import { contexts, newest, store } from '../parts/store.js';
import { bar, panel, showState } from '../parts/widgets.js';

const FIGURES = [
  { column: 'commands', title: 'Commands', unit: 'a second', shown: short },
  { column: 'p99', title: 'Waiting, p99', unit: 'inbox to decision', shown: ms },
  { column: 'rejected', title: 'Refused', unit: 'by business rules, a second', shown: short },
  { column: 'actors', title: 'Actors', unit: 'in memory', shown: short },
  { column: 'oldest', title: 'Oldest waiting', unit: 'in a mailbox', shown: ms },
  {
    column: 'breakers',
    title: 'Open breakers',
    unit: 'of all nodes',
    shown: count,
    bad: (n) => n > 0,
  },
];

function figure({ column, title, unit, shown, bad }) {
  const line = sparkline();
  const number = h('p', { class: 'big' }, '–');
  const element = h(
    'li',
    { class: 'figure' },
    h('h2', {}, title),
    number,
    h('p', { class: 'unit' }, unit),
    line.element,
  );
  return {
    element,
    update() {
      const now = newest(column);
      say(number, shown(now ?? NaN));
      element.classList.toggle('bad', Boolean(bad?.(now)));
      line.update(store.history?.[column] ?? []);
    },
  };
}

export function nodeTile(name) {
  const state = h('span', {});
  const about = h('p', { class: 'unit' });
  const rate = h('b', {}, '–');
  const shards = h('b', {}, '–');
  const cpu = bar('CPU');
  const element = h(
    'li',
    { class: 'node', dataset: { node: name } },
    h('a', { href: `#/nodes/${encodeURIComponent(name)}`, class: 'node-name' }, name),
    state,
    about,
    h(
      'p',
      { class: 'node-figures' },
      h('span', {}, rate, ' commands/s'),
      h('span', {}, shards, ' shards'),
    ),
    cpu.element,
  );
  return {
    element,
    update(of) {
      element.dataset.state = of.state;
      showState(state, of.state);
      const gone = of.state === 'silent' || of.state === 'left';
      say(
        about,
        gone
          ? `no answer since ${time(of.heard_ms)}`
          : `up ${span(of.uptime_ms)} · ${bytes(of.load?.resident_bytes)}`,
      );
      say(rate, gone ? '–' : short(of.load?.commands_per_s ?? NaN));
      say(shards, gone ? '–' : short(of.shards ?? NaN));
      cpu.update(
        gone ? 0 : (of.load?.cpu_percent ?? 0) / 100,
        gone ? '–' : `${Math.round(of.load?.cpu_percent ?? 0)} %`,
      );
    },
  };
}

export function newsItem(each) {
  const tone = newsTone(each.kind);
  return h(
    'li',
    { class: tone },
    h('time', { datetime: new Date(each.time_ms).toISOString() }, time(each.time_ms)),
    h(
      'span',
      { class: `state ${tone}` },
      h('span', { 'aria-hidden': 'true' }, signs[tone]),
      ' ',
      each.kind,
    ),
    h(
      'span',
      { class: 'news-text' },
      h('b', {}, each.subject),
      ' ',
      each.text,
      each.subject === each.node ? '' : ` (${each.node})`,
    ),
  );
}

/** The systems, each with the worst that one of its contexts is in. */
function systemChips() {
  const bySystem = new Map();
  for (const of of contexts()) {
    const name = of.name.slice(0, of.name.indexOf('.'));
    const sum = bySystem.get(name) ?? { name, state: 'up', resident: 0, turns: 0 };
    sum.resident += of.resident;
    sum.turns += of.turns;
    if (of.state !== 'up') sum.state = of.state;
    bySystem.set(name, sum);
  }
  return [...bySystem.values()];
}

function chip({ name }) {
  return h(
    'li',
    {},
    h('a', { href: `#/systems/${encodeURIComponent(name)}` }, name),
    h('span', {}),
    h('small', {}),
  );
}

function showChip(element, of) {
  const [, state, figures] = element.children;
  showState(state, of.state);
  say(figures, `${short(of.resident)} actors, ${short(of.turns)} turns`);
}

function show(root) {
  const chips = h('ul', { class: 'chips', 'aria-label': 'Systems' });
  const figures = FIGURES.map(figure);
  const cluster = h('ul', { class: 'nodes' });
  const tiles = new Map();
  const news = h('ol', { class: 'news', 'aria-live': 'off' });
  const quiet = h('p', { class: 'empty' }, 'Nothing happened since this gateway began to look.');
  const summary = h('p', { class: 'lead', role: 'status' });
  const charts = [
    timeChart({
      title: 'Throughput',
      format: short,
      series: [
        { column: 'commands', label: 'commands/s', color: '--curve-1' },
        { column: 'turns', label: 'turns/s', color: '--curve-2' },
      ],
    }),
    timeChart({
      title: 'Waiting time',
      format: ms,
      series: [
        { column: 'p99', label: 'p99', color: '--curve-3' },
        { column: 'p95', label: 'p95', color: '--curve-2' },
        { column: 'p50', label: 'p50', color: '--curve-1' },
      ],
    }),
    timeChart({
      title: 'Commits',
      format: short,
      series: [{ column: 'commits', label: 'commits/s', color: '--curve-1' }],
    }),
  ];
  root.append(
    h('header', { class: 'page-head' }, h('h1', {}, 'Overview'), summary),
    h(
      'ul',
      { class: 'figures' },
      figures.map((each) => each.element),
    ),
    h(
      'div',
      { class: 'two' },
      panel('Cluster', cluster, chips),
      panel('What changed', news, quiet),
    ),
    h(
      'div',
      { class: 'charts' },
      charts.map((each) => each.element),
    ),
  );

  return {
    update() {
      figures.forEach((each) => each.update());
      charts.forEach((each) => each.update());
      const nodes = Object.entries(store.present.nodes);
      const fine = nodes.filter(([, of]) => of.state === 'up').length;
      const letters = newest('letters') ?? 0;
      say(
        summary,
        `${fine} of ${plural(nodes.length, 'node')} up` +
          `${letters > 0 ? `, ${plural(letters, 'dead letter')} to look at` : ''}.`,
      );
      keep(cluster, nodes, {
        key: ([name]) => name,
        make: ([name]) => {
          const tile = nodeTile(name);
          tiles.set(name, tile);
          return tile.element;
        },
        update: (_, [name, of]) => tiles.get(name).update(of),
      });
      keep(chips, systemChips(), { key: (of) => of.name, make: chip, update: showChip });
      keep(news, [...store.news].reverse().slice(0, 60), { key: (each) => each.n, make: newsItem });
      quiet.hidden = store.news.length > 0;
    },
    leave() {
      charts.forEach((each) => each.end());
    },
  };
}

export default { title: 'Overview', show };
