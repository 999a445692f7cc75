import { look, may, plainly } from '../parts/access.js';
import { confirmed } from '../parts/dialog.js';
import { h, say } from '../parts/dom.js';
import { count, dateTime, shown, span } from '../parts/format.js';
import { plainTable } from '../parts/table.js';
import { every, facts, heading, panel, state } from '../parts/widgets.js';

const HISTORY_PAGE = 100;
const TURN_COLUMNS = [
  { title: 'Turn', number: true },
  { title: 'When' },
  { title: 'Outcome' },
  { title: 'Command' },
  { title: 'Events' },
  { title: 'Correlation' },
];
const eventNames = (turn) =>
  (turn.events ?? []).map((each) => (typeof each === 'string' ? each : each.name)).join(', ');

/** Fields of a state, with those that differ from the state before marked. */
function fields(now, before) {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(now ?? {})])];
  if (names.length === 0) return h('p', { class: 'empty' }, 'Nothing: it did not exist then.');
  return h(
    'dl',
    { class: 'fields' },
    names.map((name) => {
      const changed =
        before !== undefined && JSON.stringify(now?.[name]) !== JSON.stringify(before?.[name]);
      return h(
        'div',
        { class: changed && 'changed' },
        h('dt', {}, name),
        h(
          'dd',
          {},
          shown(now?.[name]),
          changed && h('small', {}, ` changed, was ${shown(before?.[name])}`),
        ),
      );
    }),
  );
}

/** The slider over the turns of an actor, and what it held after each. */
function timeTravel(context, id) {
  const slider = h('input', { type: 'range', id: 'turn', min: 1, max: 1, value: 1, step: 1 });
  const label = h('output', { for: 'turn' }, '–');
  const place = h('div', {
    role: 'region',
    'aria-label': 'State at that turn',
    'aria-live': 'polite',
  });
  const note = h('p', { class: 'note', role: 'status' });
  const known = new Map();
  let head = 0;
  let turns = new Map();

  const at = async (seq) => {
    if (seq < 1) return {};
    if (!known.has(seq))
      known.set(seq, (await look('actor-state', { context, id, at_seq: seq })).state ?? {});
    if (known.size > 500) known.delete(known.keys().next().value);
    return known.get(seq);
  };
  let asked = 0;
  const draw = async () => {
    const seq = Number(slider.value);
    const mine = ++asked;
    const turn = turns.get(seq);
    say(
      label,
      `turn ${count(seq)} of ${count(head)}` +
        (turn ? ` · ${dateTime(turn.time_ms)} · ${turn.command ?? turn.outcome}` : ''),
    );
    slider.setAttribute('aria-valuetext', label.textContent);
    try {
      const [now, before] = [await at(seq), await at(seq - 1)];
      if (mine !== asked) return; // moved on meanwhile
      say(note, '');
      place.replaceChildren(fields(now, before));
    } catch (why) {
      if (mine !== asked) return;
      say(note, plainly(why, 'earlier states'));
      place.replaceChildren();
    }
  };
  slider.addEventListener('input', draw);
  return {
    element: panel(
      'Through time',
      h('div', { class: 'travel' }, h('label', { for: 'turn' }, 'Turn'), slider, label),
      note,
      place,
    ),
    update(newest, items) {
      turns = new Map(items.map((each) => [each.seq, each]));
      const follows = Number(slider.value) === head || head === 0;
      if (newest === head) return;
      head = newest;
      slider.max = String(Math.max(1, head));
      if (follows) slider.value = String(head);
      draw();
    },
  };
}

function actions(context, id, name, again) {
  const verb = (title, what, effect, more = {}) =>
    h(
      'button',
      {
        type: 'button',
        onclick: async () => {
          if (
            await confirmed({
              title,
              effect,
              word: name,
              verb: what,
              parameters: { context, id, ...more },
            })
          )
            again();
        },
      },
      title,
    );
  if (!may('operate'))
    return h(
      'p',
      { class: 'note' },
      'To change something, show a key of the role operate (the button at the top).',
    );
  return h(
    'p',
    { class: 'buttons' },
    verb(
      'Restart',
      'actor-restart',
      `${name} is replayed from its journal. Nothing is lost; commands wait meanwhile.`,
    ),
    verb(
      'Quarantine',
      'quarantine',
      `${name} refuses commands until it is released. Reads say that they are not the present.`,
      { reason: 'by the dashboard' },
    ),
    verb('Release', 'release', `${name} takes commands again.`),
  );
}

function show(root, context, number) {
  const id = Number(number);
  const name = `${context}/${number}`;
  const card = h('div', {});
  const note = h('p', { class: 'note', role: 'status' });
  const turns = h('div', {});
  const travel = timeTravel(context, id);
  root.append(heading(name), h('p', {}, h('a', { href: '#/actors' }, 'All actors')), note);
  if (!Number.isSafeInteger(id) || id < 1) {
    say(note, 'An actor is a context, a slash and a number from 1, such as taxi.call/42.');
    return {};
  }
  let asking = null;
  root.append(
    panel(
      'How it stands',
      card,
      actions(context, id, name, () => asking.now()),
    ),
  );
  if (may('inspect')) root.append(travel.element, panel('Turns', turns));
  asking = every(2000, async (wanted) => {
    try {
      const of = await look('actor', { context, id });
      if (!wanted()) return;
      say(note, '');
      const quarantine = of.quarantine;
      card.replaceChildren(
        facts([
          ['State', state(of.state)],
          ['Turns', count(of.seq)],
          ['Waiting', count(of.waiting)],
          ['Handled', count(of.handled)],
          ['Failures', count(of.failures)],
          ['Restarts', count(of.restarts)],
          ['Idle', span(of.idle_ms ?? NaN)],
          ['Shard, lane', `${of.shard}, ${of.lane}`],
          ['Ownership', `epoch ${of.epoch}`],
          ['Supervisor', of.supervisor],
          ['Open ask', of.open_ask ? `${of.open_ask.name} at ${of.open_ask.target}` : 'none'],
          [
            'Quarantine',
            quarantine
              ? `${quarantine.reason}, by ${quarantine.by}, since ${dateTime(quarantine.since_ms)}`
              : 'no',
          ],
          ['Last failure', of.last_error ?? 'none'],
        ]),
        h('h3', {}, 'Holds now'),
        fields(of.current),
      );
      const first = Math.max(1, of.seq - HISTORY_PAGE + 1);
      const past = await look('history', { context, id, from: first, limit: HISTORY_PAGE });
      if (!wanted()) return;
      turns.replaceChildren(
        plainTable(
          TURN_COLUMNS,
          [...past.items]
            .reverse()
            .map((each) => [
              count(each.seq),
              dateTime(each.time_ms),
              each.outcome,
              each.command ?? '–',
              eventNames(each) || '–',
              h('code', {}, each.correlation ?? ''),
            ]),
        ),
      );
      travel.update(of.seq, past.items);
    } catch (why) {
      if (!wanted()) return;
      say(note, plainly(why, 'what this actor holds'));
      if (why.status === 404) card.replaceChildren();
    }
  });
  return {
    leave() {
      asking.end();
    },
  };
}

export default { title: 'Actor', show };
