import { look, may } from '../parts/access.js';
import { confirmed } from '../parts/dialog.js';
import { h } from '../parts/dom.js';
import { count, dateTime } from '../parts/format.js';
import { plainTable } from '../parts/table.js';
import { actorLink, every, heading, panel, redraw, state } from '../parts/widgets.js';

const LIMIT = 500;
const LETTER_COLUMNS = [
  { title: 'When' },
  { title: 'Aggregate' },
  { title: 'Command' },
  { title: 'State' },
  { title: 'Attempts', number: true },
  { title: 'Made by' },
  { title: 'How' },
  { title: 'Cause' },
  { title: '' },
];
const QUARANTINE_COLUMNS = [
  { title: 'Aggregate' },
  { title: 'State' },
  { title: 'Failures', number: true },
  { title: 'Restarts', number: true },
  { title: 'Waiting', number: true },
  { title: '' },
];

function letterActions(of, again) {
  if (!may('operate')) return '';
  const act = (title, verb, effect) =>
    h(
      'button',
      {
        type: 'button',
        'aria-label': `${title} ${of.id}`,
        onclick: async () => {
          if (
            await confirmed({
              title,
              verb,
              effect,
              word: title.toLowerCase(),
              parameters: { context: of.context, id: of.id },
            })
          )
            again();
        },
      },
      title,
    );
  const where = `${of.command} of ${of.context}/${of.aggregate}`;
  return h(
    'span',
    { class: 'buttons' },
    act(
      'Retry',
      'deadletter-retry',
      `${where} is sent again under its own id. If it crashes again, it comes back here.`,
    ),
    act(
      'Drop',
      'deadletter-drop',
      `${where} is given up: it will never be handled. This cannot be undone.`,
    ),
  );
}

/** Letters by cause: the same fault is one heading, however many commands it cost. */
function grouped(items, again) {
  const groups = new Map();
  for (const each of items) {
    const key = `${each.cause} ${each.stack_hash ?? ''}`;
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups.values()]
    .sort((a, b) => b.length - a.length)
    .map((of) =>
      h(
        'section',
        {},
        h(
          'h3',
          {},
          of[0].cause || 'unknown cause',
          h('span', { class: 'badge' }, count(of.length)),
        ),
        plainTable(
          LETTER_COLUMNS,
          of
            .slice(0, 100)
            .map((each) => [
              dateTime(each.time_ms),
              actorLink(`${each.context}/${each.aggregate}`),
              each.command,
              state(each.state),
              count(each.attempts),
              each.made_by ?? '–',
              each.how,
              each.cause,
              letterActions(each, again),
            ]),
        ),
        of.length > 100 &&
          h('p', { class: 'note' }, `and ${count(of.length - 100)} more of this cause`),
      ),
    );
}

function show(root) {
  const letters = h('div', {});
  const apart = h('div', {});
  root.append(
    heading(
      'Dead letters and quarantine',
      'Commands that crashed their handler too often, and aggregates that are set apart.',
    ),
    h(
      'p',
      { class: 'note', hidden: may('operate') },
      'To retry, drop or release, show a key of the role operate (the button at the top).',
    ),
    panel('Dead letters', letters),
    panel('Quarantine', apart),
  );
  const draw = async (wanted, place, verb, parameters, make) => {
    try {
      const said = await look(verb, parameters);
      if (wanted()) redraw(place, ...make(said));
    } catch (why) {
      if (!wanted()) return;
      place.replaceChildren(
        h('p', { class: 'empty' }, `This cannot be shown: ${why.message} (${why.code}).`),
      );
    }
  };
  const asking = every(2000, (wanted) =>
    Promise.all([
      draw(wanted, letters, 'deadletters', { limit: LIMIT }, (said) =>
        said.items.length === 0
          ? [h('p', { class: 'empty' }, 'None. No command crashed its handler too often.')]
          : [
              ...grouped(said.items, () => asking.now()),
              said.total > said.items.length &&
                h(
                  'p',
                  { class: 'note' },
                  `${count(said.items.length)} of ${count(said.total)} are shown.`,
                ),
            ].filter(Boolean),
      ),
      draw(wanted, apart, 'actors', { state: 'quarantined', limit: LIMIT }, (said) => [
        plainTable(
          QUARANTINE_COLUMNS,
          said.items.map((each) => {
            const [context, id] = each.id.split('/');
            return [
              actorLink(each.id),
              state(each.state),
              count(each.failures),
              count(each.restarts),
              count(each.waiting),
              may('operate')
                ? h(
                    'button',
                    {
                      type: 'button',
                      'aria-label': `Release ${each.id}`,
                      onclick: async () => {
                        if (
                          await confirmed({
                            title: 'Release',
                            word: each.id,
                            verb: 'release',
                            parameters: { context, id: Number(id) },
                            effect: `${each.id} takes commands again.`,
                          })
                        )
                          asking.now();
                      },
                    },
                    'Release',
                  )
                : '',
            ];
          }),
          'None. No aggregate is set apart.',
        ),
      ]),
    ]),
  );
  return {
    leave() {
      asking.end();
    },
  };
}

export default { title: 'Dead letters', show };
