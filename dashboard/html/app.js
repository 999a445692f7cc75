// The frame: navigation by the part of the address behind '#', connection, scheme and keyboard.

import { access, begin, may, onAccess } from './parts/access.js';
import { repaintCharts } from './parts/charts.js';
import { askKey, showHelp } from './parts/dialog.js';
import { h, say, toggle } from './parts/dom.js';
import { span, time } from './parts/format.js';
import { connect, listen, store } from './parts/store.js';
import actor from './pages/actor.js';
import actors from './pages/actors.js';
import breakers from './pages/breakers.js';
import letters from './pages/letters.js';
import node from './pages/node.js';
import nodes from './pages/nodes.js';
import overview from './pages/overview.js';
import system from './pages/system.js';
import systems from './pages/systems.js';
import tree from './pages/tree.js';
import views from './pages/views.js';

// A page: { title, show(root, ...parts of the address) → { update?(what), leave?() } }.
const PAGES = { overview, nodes, actors, tree, breakers, views, letters, systems };
const DEEPER = { nodes: node, actors: actor, systems: system };
const THEMES = ['', 'light', 'dark'];

const main = document.getElementById('main');
let shown = null;

function parts() {
  return location.hash
    .replace(/^#\/?/, '')
    .split('/')
    .filter(Boolean)
    .map((each) => {
      try {
        return decodeURIComponent(each);
      } catch {
        return each;
      }
    });
}

function go() {
  if (location.hash === '#main') return; // the skip link
  const [name = 'overview', ...rest] = parts();
  const known = rest.length > 0 ? DEEPER : PAGES;
  const page = Object.hasOwn(known, name) ? known[name] : undefined;
  shown?.leave?.();
  shown = null;
  main.replaceChildren();
  for (const link of document.querySelectorAll('#pages a'))
    toggle(link, 'aria-current', link.dataset.page === name && 'page');
  document
    .querySelector('#pages [aria-current]')
    ?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  if (!page) {
    document.title = 'not found · troupe';
    main.append(
      h('h1', {}, 'There is no such page'),
      h('p', {}, h('a', { href: '#/overview' }, 'Go to the overview')),
    );
    toggle(main, 'aria-busy', false);
    return;
  }
  if (!store.present) {
    toggle(main, 'aria-busy', 'true');
    main.append(h('p', { class: 'waiting' }, 'Asking the cluster …'));
    return;
  }
  toggle(main, 'aria-busy', false);
  document.title = `${rest.length > 0 ? rest.join('/') : page.title} · troupe`;
  shown = page.show(main, ...rest) ?? {};
  shown.update?.('picture');
}

function showConnection() {
  const pill = document.getElementById('connection');
  const lost = document.getElementById('lost');
  pill.dataset.state = store.connected ? 'live' : 'lost';
  const without = store.locked ? 'no key' : 'no connection';
  say(
    document.getElementById('connection-text'),
    store.connected ? `live · ${time(store.timeMs)}` : without,
  );
  lost.hidden = store.connected || !store.lostSince;
  if (lost.hidden) return;
  const since = `${time(store.lostSince)} (${span(Date.now() - store.lostSince)})`;
  say(
    lost,
    store.locked
      ? 'This gateway shows its cluster only to who has a key: show one (the button on top).'
      : `Connection lost since ${since}. ` +
          'What you see is how things stood then; trying again every second.',
  );
}

listen((what) => {
  showConnection();
  if (what === 'connection') {
    if (store.locked && !document.querySelector('dialog[open]')) askKey();
    return;
  }
  if (!shown && store.present) go();
  else shown?.update?.(what);
});
setInterval(() => {
  if (!store.connected) showConnection();
}, 1000);

function chooseTheme() {
  const root = document.documentElement;
  const next = THEMES[(THEMES.indexOf(root.dataset.theme ?? '') + 1) % THEMES.length];
  if (next) root.dataset.theme = next;
  else delete root.dataset.theme;
  try {
    localStorage.setItem('troupe.theme', next);
  } catch {
    /* holds for this page only */
  }
  showTheme();
  repaintCharts();
}
function showTheme() {
  const chosen = document.documentElement.dataset.theme;
  say(
    document.getElementById('theme'),
    chosen ? chosen[0].toUpperCase() + chosen.slice(1) : 'Auto',
  );
}

document.getElementById('theme').addEventListener('click', chooseTheme);
document.getElementById('help').addEventListener('click', showHelp);
document.getElementById('role').addEventListener('click', askKey);
onAccess(() => {
  const button = document.getElementById('role');
  say(button, access.role);
  button.dataset.role = access.role;
  button.setAttribute('aria-label', `Role: ${access.role}. Show another key`);
  // The stream was begun with another key, or refused without one.
  if (store.locked === may('observe')) connect();
  if (shown) go(); // what may be seen and done is another now
});

document
  .getElementById('pages')
  .append(
    ...Object.entries(PAGES).map(([name, page]) =>
      h('li', {}, h('a', { href: `#/${name}`, dataset: { page: name } }, page.title)),
    ),
  );

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]'))
    return;
  if (event.target.closest('input, textarea, select')) return;
  const name = Object.keys(PAGES)[Number(event.key) - 1];
  if (event.key >= '1' && event.key <= '9' && name) location.hash = `#/${name}`;
  else if (event.key === '?') showHelp();
  else if (event.key === 't') chooseTheme();
  else if (event.key === '/') {
    const filter = document.querySelector('main input[type=search]');
    if (!filter) return;
    event.preventDefault();
    filter.focus();
  }
});
document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault(); // the address names a page
  main.focus();
});
addEventListener('hashchange', () => {
  go();
  main.focus({ preventScroll: true });
  scrollTo(0, 0);
});

showTheme();
showConnection();
connect();
begin();
