// The newest items of a system's lists, asked for once however many rules look at them.

import { rest } from '../parts/access.js';

const NEWEST = 200; // of each list
const SINGLE_MAX = 40; // questions about single items that fell out of the lists

export class Sample {
  constructor() {
    this.lists = new Map();
    this.singles = 0;
  }

  async page(path, query) {
    const key = `${path}?${query}`;
    if (!this.lists.has(key)) this.lists.set(key, rest(key));
    return this.lists.get(key);
  }

  /** The newest items of a list, such as '/taxi/calls'. */
  async newest(path) {
    const page = await this.page(path, `size=${NEWEST}&sort=id,desc`);
    return Object.values(page._embedded ?? {})[0] ?? [];
  }

  /** How many items match. */
  async total(path, filter = '') {
    return (await this.page(path, `size=1${filter && `&${filter}`}`)).page.totalElements;
  }

  /** Items whose field has this value, asked for one by one; null once enough was asked. */
  async where(path, field, wanted) {
    if (++this.singles > SINGLE_MAX) return null;
    const page = await this.page(path, `size=20&${field}=${encodeURIComponent(wanted)}`);
    return Object.values(page._embedded ?? {})[0] ?? [];
  }

  /** One item; undefined if there is none, null once enough was asked. */
  async one(path, id) {
    if (++this.singles > SINGLE_MAX) return null;
    try {
      return await rest(`${path}/${id}`);
    } catch (why) {
      if (why.status === 404) return undefined;
      throw why;
    }
  }

  /**
   * The rows of `path` that belong to each item: those whose `field` is the item's id. The list of
   * the newest is looked through first; what is not in it is asked for.
   */
  async belonging(items, path, field) {
    const newest = await this.newest(path);
    const found = new Map();
    for (const each of newest) found.set(each[field], [...(found.get(each[field]) ?? []), each]);
    const pairs = [];
    for (const item of items) {
      const rows = found.get(item.id) ?? (await this.where(path, field, item.id));
      if (rows !== null) pairs.push([item, rows]); // what could not be asked was not checked
    }
    return pairs;
  }
}

/** The outcome of a rule: `judge` gives a sentence for an item that breaks it, else nothing. */
export function outcome(items, sample, judge) {
  return { checked: items.length, sample, broken: items.map(judge).filter(Boolean) };
}
