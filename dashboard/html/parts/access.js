// The admin verbs, and the key that says who may do more than look. The key stays in this tab.

const KEY = 'troupe.key';

export const access = { role: 'observe' };
const listeners = new Set();
export const onAccess = (listener) => listeners.add(listener);
const ORDER = ['observe', 'inspect', 'operate'];
/** Whether that role or a higher one is had; `none` is less than all: even to look takes a key. */
export const may = (role) => ORDER.indexOf(access.role) >= ORDER.indexOf(role);

export class Refused extends Error {
  constructor(status, said) {
    super(said?.message ?? `the gateway answered ${status}`);
    this.code = said?.code ?? String(status);
    this.status = status;
    this.outcome = said?.outcome;
  }
}

function kept() {
  try {
    return sessionStorage.getItem(KEY) ?? '';
  } catch {
    return '';
  }
}

export const hasKey = () => kept() !== '';

/** What shows the key to the gateway. */
export const credentials = () => (hasKey() ? { Authorization: `Bearer ${kept()}` } : {});

async function request(path, options = {}) {
  const headers = { Accept: 'application/json', ...credentials(), ...options.headers };
  let answer;
  try {
    answer = await fetch(path, { ...options, headers });
  } catch {
    throw new Refused(0, { code: 'UNREACHABLE', message: 'the gateway cannot be reached' });
  }
  const said = await answer.json().catch(() => null);
  if (!answer.ok) throw new Refused(answer.status, said);
  return said;
}

/** A verb that only shows; arguments may name a `node`, "*" is all of them. */
export function look(verb, parameters = {}) {
  const query = new URLSearchParams(
    Object.entries(parameters).filter(([, value]) => value !== undefined && value !== ''),
  );
  return request(`/troupe/api/${encodeURIComponent(verb)}?${query}`);
}

/**
 * A verb that each node answers for itself, asked of all: its items, each with its `node`, and the
 * nodes that told nothing.
 */
export async function lookEverywhere(verb, parameters = {}) {
  const said = await look(verb, { ...parameters, node: '*' });
  if (said.answers.length === 0 && said.silent.length > 0) throw new Refused(0, said.silent[0]);
  return {
    items: said.answers.flatMap(({ node, answer }) =>
      answer.items.map((item) => ({ ...item, node })),
    ),
    silent: said.silent.map((each) => each.node),
  };
}

/** A verb that changes something. */
export function change(verb, parameters, node) {
  const query = node ? `?${new URLSearchParams({ node })}` : '';
  return request(`/troupe/api/${encodeURIComponent(verb)}${query}`, {
    method: 'POST',
    body: JSON.stringify(parameters),
    headers: { 'Content-Type': 'application/json' },
  });
}

/** Something of a system, through its own HTTP interface. */
export const rest = (path) => request(path);

/** Takes a key (empty: none) after asking the gateway what it is good for. */
export async function showKey(key) {
  const before = kept();
  try {
    key ? sessionStorage.setItem(KEY, key) : sessionStorage.removeItem(KEY);
  } catch {
    /* for this page only */
  }
  try {
    access.role = (await request('/troupe/api')).role;
  } catch (why) {
    if (!key && why.status === 401) {
      access.role = 'none'; // who shows no key sees nothing here
      return;
    }
    try {
      before ? sessionStorage.setItem(KEY, before) : sessionStorage.removeItem(KEY);
    } catch {
      /* as above */
    }
    throw why;
  } finally {
    for (const each of listeners) each();
  }
}

export async function begin() {
  try {
    await showKey(kept());
  } catch (why) {
    if (why.status === 401) await showKey('').catch(() => {});
  }
}

/** Why something cannot be shown, in a sentence. */
export function plainly(why, what) {
  if (why.code === 'UNKNOWN_COMMAND')
    return `An older node that does not know how to tell ${what} was asked.`;
  if (why.status === 401 && !hasKey())
    return `To see ${what}, show a key of the role inspect (the button at the top).`;
  return `${what[0].toUpperCase()}${what.slice(1)} cannot be shown: ${why.message} (${why.code}).`;
}
