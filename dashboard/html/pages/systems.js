import { h, keep } from '../parts/dom.js';
import { count, short } from '../parts/format.js';
import { contexts, store } from '../parts/store.js';
import { heading } from '../parts/widgets.js';
import stories from '../systems/stories.js';

function show(root) {
  const list = h('ul', { class: 'systems' });
  root.append(
    heading(
      'Systems',
      'Each business system with its story in numbers and its promises, checked while you look.',
    ),
    list,
  );
  return {
    update() {
      const sums = contexts();
      keep(list, Object.keys(store.about.systems), {
        key: (name) => name,
        make: (name) => h('li', {}),
        update: (item, name) => {
          const of = sums.filter((each) => each.name.startsWith(`${name}.`));
          const sum = (figure) => of.reduce((all, each) => all + each[figure], 0);
          const text =
            `${count(of.length)} contexts, ${short(sum('resident'))} actors in memory, ` +
            `${short(sum('turns'))} turns`;
          if (item.shownText === text) return;
          item.shownText = text;
          const had = item.contains(document.activeElement);
          item.replaceChildren(
            h(
              'a',
              { href: `#/systems/${name}` },
              h('b', {}, name),
              h('span', {}, (Object.hasOwn(stories, name) ? stories[name] : null)?.about ?? ''),
              h('small', {}, text),
            ),
          );
          if (had) item.firstChild.focus();
        },
      });
    },
  };
}

export default { title: 'Systems', show };
