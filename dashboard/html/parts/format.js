// Figures as people read them.

const whole = new Intl.NumberFormat('en');
const clockTime = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

export const count = (n) => (Number.isFinite(n) ? whole.format(Math.round(n)) : '–');

/** At most four characters and a unit letter. */
export function short(n) {
  if (!Number.isFinite(n)) return '–';
  for (const [size, unit] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e4, 'k'],
  ]) {
    if (Math.abs(n) < size) continue;
    const scaled = n / (unit === 'k' ? 1e3 : size);
    return `${scaled >= 100 ? scaled.toFixed(0) : scaled.toFixed(1)} ${unit}`;
  }
  if (Math.abs(n) < 10 && n !== Math.round(n)) return n.toFixed(1);
  return whole.format(Math.round(n));
}

export function ms(n) {
  if (!Number.isFinite(n)) return '–';
  if (n >= 10000) return `${(n / 1000).toFixed(0)} s`;
  if (n >= 1000) return `${(n / 1000).toFixed(1)} s`;
  return n > 0 && n < 10 ? `${n.toFixed(1)} ms` : `${Math.round(n)} ms`;
}

export function bytes(n) {
  if (!Number.isFinite(n)) return '–';
  for (const [size, unit] of [
    [2 ** 30, 'GiB'],
    [2 ** 20, 'MiB'],
    [2 ** 10, 'KiB'],
  ])
    if (n >= size) return `${(n / size).toFixed(n / size < 10 ? 1 : 0)} ${unit}`;
  return `${n} B`;
}

export function span(n) {
  if (!Number.isFinite(n)) return '–';
  const s = Math.max(0, Math.round(n / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

export const time = (at) => (Number.isFinite(at) && at > 0 ? clockTime.format(at) : '–');
export const dateTime = (at) =>
  Number.isFinite(at) && at > 0
    ? new Date(at).toISOString().replace('T', ' ').replace('Z', ' UTC')
    : '–';
export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

/** What a value of any shape is shown as. */
export function shown(value) {
  if (value === null || value === undefined) return '–';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** How a state is shown: its tone, and a sign that differs in shape too. */
export function tone(state) {
  if (
    [
      'up',
      'live',
      'closed',
      'done',
      'active',
      'on',
      'held',
      'passive',
      'following',
      'working',
    ].includes(state)
  )
    return 'good';
  if (
    [
      'silent',
      'open',
      'forced-open',
      'failed',
      'stuck',
      'quarantined',
      'broken',
      'down',
    ].includes(state)
  )
    return 'bad';
  if (
    [
      'left',
      'stopped',
      'disabled',
      'off',
      'asked',
      'dropped',
      'elsewhere',
      'nothing to check',
    ].includes(state)
  )
    return 'idle';
  return 'warn';
}
export const signs = { good: '●', warn: '▲', bad: '■', idle: '○' };

const BAD_NEWS =
  /silent|opened|crashed|quarantined$|dead-letter$|stuck|failed|escalated|filling|stopped|refused/;
const WARN_NEWS = /half-opened|slow|forced|disabled|left|switched|fallback|started|shards/;
export const newsTone = (kind) =>
  BAD_NEWS.test(kind) ? 'bad' : WARN_NEWS.test(kind) ? 'warn' : 'good';
