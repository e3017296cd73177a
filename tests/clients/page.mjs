// Looks at the status page as a person does, in Chromium: page.mjs SCENARIO URL FOLDER. Screenshots go into the folder.
// What a scenario needs of others is asked for with a line "please: …" on stdout. Ends with 1 and says what is wrong.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium } from 'playwright-core';

const [scenario, url, folder] = process.argv.slice(2);
const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const CHARTS = 8;
const PHONE = { width: 360, height: 740 };
const DESK = { width: 1280, height: 900 };
const mistakes = [];
const expect = (holds, what) => { if (!holds) mistakes.push(what); };

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  // Its sandbox runs neither as root nor in many containers; what is opened here is ours.
  args: ['--no-sandbox', '--disable-dev-shm-usage'],
});

async function open({ viewport = DESK, colorScheme = 'light' } = {}) {
  const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(60000);
  page.noise = [];
  page.on('console', (message) => {
    const expected = page.gone && message.text().includes('net::ERR_CONNECTION_');
    if (['error', 'warning'].includes(message.type()) && !expected) page.noise.push(message.text());
  });
  page.on('pageerror', (error) => page.noise.push(String(error)));
  page.on('dialog', (dialog) => { page.noise.push(`a dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on('request', (request) => { if (!request.url().startsWith(url)) page.noise.push(`asks ${request.url()}`); });
  page.received = 0;
  page.on('response', (response) => { if (!response.url().includes('.json')) page.received += Number(response.headers()['content-length']); });
  await page.goto(url);
  await page.waitForFunction((charts) => document.body.dataset.state !== 'unknown' &&
    document.querySelectorAll('#plots canvas').length === charts && document.querySelectorAll('#tables > *').length > 0, CHARTS);
  return page;
}
const state = (page) => page.evaluate(() => document.body.dataset.state);
const text = (page, selector) => page.locator(selector).first().innerText();
const picture = (page, name) => page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
const samples = (page) => page.locator('.plot').first().getAttribute('aria-valuemax').then(Number);

async function judge(page, name) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  for (const one of violations) mistakes.push(`axe, ${name}: ${one.id}: ${one.help}: ${one.nodes[0].html}`);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth),
    `${name}: wider than its window`);
  expect(page.noise.length === 0, `${name}: ${page.noise.join('; ')}`);
}

// How many of the canvases have something drawn on them.
const drawn = (page) => page.evaluate(() => [...document.querySelectorAll('#plots canvas')].filter((canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return data.some((byte, i) => i % 4 === 3 && byte > 0);
}).length);

async function delivering() {
  const page = await open();
  expect(['delivering', 'hindered'].includes(await state(page)), `state is ${await state(page)}`);
  expect(await drawn(page) === CHARTS, 'a chart is empty');
  // What clients chose is shown as it is, and does nothing.
  const all = await text(page, 'main');
  for (const name of ['<script>window.owned=1</script>', '<img src=x onerror=window.owned=1>', '"><svg onload=window.owned=1>']) {
    expect(all.includes(name), `${name} is not shown`);
  }
  expect(await page.evaluate(() => window.owned === undefined && !document.querySelector('main img, main script, main svg')),
    'a name became an element');
  expect(!all.includes('a secret of the payload'), 'a payload is shown');
  // It moves.
  const before = await samples(page);
  const received = await text(page, '#figures dd');
  console.log('please: more records');
  await page.waitForFunction((shown) => document.querySelector('#figures dd').innerText !== shown, received);
  await page.waitForFunction((shown) => Number(document.querySelector('.plot').getAttribute('aria-valuemax')) > shown, before);
  // A keyboard alone: the first stop leads to the charts, and there the arrows read samples.
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement.className) === 'skip', 'the first stop is not the skip link');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  const slider = page.locator(':focus');
  expect(await slider.getAttribute('role') === 'slider', 'no chart behind the skip link');
  await page.keyboard.press('Home');
  await page.waitForFunction(() => document.activeElement.getAttribute('aria-valuenow') === '0');
  const first = await slider.getAttribute('aria-valuetext');
  expect(/^\d\d:\d\d:\d\d: received .*, delivered /.test(first), `a sample reads: ${first}`);
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction(() => document.activeElement.getAttribute('aria-valuenow') === '1');
  await page.evaluate(() => document.activeElement.blur());
  await judge(page, 'light');
  await picture(page, 'delivering-light');
  const dark = await open({ colorScheme: 'dark' });
  await judge(dark, 'dark');
  await picture(dark, 'delivering-dark');
  const phone = await open({ viewport: PHONE });
  await judge(phone, 'phone');
  await picture(phone, 'delivering-phone');
  // Gone, and back.
  await phone.route('**/*.json*', (route) => route.abort());
  await phone.waitForFunction(() => document.body.dataset.state === 'stopped');
  await phone.unroute('**/*.json*');
  await phone.waitForFunction(() => ['delivering', 'hindered'].includes(document.body.dataset.state));
  await phone.close();
  page.gone = true;
  console.log('please: stop the daemon');
  await page.waitForFunction(() => document.body.dataset.state === 'stopped');
  expect((await page.title()).includes('stopped'), 'the title does not say that it is stopped');
  expect((await text(page, '#now')).includes('systemctl status respand'), 'stopped, and no remedy');
  await judge(page, 'stopped');
  await picture(page, 'stopped');
}

async function trouble() {
  const page = await open();
  await page.waitForFunction(() => document.body.dataset.state === 'paused');
  const shown = await text(page, 'main');
  expect(shown.trimStart().startsWith('paused'), 'what is wrong does not come first');
  expect(shown.indexOf('refuses the key') < shown.indexOf('Received'), 'figures come before what is wrong');
  expect((await text(page, '#headline')).includes('refuses the key'), await text(page, '#headline'));
  expect((await text(page, '.remedy')).includes('systemctl reload respand'), await text(page, '.remedy'));
  await judge(page, 'trouble');
  await picture(page, 'trouble');
}

// An hour of samples, from the first request to what is on the screen.
async function hour() {
  const page = await open();
  const times = await page.evaluate(() => new Promise((resolve) => {
    const paint = () => performance.getEntriesByName('first-contentful-paint')[0];
    const done = () => requestAnimationFrame(() => resolve({ first: paint().startTime, charts: performance.now() }));
    paint() ? done() : new PerformanceObserver(done).observe({ type: 'paint', buffered: true });
  }));
  expect(await samples(page) === 719, `${await samples(page)} instead of an hour of samples`);
  expect(await drawn(page) === CHARTS, 'a chart is empty');
  console.log(`first paint after ${Math.round(times.first)} ms, an hour of samples in all charts within ${Math.round(times.charts)} ms; ` +
    `${page.received} bytes of page and charts`);
  expect(page.received <= 80000, `${page.received} bytes are more than 80,000`);
  await judge(page, 'hour');
  await picture(page, 'hour');
}

try {
  await { delivering, trouble, hour }[scenario]();
} catch (failure) {
  mistakes.push(String(failure.stack));
} finally {
  await browser.close();
}
if (mistakes.length > 0) {
  console.error(mistakes.join('\n'));
  process.exit(1);
}
