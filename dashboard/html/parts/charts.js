// Charts over time by uPlot, and sparklines. Colours come from the style sheet, so that both
// schemes and their changes are followed.

import { h, svg } from './dom.js';
import { newsTone, time } from './format.js';
import { store } from './store.js';

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const WINDOW_S = 300;
const charts = new Set();
const sync = () => window.uPlot.sync('time');

/** What happened, as lines behind the curves: bad things only, at most the newest forty. */
function annotations() {
  return {
    hooks: {
      drawClear: [
        (chart) => {
          const context = chart.ctx;
          context.save();
          for (const each of store.news.slice(-40)) {
            const tone = newsTone(each.kind);
            if (tone === 'good') continue;
            const x = chart.valToPos(each.time_ms / 1000, 'x', true);
            if (x < chart.bbox.left || x > chart.bbox.left + chart.bbox.width) continue;
            context.strokeStyle = color(tone === 'bad' ? '--bad' : '--warn');
            context.globalAlpha = 0.55;
            context.lineWidth = devicePixelRatio;
            context.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
            context.beginPath();
            context.moveTo(x, chart.bbox.top);
            context.lineTo(x, chart.bbox.top + chart.bbox.height);
            context.stroke();
          }
          context.restore();
        },
      ],
    },
  };
}

function axis(format) {
  const line = { stroke: color('--line'), width: 1 };
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  const ink = color('--ink-3');
  return [
    {
      stroke: ink,
      grid: { show: false },
      ticks: { show: false },
      font,
      space: 64,
      size: 24,
      values: (_, at) => at.map((each) => time(each * 1000).slice(0, 8)),
    },
    {
      stroke: ink,
      grid: line,
      ticks: { show: false },
      font,
      size: 52,
      space: 34,
      values: (_, at) => at.map((each) => format(each)),
    },
  ];
}

/**
 * A chart of columns of the history. `series`: [{ column, label, color }]; its figures are also in
 * the caption's legend, so that nothing is told by the curve alone.
 */
export function timeChart({ title, series, format }) {
  const values = series.map(() => h('b', {}, '–'));
  const place = h('div', { class: 'plot' });
  const figure = h(
    'figure',
    { class: 'chart' },
    h(
      'figcaption',
      {},
      h('span', { class: 'chart-title' }, title),
      series.map((each, at) =>
        h(
          'span',
          { class: 'legend' },
          h('i', { 'aria-hidden': 'true', style: { background: `var(${each.color})` } }),
          each.label,
          ' ',
          values[at],
        ),
      ),
    ),
    place,
  );
  let chart = null;
  let width = 0;

  const data = () => {
    const end = (store.timeMs || Date.now()) / 1000;
    const columns = store.history ?? {};
    const times = columns.time ?? [];
    let from = times.findIndex((each) => each / 1000 >= end - WINDOW_S);
    if (from < 0) from = times.length;
    const x = [];
    const y = series.map(() => []);
    for (let at = from; at < times.length; ++at) {
      // Where nobody looked there is no line.
      if (x.length > 0 && times[at] / 1000 - x.at(-1) > 5) {
        x.push(x.at(-1) + 1);
        y.forEach((each) => each.push(null));
      }
      x.push(times[at] / 1000);
      series.forEach((each, of) => y[of].push(columns[each.column][at]));
    }
    return [x, ...y];
  };
  // As much as there is, from a minute to all of the window.
  const range = () => {
    const end = (store.timeMs || Date.now()) / 1000;
    const first = (store.history?.time?.[0] ?? 0) / 1000;
    return [Math.min(end - 60, Math.max(end - WINDOW_S, first)), end];
  };

  function make() {
    chart?.destroy();
    width = place.clientWidth;
    if (width === 0 || !window.uPlot) return;
    chart = new window.uPlot(
      {
        width,
        height: Math.max(130, Math.round(Math.min(width * 0.36, innerHeight * 0.3))),
        padding: [8, 8, 0, 0],
        legend: { show: false },
        cursor: { sync: { key: sync().key }, drag: { x: false, y: false }, points: { size: 6 } },
        scales: {
          x: { time: true, range },
          y: { range: (_, low, high) => [0, Math.max(1, high * 1.15)] },
        },
        axes: axis(format),
        series: [
          {},
          ...series.map((each, at) => ({
            label: each.label,
            stroke: color(each.color),
            width: 1.75,
            points: { show: false },
            fill: at === 0 ? `${color(each.color)}1a` : undefined,
            spanGaps: false,
          })),
        ],
        plugins: [annotations()],
      },
      data(),
      place,
    );
    chart.root.setAttribute('aria-hidden', 'true'); // the legend says the figures
  }

  const watcher = new ResizeObserver(() => {
    if (Math.abs(place.clientWidth - width) > 1) make();
  });
  watcher.observe(place);
  const view = {
    element: figure,
    update() {
      series.forEach((each, at) => {
        const text = format(store.history?.[each.column]?.at(-1) ?? NaN);
        if (values[at].textContent !== text) values[at].textContent = text;
      });
      if (document.hidden) return;
      if (chart) chart.setData(data());
      else make();
    },
    repaint: make,
    end() {
      watcher.disconnect();
      chart?.destroy();
      charts.delete(view);
    },
  };
  charts.add(view);
  return view;
}

/** Colours are read when a chart is made: make them anew after the scheme changed. */
export const repaintCharts = () => charts.forEach((each) => each.repaint());
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', repaintCharts);

/** The last minutes of a column as a small line. */
export function sparkline() {
  const line = svg('path', { class: 'spark-line' });
  const area = svg('path', { class: 'spark-area' });
  const element = svg(
    'svg',
    { class: 'spark', viewBox: '0 0 120 32', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    area,
    line,
  );
  return {
    element,
    update(values) {
      const shown = values.slice(-120);
      if (shown.length < 2) return;
      const most = Math.max(...shown, 1e-9);
      const points = shown.map(
        (each, at) =>
          `${121 - shown.length + at} ${(30 - (Math.max(0, each) / most) * 27).toFixed(1)}`,
      );
      const path = `M${points.join('L')}`;
      line.setAttribute('d', path);
      area.setAttribute('d', `${path}L120 32L${(121 - shown.length).toFixed(1)} 32Z`);
    },
  };
}
