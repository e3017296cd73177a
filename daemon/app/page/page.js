// Asks the daemon how it is (/status.json) every two seconds, and for new samples (/history.json) every five, and shows
// that: first what is wrong and what to do. A daemon that does not answer is shown as stopped.
import { goesOn, joined, showCharts } from './charts.js';
import { bytes, clock, count, element, moment, rate, replace, seconds, usd } from './format.js';
import { showTables } from './tables.js';

const AGAIN = 2000;
const PATIENCE = 5000;
const SAMPLE = 5000;
const at = (id) => document.getElementById(id);
const words = { delivering: 'delivering', hindered: 'delivering, with trouble', waiting: 'waiting for the API',
  paused: 'paused: somebody must act', blocked: 'blocked: no record can be taken', stopped: 'stopped' };

let history = null;
let historyAt = -SAMPLE;
let lastAnswer = null;

async function ask(path) {
  const answer = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

function showState(state, headline) {
  document.body.dataset.state = state;
  document.title = `respand: ${words[state]}`;
  for (const [id, text] of [['state', words[state]], ['headline', headline === state ? '' : headline]]) {
    if (at(id).textContent !== text) at(id).textContent = text;  // it is read aloud when it changes
  }
}

function showTroubles(troubles) {
  at('headline').className = troubles.length > 0 ? 'spoken' : '';  // the list says the same, in parts
  replace(at('troubles'), troubles, () => troubles.map((trouble) => {
    const entry = element('li');
    entry.append(element('strong', trouble.what));
    const why = [trouble.why, trouble.since && `since ${moment(trouble.since)}`].filter(Boolean).join(', ');
    if (why) entry.append(element('div', why, { class: 'note' }));
    if (trouble.remedy) entry.append(element('div', trouble.remedy, { class: 'remedy' }));
    return entry;
  }));
}

function showFigures(s) {
  const { records, backlog, journal, delivery, spend } = s;
  const figures = {
    Received: `${count(records.received)}, ${rate(records.received_per_second)}`,
    Delivered: `${count(records.delivered)}, ${rate(records.delivered_per_second)}`,
    Backlog: `${count(backlog.records)}, ${bytes(backlog.bytes)}`,
    'Oldest waits': seconds(backlog.oldest_seconds),
    Rejected: count(records.rejected),
    'Dead-lettered': count(records.dead_lettered),
    Dropped: count(records.dropped),
    'In flight': `${delivery.in_flight} of ${delivery.limit}, at most ${delivery.max_in_flight}`,
    'To be tried again': count(delivery.parked),
    Journal: `${bytes(journal.bytes)} of ${bytes(journal.max_bytes)}` +
      (journal.full_in_seconds === null ? '' : `, full in ${seconds(journal.full_in_seconds)}`),
    'Spend today': `${spend.today_unpriced > 0 ? '≥ ' : ''}${usd(spend.today_usd)}`,
    'Without a price': count(spend.today_unpriced),
  };
  if (delivery.pace_per_second > 0) figures['Paced by the API'] = rate(delivery.pace_per_second);
  if (delivery.next_try_seconds > 0) figures['Next try in'] = seconds(delivery.next_try_seconds);
  if (s.spool.waiting_files > 0) figures['Spool files wait'] = count(s.spool.waiting_files);
  replace(at('figures'), figures, () => Object.entries(figures).map(([name, value]) => {
    const pair = element('div');
    pair.append(element('dt', name), element('dd', value));
    return pair;
  }));
}

function showStatus(s) {
  const hindered = s.state === 'delivering' && s.headline.startsWith('delivering, but');
  showState(hindered ? 'hindered' : s.state, s.headline);
  showTroubles(s.troubles);
  at('about').textContent = `${s.version}, process ${s.pid}, up ${seconds(Math.floor(s.up_seconds))}, posts to ${s.destination}`;
  showFigures(s);
  showTables(at('tables'), s);
}

async function followHistory() {
  let answer = await ask(history ? `history.json?since=${history.next}` : 'history.json');
  if (history && !goesOn(history, answer)) {
    history = null;  // another daemon by now, or another model in a line's place
    answer = await ask('history.json');
  }
  history = history ? { ...joined(history, answer), first: history.first } : answer;
  showCharts(at('plots'), history);
}

async function look() {
  try {
    const due = performance.now() - historyAt >= SAMPLE;
    const [status] = await Promise.all([ask('status.json'), due && followHistory()]);
    if (due) historyAt = performance.now();
    lastAnswer = new Date();
    showStatus(status);
  } catch (failure) {
    console.info('respand does not answer:', failure);
    showState('stopped', `The daemon does not answer${lastAnswer ? `; the last answer was at ${clock(lastAnswer)}` : ''}.`);
    showTroubles([{ what: 'respand is stopped, or can’t be reached from here',
      remedy: 'systemctl status respand; journalctl -u respand. This page goes on by itself when it is back.' }]);
  }
}

let timer = 0;
let looks = false;
async function follow() {
  if (document.hidden || looks) return;  // asked again when somebody looks
  clearTimeout(timer);
  looks = true;
  await look();
  looks = false;
  timer = setTimeout(follow, AGAIN);
}
document.addEventListener('visibilitychange', () => { if (!document.hidden) follow(); });
follow();
