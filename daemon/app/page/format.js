// Numbers, times and elements for people. What comes from outside becomes text and nothing else: textContent, never HTML.

export function element(name, text = '', attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// Replaces what is in `parent` only where that has changed: a reader keeps his place.
export function replace(parent, signature, make) {
  const text = JSON.stringify(signature);
  if (parent.shown === text) return;
  parent.shown = text;
  parent.replaceChildren(...make());
}

const scaled = (value, units, step) => {
  let unit = 0;
  for (; Math.abs(value) >= step && unit + 1 < units.length; ++unit) value /= step;
  const digits = unit === 0 && Number.isInteger(value) ? 0 : Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0;
  return Number(value.toFixed(digits)) + units[unit];
};
export const count = (value) => value.toLocaleString('en');
export const short = (value) => scaled(value, ['', 'k', 'M', 'G'], 1000);
export const rate = (value) => `${short(value)}/s`;
export const bytes = (value) => scaled(value, [' B', ' KiB', ' MiB', ' GiB', ' TiB'], 1024);
export const usd = (value) => `$${value === 0 ? 0 : value < 0.01 ? Number(value.toPrecision(2)) : value < 100 ? value.toFixed(2) : short(value)}`;
export function seconds(value) {
  if (value === 0) return '0 s';
  if (value < 1) return `${Number((value * 1000).toPrecision(3))} ms`;
  if (value < 120) return `${Number(value.toPrecision(3))} s`;
  if (value < 7200) return `${Math.round(value / 60)} min`;
  return value < 172800 ? `${Math.round(value / 3600)} h` : `${Math.round(value / 86400)} d`;
}
export const clock = (date) => date.toLocaleTimeString('en-GB');
export const moment = (iso) => {
  const date = new Date(iso);
  return date.toDateString() === new Date().toDateString() ? clock(date) : date.toLocaleString('en-GB');
};
