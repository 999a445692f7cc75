import { look } from '../parts/access.js';
import { h, say } from '../parts/dom.js';
import { plural } from '../parts/format.js';
import { store } from '../parts/store.js';
import { every, heading, state } from '../parts/widgets.js';

const AGAIN_MS = 2000;
const OPEN_AT_FIRST = 2; // levels

/** A shard that another node has is no trouble: it is shown as elsewhere, or not at all. */
function settled(branch) {
  if (branch.kind === 'shard' && branch.state === 'stopped')
    return { ...branch, state: 'elsewhere', children: [] };
  return { ...branch, children: (branch.children ?? []).map(settled) };
}
const ill = (branch) =>
  (!['up', 'elsewhere', 'stopped'].includes(branch.state) || branch.restarts > 0 ? 1 : 0) +
  branch.children.reduce((sum, each) => sum + ill(each), 0);

function show(root) {
  const onlyIll = h('input', { type: 'checkbox', id: 'only-ill' });
  const elsewhere = h('input', { type: 'checkbox', id: 'elsewhere' });
  const note = h('p', { class: 'note', role: 'status' });
  const place = h('ul', { class: 'tree', role: 'tree', 'aria-label': 'Supervision tree' });
  const opened = new Map(); // path → whether it is open, where somebody said so
  let nodes = [];
  let focused = '';

  function draw() {
    const had = place.contains(document.activeElement);
    const items = [];
    const branch = (of, level, path) => {
      if (of.state === 'elsewhere' && !elsewhere.checked) return null;
      const trouble = ill(of);
      if (onlyIll.checked && trouble === 0) return null;
      const inner = of.children.length > 0;
      const isOpen =
        opened.get(path) ?? (level <= OPEN_AT_FIRST || (onlyIll.checked && trouble > 0));
      const item = h(
        'li',
        {
          role: 'treeitem',
          'aria-level': level,
          tabindex: '-1',
          dataset: { path },
          'aria-expanded': inner ? String(isOpen) : undefined,
        },
        h(
          'div',
          {
            class: 'branch',
            onclick: () => {
              focused = path;
              if (inner) opened.set(path, !isOpen);
              draw();
            },
          },
          h('span', { class: 'twig', 'aria-hidden': 'true' }, inner ? (isOpen ? '▾' : '▸') : '·'),
          h('b', {}, of.name),
          h('span', { class: 'kind' }, of.kind),
          state(of.state),
          of.restarts > 0 && h('span', { class: 'badge' }, plural(of.restarts, 'restart')),
          of.strategy && h('span', { class: 'kind' }, of.strategy),
          of.detail && h('span', { class: 'kind' }, of.detail),
        ),
      );
      items.push({ item, path, inner, isOpen, level });
      if (inner && isOpen)
        item.append(
          h(
            'ul',
            { role: 'group' },
            of.children.map((each) => branch(each, level + 1, `${path}/${each.name}`)),
          ),
        );
      return item;
    };
    place.replaceChildren(...nodes.map((each) => branch(each, 1, each.name)).filter(Boolean));
    if (items.length === 0)
      place.append(
        h('li', { class: 'empty' }, onlyIll.checked ? 'Nothing is unhealthy.' : 'Nothing to show.'),
      );
    const here = items.find((each) => each.path === focused) ?? items[0];
    if (here) {
      here.item.tabIndex = 0;
      if (had) here.item.focus({ preventScroll: true });
    }
    place.branches = items;
  }

  place.addEventListener('keydown', (event) => {
    const items = place.branches ?? [];
    const at = items.findIndex((each) => each.item === document.activeElement);
    if (at < 0) return;
    const { path, inner, isOpen, level } = items[at];
    const goTo = (to) => {
      if (to) {
        focused = to.path;
        draw();
        place.branches.find((each) => each.path === focused)?.item.focus();
      }
    };
    const moves = {
      ArrowDown: () => goTo(items[at + 1]),
      ArrowUp: () => goTo(items[at - 1]),
      Home: () => goTo(items[0]),
      End: () => goTo(items.at(-1)),
      ArrowRight: () =>
        inner && !isOpen ? (opened.set(path, true), goTo(items[at])) : inner && goTo(items[at + 1]),
      ArrowLeft: () =>
        inner && isOpen
          ? (opened.set(path, false), goTo(items[at]))
          : goTo(
              items
                .slice(0, at)
                .reverse()
                .find((each) => each.level < level),
            ),
      Enter: () => {
        if (inner) {
          opened.set(path, !isOpen);
          goTo(items[at]);
        }
      },
    };
    if (!moves[event.key]) return;
    event.preventDefault();
    moves[event.key]();
  });
  onlyIll.addEventListener('change', draw);
  elsewhere.addEventListener('change', draw);

  const asking = every(AGAIN_MS, async () => {
    try {
      const said = await look('tree', { node: '*' });
      nodes = said.answers
        .map((each) => settled(each.answer))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      const silent = [
        ...new Set([
          ...said.silent.map((each) => each.node),
          ...Object.entries(store.present.nodes)
            .filter(([, of]) => of.state === 'silent')
            .map(([name]) => name),
        ]),
      ];
      const trouble = nodes.reduce((sum, each) => sum + ill(each), 0);
      say(
        note,
        (trouble === 0
          ? 'All that is supervised is healthy.'
          : `${plural(trouble, 'part')} unhealthy or restarted.`) +
          `${silent.length > 0 ? ` No answer from ${silent.join(', ')}.` : ''}`,
      );
    } catch (why) {
      say(note, `The tree cannot be shown: ${why.message} (${why.code}).`);
    }
    draw();
  });
  root.append(
    heading('Supervision', 'Who restarts whom, on every node.'),
    h(
      'form',
      { class: 'filters', onsubmit: (event) => event.preventDefault() },
      h(
        'label',
        { class: 'check', for: 'only-ill' },
        onlyIll,
        'only what is unhealthy or was restarted',
      ),
      h(
        'label',
        { class: 'check', for: 'elsewhere' },
        elsewhere,
        'also shards that another node has',
      ),
    ),
    note,
    h('div', { class: 'panel' }, place),
  );
  return {
    leave() {
      asking.end();
    },
  };
}

export default { title: 'Supervision', show };
