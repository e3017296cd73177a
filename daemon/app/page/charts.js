// The charts of the status page: the daemon's samples of the last hour (/history.json), drawn by uPlot. Each is a slider
// to keyboard and screen reader: its value is the sample that the cursor is on.
/* global uPlot */
import { clock, element, rate, replace, seconds, short, usd } from './format.js';

const LIMIT = 720;  // samples that the daemon keeps
const MODELS = 5;   // lines of models; the rest is one
const shares = (of) => Object.entries(of).map(([label, values]) => ({ label, values }));

const charts = [
  ['Records', rate, (h) => [
    { label: 'received', values: h.received_per_second }, { label: 'delivered', values: h.delivered_per_second }]],
  ['Backlog', short, (h) => [{ label: 'records', values: h.backlog_records }]],
  ['Age of the oldest record', seconds, (h) => [{ label: 'oldest', values: h.backlog_oldest_seconds }]],
  ['Requests in flight', short, (h) => [{ label: 'in flight', values: h.in_flight }, { label: 'limit', values: h.limit }]],
  ['Answers of the API', rate, (h) => [
    { label: '2xx', values: h.answers_per_second.ok, color: 2 }, { label: '429', values: h.answers_per_second.rate_limited, color: 1 },
    { label: 'other 3xx, 4xx', values: h.answers_per_second.refused, color: 3 },
    { label: '5xx', values: h.answers_per_second.failed, color: 4 }, { label: 'none', values: h.answers_per_second.none, color: 5 }]],
  ['Lag: receipt to delivery', seconds, (h) => shares(h.lag_seconds)],
  ['Generation time', seconds, (h) => shares(h.generation_seconds)],
  ['Cost a minute by model', usd, (h) => dearest(h.cost_usd_per_minute)],
];

// The models that cost most in this hour, and all others together.
function dearest(models) {
  const sum = (values) => values.reduce((all, one) => all + one, 0);
  const named = models.filter((one) => one.model !== undefined).sort((a, b) => sum(b.usd) - sum(a.usd));
  const rest = [...models.filter((one) => one.model === undefined), ...named.slice(MODELS)];
  const others = rest[0].usd.map((_, i) => sum(rest.map((one) => one.usd[i])));
  return [...named.slice(0, MODELS).map((one) => ({ label: one.model || '(none)', values: one.usd })),
    ...(sum(others) > 0 || named.length === 0 ? [{ label: 'others', values: others, color: 5 }] : [])];
}

const isColumn = (part) => Array.isArray(part) && (part.length === 0 || part[0] === null || typeof part[0] !== 'object');
// Calls `use(newer, older)` for each column of two answers, and puts together what it returns.
function columns(newer, older, use) {
  if (isColumn(newer)) return use(newer, older);
  if (newer === null || typeof newer !== 'object') return newer;
  const keys = Object.keys(newer).map((key) => [key, columns(newer[key], older[key], use)]);
  return Array.isArray(newer) ? keys.map(([, value]) => value) : Object.fromEntries(keys);
}
const names = (history) => JSON.stringify(history.cost_usd_per_minute.map((one) => one.model));
// Whether `newer` goes on where `older` ends.
export const goesOn = (older, newer) =>
  older.run === newer.run && older.next === newer.first && names(older) === names(newer);
export const joined = (older, newer) => columns(newer, older, (more, all) => [...all, ...more].slice(-LIMIT));

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

class Chart {
  constructor(parent, [title, format, series]) {
    Object.assign(this, { title, format, series });
    this.figure = element('figure');
    this.legend = element('ul', '', { class: 'legend' });
    this.plot = element('div', '', { class: 'plot', role: 'slider', tabindex: '0', 'aria-label': title, 'aria-valuemin': 0 });
    this.figure.append(element('figcaption', title), this.plot, this.legend);
    parent.append(this.figure);
    this.plot.addEventListener('keydown', (event) => this.move(event));
    this.plot.addEventListener('focus', () => this.say());
    this.plot.addEventListener('blur', () => this.chart?.setCursor({ left: -10, top: -10 }));
    new ResizeObserver(() => this.chart?.setSize(this.size())).observe(this.plot);
  }
  size() { return { width: Math.max(this.plot.clientWidth, 100), height: 170 }; }

