// The tables of the status page, each out of a part of /status.json.
import { bytes, count, element, moment, replace, usd } from './format.js';

const named = (name) => name || '(none)';
const money = (row, value) => (row.unpriced > 0 ? '≥ ' : '') + usd(value);

const spend = (of, what) => ({
  title: `Spend today (UTC) by ${what}`,
  columns: [what, '#spent', '#records', '#no price'],
  rows: of.rows.map((row) => [named(row.name), money(row, row.usd), count(row.records), count(row.unpriced)]),
  note: of.left_out > 0 ? `and ${count(of.left_out)} more` : '',
});

const tables = {
  models: (s) => spend(s.spend.models, 'model'),
  customers: (s) => spend(s.spend.customers, 'customer'),
  budgets: (s) => ({
    title: 'Budgets',
    columns: ['budget', '#spent', '#limit', '#no price'],
    rows: s.spend.budgets.map((b) => [b.budget, money(b, b.spent_usd), usd(b.limit_usd), count(b.unpriced)]),
    optional: true,
  }),
  letters: (s) => ({
    title: 'Dead letters since the start, by reason',
    columns: ['reason', '#letters', 'in the words of the API', '#last'],
    rows: s.dead_letters.reasons.map((r) => [r.reason, count(r.letters), r.message, moment(r.last)]),
    note: `${bytes(s.dead_letters.bytes)} of ${bytes(s.dead_letters.max_bytes)} on disk; respand dead-letters list`,
  }),
  answers: (s) => ({
    title: 'Answers of the API since the start',
    columns: ['answer', '#requests'],
    rows: Object.entries(s.answers).map(([code, requests]) => [code, count(requests)]),
  }),
  refused: (s) => ({
    title: 'Clients refused since the start',
    columns: ['what', 'where', 'why', '#number'],
    rows: [
      ...s.refused.records.map((r) => ['record', r.input, r.reason, count(r.records)]),
      ...s.refused.requests.map((r) => ['request', r.route, r.status, count(r.requests)]),
      ...s.refused.connections.map((r) => ['connection', '', r.reason, count(r.connections)]),
    ],
  }),
  users: (s) => ({
    title: 'Who hands in',
    columns: ['user', '#records', '#refused', '#bytes', '#open'],
    rows: s.users.map((u) => [
      (u.address ?? (u.uid === undefined ? 'others' : `uid ${u.uid}`)) + (u.held_back ? ' (held back)' : ''),
      count(u.records), count(u.refused), bytes(u.bytes), count(u.connections)]),
  }),
  routes: (s) => ({
    title: 'Routes and keys',
    columns: ['route', 'key', '#delivered', 'state'],
    rows: s.routes.map((r) => [r.route, r.key || '(api.api_key)', count(r.delivered),
      r.keyless ? 'its key is gone' : r.reason ? `${r.mode}: ${r.reason}` : r.mode]),
  }),
};

function body({ columns, rows }) {
  const table = element('table');
  const head = table.createTHead().insertRow();
  for (const column of columns) {
    head.append(element('th', column.replace('#', ''), { scope: 'col', ...(column[0] === '#' && { class: 'number' }) }));
  }
  const lines = table.createTBody();
  for (const row of rows) {
    const line = lines.insertRow();
    row.forEach((text, i) => line.append(
      i === 0 ? element('th', text, { scope: 'row' }) : element('td', text, columns[i][0] === '#' ? { class: 'number' } : {})));
  }
  return table;
}

export function showTables(parent, status) {
  for (const [id, make] of Object.entries(tables)) {
    let box = document.getElementById(id);
    if (!box) {
      box = element('div', '', { id, class: 'table' });
      parent.append(box);
    }
    const table = make(status);
    box.hidden = Boolean(table.optional) && table.rows.length === 0;
    replace(box, table, () => {
      const wide = element('div', '', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': table.title });
      wide.append(body(table));
      return [element('h3', table.title), ...(table.rows.length ? [wide] : [element('p', 'none', { class: 'note' })]),
        ...(table.note ? [element('p', table.note, { class: 'note' })] : [])];
    });
  }
}
