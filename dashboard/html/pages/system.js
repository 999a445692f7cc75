import { h, say } from '../parts/dom.js';
import { count, short, time } from '../parts/format.js';
import { contexts, store } from '../parts/store.js';
import { plainTable } from '../parts/table.js';
import { every, heading, panel, state } from '../parts/widgets.js';
import stories from '../systems/stories.js';
import { Sample } from '../systems/sample.js';

const AGAIN_MS = 5000;
const CONTEXT_COLUMNS = [
  { title: 'Context' },
  { title: 'What it holds' },
  { title: 'State' },
  { title: 'In memory', number: true },
  { title: 'Records', number: true },
  { title: 'Turns', number: true },
  { title: 'Refused', number: true },
  { title: 'Rows', number: true },
  { title: 'Behind', number: true },
];

function invariantCard(rule) {
  const verdict = h('p', { class: 'verdict' });
  const detail = h('p', { class: 'unit' });
  const element = h(
    'li',
    { class: 'invariant' },
    verdict,
    h('h3', {}, rule.title),
    h('p', {}, rule.means),
    detail,
  );
  return {
    rule,
    element,
    show(outcome, at) {
      const word =
        outcome.broken.length > 0 ? 'broken' : outcome.checked === 0 ? 'nothing to check' : 'held';
      element.dataset.verdict = word;
      verdict.replaceChildren(state(word));
      say(
        detail,
        outcome.broken.length > 0
          ? `${count(outcome.broken.length)} of ${count(outcome.checked)}: ` +
              `${outcome.broken.slice(0, 5).join('; ')} (${time(at)})`
          : `${count(outcome.checked)} checked, ${outcome.sample}, at ${time(at)}`,
      );
    },
    fail(why) {
      element.dataset.verdict = 'unknown';
      verdict.replaceChildren(state('unknown'));
      say(detail, `could not be checked: ${why.message} (${why.code ?? 'error'})`);
    },
  };
}

/** A rule that several contexts follow a moment later: what looks broken gets a second look. */
async function judged(rule, sample) {
  const first = await rule.check(sample);
  if (first.broken.length === 0) return first;
  await new Promise((done) => setTimeout(done, rule.settles ?? 1500));
  return rule.check(new Sample());
}

function show(root, name) {
  const known = Object.hasOwn(stories, name) && Object.hasOwn(store.about.systems, name);
  const story = stories[name];
  if (!known) {
    root.append(
      heading(name),
      h(
        'p',
        {},
        'There is no page about a system of this name. ',
        h('a', { href: '#/systems' }, 'All systems'),
      ),
    );
    return {};
  }
  const figures = story.numbers.map((each) => {
    const number = h('p', { class: 'big' }, '–');
    return {
      each,
      number,
      element: h(
        'li',
        { class: 'figure' },
        h('h2', {}, each.title),
        number,
        h('p', { class: 'unit' }, each.unit ?? ''),
      ),
    };
  });
  const cards = story.invariants.map(invariantCard);
  const note = h('p', { class: 'note', role: 'status' });
  const table = h('div', {});
  root.append(
    heading(name, story.about),
    h(
      'ul',
      { class: 'figures' },
      figures.map((each) => each.element),
    ),
    note,
    panel(
      'What must always hold',
      h(
        'p',
        { class: 'unit' },
        'Checked here and now, by this page, from what the system answers. ' +
          'The newest items are the sample; the whole is proved by ',
        h('code', {}, 'troupe verify'),
        '.',
      ),
      h(
        'ul',
        { class: 'invariants' },
        cards.map((each) => each.element),
      ),
    ),
    panel('Contexts', table),
  );
  const asking = every(AGAIN_MS, async () => {
    const sample = new Sample();
    const problems = [];
    await Promise.all([
      ...figures.map(async ({ each, number }) => {
        try {
          say(number, await each.value(sample));
        } catch (why) {
          problems.push(why.message);
          say(number, '–');
        }
      }),
      ...cards.map(async (card) => {
        try {
          card.show(await judged(card.rule, sample), Date.now());
        } catch (why) {
          card.fail(why);
        }
      }),
    ]);
    say(note, problems.length > 0 ? `Some numbers cannot be had: ${problems[0]}` : '');
  });
  return {
    update() {
      const about = store.about.systems[name];
      table.replaceChildren(
        plainTable(
          CONTEXT_COLUMNS,
          contexts()
            .filter((each) => about[each.name])
            .map((of) => [
              h('b', {}, of.name),
              about[of.name].purpose,
              state(of.state),
              short(of.kind === 'view' ? NaN : of.resident),
              count(of.records),
              short(of.kind === 'view' ? NaN : of.turns),
              short(of.kind === 'view' ? NaN : of.rejected),
              short(of.kind === 'view' ? of.rows : NaN),
              short(of.kind === 'view' ? of.lag : NaN),
            ]),
        ),
      );
    },
    leave() {
      asking.end();
    },
  };
}

export default { title: 'System', show };