  show(times, history) {
    this.lines = this.series(history).map((line, i) => ({ ...line, color: line.color ?? i }));
    this.data = [times, ...this.lines.map((line) => line.values)];
    const labels = this.lines.map((line) => line.label);
    if (this.chart && JSON.stringify(labels) === this.labels) {
      this.chart.setData(this.data);
    } else {
      this.labels = JSON.stringify(labels);
      this.draw();
    }
    this.say();
  }
  draw() {
    this.chart?.destroy();
    const ink = color('--soft');
    const grid = { stroke: color('--line'), width: 1 };
    const axis = { stroke: ink, grid, ticks: grid, font: '12px system-ui' };
    this.chart = new uPlot({
      ...this.size(),
      legend: { show: false },
      cursor: { sync: { key: 'hour' }, y: false, drag: { x: false, y: false } },
      scales: { y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] } },
      axes: [
        { ...axis, values: times, space: 70 },
        { ...axis, size: 64, values: (_, splits) => splits.map(this.format) }],
      series: [{}, ...this.lines.map((line) => ({ label: line.label, stroke: color(`--c${line.color}`), width: 2 }))],
      hooks: { setCursor: [() => this.say()] },
    }, this.data, this.plot);
    replace(this.legend, [this.labels, ink], () => this.lines.map((line) => {
      const entry = element('li');
      const swatch = element('span', '', { class: 'swatch' });
      swatch.style.background = color(`--c${line.color}`);
      entry.append(swatch, element('span', `${line.label} `), element('span', '', { class: 'value' }));
      return entry;
    }));
  }
  // The sample that the cursor is on, else the last one.
  say() {
    if (!this.data) return;
    const last = this.data[0].length - 1;
    const at = Math.min(this.chart?.cursor?.idx ?? last, last);
    const values = this.lines.map((line) => {
      const value = line.values[at];
      return value === null || value === undefined ? '–' : this.format(value);
    });
    [...this.legend.children].forEach((entry, i) => { entry.lastChild.textContent = values[i]; });
    const spoken = this.lines.map((line, i) => `${line.label} ${values[i]}`).join(', ');
    const time = last < 0 ? 'no sample yet' : clock(new Date(this.data[0][at] * 1000));
    for (const [key, value] of [['max', Math.max(last, 0)], ['now', Math.max(at, 0)], ['text', `${time}: ${spoken}`]]) {
      this.plot.setAttribute(`aria-value${key}`, value);
    }
  }
  move(event) {
    const last = this.data ? this.data[0].length - 1 : -1;
    const at = this.chart?.cursor?.idx ?? last;
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, ArrowDown: at - 1, ArrowUp: at + 1,
      PageDown: at - 60, PageUp: at + 60, Home: 0, End: last }[event.key];
    if (to === undefined || last < 0) return;
    event.preventDefault();
    const time = this.data[0][Math.min(Math.max(to, 0), last)];
    this.chart.setCursor({ left: this.chart.valToPos(time, 'x'), top: 20 });
  }
}

// With seconds where there is more than one mark a minute.
const times = (_, splits) => splits.map((at) => clock(new Date(at * 1000)).slice(0, splits[1] - splits[0] < 60 ? 8 : 5));

let shown = [];
export function showCharts(parent, history) {
  if (shown.length === 0) shown = charts.map((chart) => new Chart(parent, chart));
  const times = history.at_seconds.map((at) => history.start_unix_seconds + at);
  for (const chart of shown) chart.show(times, history);
}
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => shown.forEach((chart) => chart.draw()));
