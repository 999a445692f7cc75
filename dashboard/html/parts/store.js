// The picture of the cluster, kept up to date by one stream, and its listeners.

import { credentials } from './access.js';
import { readEvents } from './events.js';

const RETRY_MS = 1000;
const QUIET_MS = 4000; // the stream speaks once a second; more silence is a lost connection
const HISTORY_MAX = 900;
const NEWS_MAX = 200;

export const store = {
  about: null,
  present: null,
  history: null,
  news: [],
  seq: 0,
  timeMs: 0,
  connected: false,
  locked: false, // the gateway tells only those who show a key
  lostSince: 0,
  heardAt: 0,
};

const listeners = new Set();
let source = null; // what ends the stream
let retry = 0;

export function listen(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(what) {
  for (const each of [...listeners]) each(what);
}

/** JSON merge patch (RFC 7396). Unchanged parts keep their identity. */
export function patched(from, patch) {
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) return patch;
  const to = from !== null && typeof from === 'object' && !Array.isArray(from) ? { ...from } : {};
  for (const [name, change] of Object.entries(patch)) {
    if (name === '__proto__') continue; // a name like any other, but not for JavaScript
    if (change === null) delete to[name];
    else to[name] = patched(to[name], change);
  }
  return to;
}

function lose() {
  if (store.connected || store.locked || !store.lostSince) {
    store.lostSince = store.heardAt || Date.now();
    store.connected = false;
    tell('connection');
  }
  source?.abort();
  source = null;
  clearTimeout(retry);
  if (!store.locked) retry = setTimeout(connect, RETRY_MS);
}

function heard() {
  store.heardAt = Date.now();
  if (!store.connected) {
    store.connected = true;
    store.lostSince = 0;
    tell('connection');
  }
}


const handlers = {
  picture(said) {
    Object.assign(store, {
      about: said.about,
      present: said.present,
      history: said.history,
      news: said.news,
      seq: said.seq,
      timeMs: said.time_ms,
    });
    tell('picture');
  },
  delta(said) {
    if (!store.present || said.seq !== store.seq + 1) return lose(); // begin anew
    store.seq = said.seq;
    store.timeMs = said.time_ms;
    store.present = patched(store.present, said.patch);
    if (said.sample) {
      Object.keys(store.history).forEach((column, at) => {
        const of = store.history[column];
        of.push(said.sample[at]);
        if (of.length > HISTORY_MAX) of.shift();
      });
    }
    return tell('delta');
  },
  feed(said) {
    store.news = [...store.news, ...said.items].slice(-NEWS_MAX);
    tell('feed');
  },
};

/** Begins the stream, anew if there is one. */
export async function connect() {
  clearTimeout(retry);
  source?.abort();
  const mine = new AbortController();
  source = mine;
  try {
    await readEvents('/troupe/stream', credentials(), mine.signal, (name, said) => {
      if (source !== mine) return;
      store.locked = false;
      heard();
      handlers[name]?.(said);
    });
  } catch (why) {
    if (source === mine && why.status === 401) store.locked = true;
  }
  if (source === mine) lose(); // it ended, or never began
}

// A browser has six connections to one server for all of its tabs, and each stream takes one for
// as long as it lasts. So a page that nobody sees gives it back, after a while or when it is left.
const UNSEEN_MS = 20000;
let unseen = 0;

function pause() {
  clearTimeout(retry);
  source?.abort();
  source = null;
}

function seeAgain() {
  clearTimeout(unseen);
  if (source || store.locked || document.hidden) return;
  clearTimeout(retry);
  store.heardAt = Date.now(); // the silence until now was our own
  connect();
}

document.addEventListener('visibilitychange', () => {
  clearTimeout(unseen);
  if (document.hidden) unseen = setTimeout(pause, UNSEEN_MS);
  else seeAgain();
});
addEventListener('pagehide', pause);
addEventListener('pageshow', (event) => event.persisted && seeAgain());

setInterval(() => {
  if (source && store.connected && Date.now() - store.heardAt > QUIET_MS) lose();
}, 1000);

/** The newest value of a column of the history. */
export const newest = (column) => store.history?.[column]?.at(-1);

/** Every context of the picture with sums over the nodes that answer. */
export function contexts() {
  const sums = new Map();
  for (const [node, of] of Object.entries(store.present?.nodes ?? {})) {
    if (of.state === 'silent' || of.state === 'left') continue;
    for (const [name, one] of Object.entries(of.contexts ?? {})) {
      const sum = sums.get(name) ?? {
        name,
        kind: one.kind,
        state: one.state,
        resident: 0,
        records: 0,
        turns: 0,
        rejected: 0,
        crashes: 0,
        quarantined: 0,
        deadletters: 0,
        waiting: 0,
        rows: 0,
        lag: 0,
        shards: one.shards,
        nodes: [],
      };
      for (const figure of [
        'resident',
        'records',
        'turns',
        'rejected',
        'crashes',
        'quarantined',
        'deadletters',
        'waiting',
      ])
        sum[figure] += one[figure] ?? 0;
      sum.rows = Math.max(sum.rows, one.rows ?? 0);
      sum.lag = Math.max(sum.lag, one.lag ?? 0);
      if (one.state !== 'up' && one.state !== 'stopped') sum.state = one.state;
      sum.nodes.push(node);
      sums.set(name, sum);
    }
  }
  return [...sums.values()];
}
