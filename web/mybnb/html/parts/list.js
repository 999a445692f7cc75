// A list of a resource as a table with pages; on narrow screens each row becomes a card.

import { list } from './api.js';
import { byId, element } from './dom.js';
import { complain, hush } from './notice.js';

/**
 * Shows a resource in the element "list", anew when "refresh" is pressed, and returns a function
 * that does the same.
 *
 * - `resource`, `names`: what it holds, e.g. 'rooms' and ['room', 'rooms']
 * - `columns`: `{ title, type, show(item) }`; `show` gives a node, `type` is 'number' or none
 * - `actions(item)`: elements for the last column, if there is one
 * - `filter`: a field that the form "filter" selects by; it stands in the address of the page
 * - `shown(page)`: told of every page that came
 */
export function showList(options) {
  const { resource, names, filter, shown = () => {} } = options;
  const address = new URLSearchParams(location.search);
  const wanted = filter && address.get(filter);
  const chosen = wanted ? { [filter]: wanted } : {};
  const number = Math.max(0, Math.trunc(Number(address.get('page')) || 0));
  const place = byId('list');
  let failed = false;
  let running = null;

  async function fetchPage() {
    place.setAttribute('aria-busy', 'true');
    try {
      const page = await list(resource, number, chosen);
      place.replaceChildren(...parts(options, page, chosen));
      if (failed) hush();
      failed = false;
      shown(page);
    } catch (failure) {
      failed = true;
      complain(`The ${names[1]} cannot be shown.`, failure);
    } finally {
      place.removeAttribute('aria-busy');
    }
  }

  /** One request at a time: whoever asks meanwhile asks once more afterwards. */
  async function load() {
    const before = running;
    const mine = (async () => {
      await before;
      await fetchPage();
    })();
    running = mine;
    await mine;
    if (running === mine) running = null;
  }
  byId('refresh').addEventListener('click', load);
  if (filter) chooseBy(filter, wanted);
  load();
  return load;
}

function chooseBy(field, wanted) {
  const form = byId('filter');
  form.elements[field].value = wanted ?? '';
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = form.elements[field].value.trim();
    location.search = text === '' ? '' : new URLSearchParams({ [field]: text });
  });
}

function parts(options, page, chosen) {
  const [one, many] = options.names;
  const total = `${page.totalElements} ${page.totalElements === 1 ? one : many}`;
  if (page.items.length > 0) return [table(options, page, total), pager(page, chosen)];
  const none = Object.keys(chosen).length > 0 ? `No ${many} fit.` : `There are no ${many}.`;
  const nothing = element('p', { class: 'empty' },
    page.totalElements > 0 ? `${total}, but none on this page.` : none);
  return page.totalElements > 0 ? [nothing, pager(page, chosen)] : [nothing];
}

// The roles are what tables have anyway, until style sheets turn their rows into cards.
function table({ columns, actions }, page, total) {
  const titles = columns.map(({ title, type }) =>
    element('th', { scope: 'col', role: 'columnheader', class: type ?? false }, title));
  if (actions) titles.push(element('th', { scope: 'col', role: 'columnheader' }, 'What to do'));
  const rows = page.items.map((item) => {
    const cells = columns.map(({ title, type, show }) =>
      element('td', { role: 'cell', 'data-title': title, class: type ?? false }, show(item)));
    if (actions)
      cells.push(element('td', { role: 'cell', class: 'actions' }, ...actions(item)));
    return element('tr', { role: 'row', 'data-id': String(item.id) }, ...cells);
  });
  return element('table', { role: 'table' },
    element('caption', {}, total),
    element('thead', { role: 'rowgroup' }, element('tr', { role: 'row' }, ...titles)),
    element('tbody', { role: 'rowgroup' }, ...rows));
}

function pager({ number, totalPages }, chosen) {
  if (totalPages <= 1 && number === 0) return '';
  const step = (to, rel, text) => {
    const href = `?${new URLSearchParams({ ...chosen, page: to })}`;
    return to >= 0 && to < totalPages ? element('a', { href, rel }, text)
      : element('span', { class: 'off' }, text);
  };
  return element('nav', { class: 'pager', 'aria-label': 'Pages of this list' },
    step(Math.min(number, totalPages) - 1, 'prev', 'Previous'),
    element('span', {}, `Page ${number + 1} of ${totalPages}`),
    step(number + 1, 'next', 'Next'));
}
