// Tables. A long one draws only the rows that are seen; it is a grid that the keyboard moves in.

import { h, say } from './dom.js';

const ROW_PX = 36;
const SPARE = 8; // rows above and below those that are seen

/** A short table, made anew from rows of cells. `columns`: [{ title, number }]. */
export function plainTable(columns, rows, empty = 'Nothing here.') {
  if (rows.length === 0) return h('p', { class: 'empty' }, empty);
  return h(
    'div',
    {
      class: 'scroll',
      tabindex: '0',
      role: 'region',
      'aria-label': columns.map((each) => each.title).join(', '),
    },
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          columns.map((each) =>
            h('th', { scope: 'col', class: each.number && 'number' }, each.title),
          ),
        ),
      ),
      h(
        'tbody',
        {},
        rows.map((cells) =>
          h(
            'tr',
            {},
            cells.map((cell, at) => h('td', { class: columns[at].number && 'number' }, cell)),
          ),
        ),
      ),
    ),
  );
}

/**
 * A grid of any number of rows. `columns`: [{ name, title, number, width, cell(item) → text or
 * node, value(item) → what it sorts by }].
 */
export function longTable({
  label,
  columns,
  key,
  onopen,
  sort = columns[0].name,
  descending = false,
}) {
  let items = [];
  let order = { name: sort, descending };
  let at = 0; // the row that the keyboard is on
  const widths = columns.map((each) => each.width ?? 'minmax(5rem, 1fr)').join(' ');
  const head = h('div', { class: 'grid-row grid-head', role: 'row', 'aria-rowindex': '1' });
  const space = h('div', { class: 'grid-space', role: 'presentation' });
  const body = h(
    'div',
    {
      class: 'grid',
      role: 'grid',
      'aria-label': label,
      tabindex: '0',
      style: { '--columns': widths },
    },
    head,
    space,
  );
  const note = h('p', { class: 'note', role: 'status' });
  const pool = new Map();

  const titles = columns.map((column) => {
    const button = h(
      'button',
      { type: 'button', tabindex: '-1', onclick: () => sortBy(column.name) },
      column.title,
    );
    const cell = h('div', { role: 'columnheader', class: column.number && 'number' }, button);
    head.append(cell);
    return [column.name, cell];
  });

  function sorted(list) {
    const column = columns.find((each) => each.name === order.name);
    const value = column.value ?? ((item) => item[column.name]);
    const sign = order.descending ? -1 : 1;
    return [...list].sort((a, b) => {
      const [left, right] = [value(a), value(b)];
      if (left === right) return 0;
      if (left === null || left === undefined) return 1;
      if (right === null || right === undefined) return -1;
      return (left < right ? -1 : 1) * sign;
    });
  }

  function sortBy(name) {
    order = {
      name,
      descending:
        order.name === name
          ? !order.descending
          : Boolean(columns.find((each) => each.name === name).number),
    };
    set(items);
  }

  function makeRow(place) {
    const row = h('div', { class: 'grid-row', role: 'row', id: `row-${place}` });
    row.addEventListener('click', () => {
      at = place;
      draw();
    });
    row.addEventListener('dblclick', () => items[place] && onopen?.(items[place]));
    return row;
  }

  function draw() {
    const top = Math.max(0, Math.floor(body.scrollTop / ROW_PX) - SPARE);
    const end = Math.min(items.length, top + Math.ceil(body.clientHeight / ROW_PX) + 2 * SPARE);
    for (const [place, row] of pool) {
      if (place >= top && place < end) continue;
      row.remove();
      pool.delete(place);
    }
    for (let place = top; place < end; ++place) {
      const item = items[place];
      let row = pool.get(place);
      if (!row) {
        pool.set(place, (row = makeRow(place)));
        row.style.setProperty('top', `${place * ROW_PX}px`);
        space.append(row);
      }
      row.setAttribute('aria-rowindex', String(place + 2));
      row.setAttribute('aria-selected', String(place === at));
      if (row.shownItem === item) continue;
      row.shownItem = item;
      row.dataset.key = key(item);
      row.replaceChildren(
        ...columns.map((column) =>
          h(
            'div',
            { role: 'gridcell', class: column.number && 'number' },
            column.cell ? column.cell(item) : item[column.name],
          ),
        ),
      );
    }
    if (items.length > 0) body.setAttribute('aria-activedescendant', `row-${at}`);
    else body.removeAttribute('aria-activedescendant');
  }

  function set(list) {
    const kept = items[at] && key(items[at]);
    items = sorted(list);
    const found = items.findIndex((each) => key(each) === kept);
    at = found >= 0 ? found : Math.min(at, Math.max(0, items.length - 1));
    body.setAttribute('aria-rowcount', String(items.length + 1));
    space.style.setProperty('height', `${Math.max(1, items.length) * ROW_PX}px`);
    for (const [name, cell] of titles) {
      const here = name === order.name;
      if (here) cell.setAttribute('aria-sort', order.descending ? 'descending' : 'ascending');
      else cell.removeAttribute('aria-sort');
    }
    draw();
  }

  body.addEventListener('scroll', () => requestAnimationFrame(draw), { passive: true });
  body.addEventListener('keydown', (event) => {
    const page = Math.max(1, Math.floor(body.clientHeight / ROW_PX) - 2);
    const step = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -Infinity,
      End: Infinity,
    }[event.key];
    if (event.key === 'Enter' && event.target === body && items[at]) return onopen?.(items[at]);
    if (step === undefined || items.length === 0) return undefined;
    event.preventDefault();
    at = Math.max(0, Math.min(items.length - 1, at + step));
    const y = at * ROW_PX;
    const seen = body.clientHeight - ROW_PX; // the head stays above
    if (y < body.scrollTop) body.scrollTop = y;
    else if (y + ROW_PX > body.scrollTop + seen) body.scrollTop = y + ROW_PX - seen;
    return draw();
  });
  new ResizeObserver(draw).observe(body);
  return {
    element: h('div', { class: 'long' }, body, note),
    set,
    note: (text) => say(note, text),
    size: () => items.length,
  };
}
