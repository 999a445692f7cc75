// Requests to the system's resources, which lie beside the folder of these pages.

const root = new URL('../../', import.meta.url);
const patienceMs = 15_000;

/** Why a request did not come out. */
export class Failure extends Error {
  constructor({ method, message, code, status = 0, outcome = 'not applied', retryAfter = 0 }) {
    super(message);
    this.reading = method === 'GET';
    this.code = code;
    this.status = status;
    this.outcome = this.reading ? 'not applied' : outcome;
    this.retryAfter = retryAfter;
  }

  /** What the person in front of the page can do about it. */
  get advice() {
    if (this.outcome === 'unknown')
      return 'It is not known whether this took effect. Send it again: '
        + 'the same request never takes effect twice.';
    const next = this.#nextStep();
    return this.reading ? next : `Nothing was changed. ${next}`;
  }

  #nextStep() {
    if (this.status === 400) return 'Correct what you entered and try again.';
    if (this.status === 404) return 'It may have been removed. Go back to the list.';
    if (this.status === 409 || this.status === 422)
      return 'Look at its present state, then decide again.';
    if (this.status === 429 || this.status === 503)
      return `Try again in ${Math.max(this.retryAfter, 1)} s.`;
    return 'Try again; if it stays so, tell the operator the code.';
  }
}

/**
 * Sends one request and gives its JSON answer, null if there is none. Throws a Failure.
 * `key` names a command: sent again under the same key it has one effect and the same answer.
 */
export async function request(method, path, { body, key } = {}) {
  const headers = { Accept: 'application/json' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (key) headers['Idempotency-Key'] = key;
  let response;
  let text;
  try {
    response = await fetch(new URL(path, root), {
      method,
      headers,
      body: JSON.stringify(body),
      cache: 'no-store',
      signal: AbortSignal.timeout(patienceMs),
    });
    text = await response.text();
  } catch {
    const message = 'The service did not answer.';
    throw new Failure({ method, message, code: 'NO_ANSWER', outcome: 'unknown' });
  }
  const answer = parsed(text);
  if (response.ok) return answer;
  throw new Failure({
    method,
    message: answer?.message ?? `The service answered with status ${response.status}.`,
    code: answer?.code ?? `HTTP_${response.status}`,
    status: response.status,
    outcome: answer?.outcome ?? (response.status < 500 ? 'not applied' : 'unknown'),
    retryAfter: Number(response.headers.get('Retry-After')) || 0,
  });
}

function parsed(text) {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

/** One item; throws a Failure with status 404 if there is none. */
export function get(resource, id) {
  return request('GET', `${resource}/${encodeURIComponent(id)}`);
}

/** A page of items, highest number first: `{ items, number, totalElements, totalPages }`. */
export async function list(resource, page, filters = {}) {
  const query = new URLSearchParams({ page, sort: 'id,desc', ...filters });
  const answer = await request('GET', `${resource}?${query}`);
  return { items: answer._embedded[resource], ...answer.page };
}

/**
 * One thing a person wants done, however often they press the button. All sends of the same
 * content share a key until it is known how it ended, so a second press cannot do it twice.
 */
export class Attempt {
  #content = '';
  #key = '';

  async send(method, path, body) {
    const content = JSON.stringify([method, path, body]);
    if (content !== this.#content) this.#key = newKey();
    this.#content = content;
    try {
      const answer = await request(method, path, { body, key: this.#key });
      this.#content = '';
      return answer;
    } catch (failure) {
      if (failure.outcome !== 'unknown') this.#content = '';
      throw failure;
    }
  }
}

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
