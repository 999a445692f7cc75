// The admin verbs, and the key that says who may do more than look. The key stays in this tab.

const KEY = 'troupe.key';

export const access = { role: 'observe' };
const listeners = new Set();
export const onAccess = (listener) => listeners.add(listener);
const ORDER = ['observe', 'inspect', 'operate'];
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

async function request(path, options = {}) {
  const key = kept();
  const headers = {
    Accept: 'application/json',
    ...(key ? { Authorization: `Bearer ${key}` } : {}),
    ...options.headers,
  };
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
  if (why.code === 'UNKNOWN_COMMAND') return `These nodes do not know how to tell ${what} yet.`;
  if (why.status === 401)
    return `To see ${what}, show a key of the role inspect (the button at the top).`;
  return `${what[0].toUpperCase()}${what.slice(1)} cannot be shown: ${why.message} (${why.code}).`;
}
