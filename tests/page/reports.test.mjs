// Reports: charts that are really drawn, tables with the ledger's own numbers, agreement of inspectors.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { addUser, axe, copyOfPrintedBatch, logIn, openPage, shot, startBrowser, startStation, until } from './station.mjs';

let station, browser, page;
const cards = () => station.says('cards').trim().split('\n').map((line) => JSON.parse(line));

before(async () => {
  station = await startStation({ batches: [], data: copyOfPrintedBatch() });
  browser = await startBrowser();
  const admin = await openPage(browser, station);
  await logIn(admin, 'kepala');
  await addUser(admin, station, 'siti', 'inspector');
  await addUser(admin, station, 'ani', 'auditor');
  await admin.context().close();
  page = await openPage(browser, station);
  await logIn(page, 'ani');
});
after(async () => {
  await browser?.close();
  await station?.end();
});

/** A table of the page as rows of texts, by the title above it. */
const table = (title) => page.locator('.chart', { hasText: title }).locator('tbody tr').evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent.trim())));
const drawn = () => page.locator('.chart .plot').evaluateAll((plots) => plots.map((plot) => {
  const canvas = plot.querySelector('canvas');
  if (!canvas) return 0;
  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  const colours = new Set();
  for (let i = 0; i < pixels.length; i += 4) if (pixels[i + 3] > 200) colours.add((pixels[i] << 16) | (pixels[i + 1] << 8) | pixels[i + 2]);
  return colours.size;
}));

test('four charts are drawn, and their tables say what the ledger says', async () => {
  await page.goto(`${station.address}#reports`);
  await until(async () => await page.locator('.chart [data-drawn]').count() === 4, 'every chart');
  for (const colours of await drawn()) assert.ok(colours > 3, `a drawing, not an empty field: ${colours} colours`);
  const all = cards().filter((one) => one.state !== 'not-started');
  const of = (verdict) => all.filter((one) => one.verdict === verdict).length;
  const byDay = await table('Tidak baik, menurut hari');
  const total = (column) => byDay.reduce((sum, row) => sum + Number(row[column]), 0);
  assert.deepEqual([1, 2, 3, 4].map(total), ['damaged', 'mismatch', 'duplicate', 'review'].map(of));
  assert.equal(total(5), all.filter((one) => one.verdict === '').length, 'spoiled');
  const byKind = await table('jenis temuan terberat');
  assert.equal(byKind.reduce((sum, row) => sum + Number(row[1]), 0), all.filter((one) => !['', 'good'].includes(one.verdict)).length);
  assert.ok(byKind.some(([kind]) => kind === 'Gores'), 'the scratch that the sample run makes');
  const [[printer, rate]] = await table('menurut pencetak');
  assert.match(printer, new RegExp(`^printer \\(${all.length}\\)$`));
  assert.equal(rate, `${Math.round((1000 * (all.length - of('good'))) / all.length) / 10} %`);
  const way = await table('Dari pencetak sampai ke pemilik');
  assert.deepEqual(way.at(-1).slice(1).map(Number), [of('good'), 0, 0, 0]);
  await shot(page, '70-reports');
  await page.locator('.chart').nth(2).scrollIntoViewIfNeeded();
  await shot(page, '71-reports-below');
  assert.deepEqual(await axe(page), []);
});

test('a decision of an inspector is in the figures of agreement', async () => {
  const inspector = await openPage(browser, station);
  await logIn(inspector, 'siti');
  await inspector.goto(`${station.address}#review`);
  await inspector.locator('.compare[data-shown^=C]').waitFor();
  const before = Number(/\d+/.exec(await inspector.locator('#review-title').innerText())[0]);
  await inspector.getByRole('button', { name: 'Setuju' }).click();
  await until(async () => Number(/\d+/.exec(await inspector.locator('#review-title').innerText())[0]) === before - 1, 'the next card');
  await inspector.context().close();
  const row = page.locator('.agreement tr', { hasText: 'siti' });
  await row.waitFor();
  assert.deepEqual(await row.locator('td').allInnerTexts(), ['1', '0', '0', '100 %']);
  await row.scrollIntoViewIfNeeded();
  await shot(page, '72-agreement');
  assert.deepEqual(page.problems, []);
});

test('in the dark they are drawn anew', async () => {
  const bright = await page.locator('.chart canvas').first().evaluate((canvas) => canvas.toDataURL());
  await page.getByRole('button', { name: 'Terang atau gelap' }).click();
  await until(async () => await page.locator('.chart .plot canvas').first().evaluate((canvas) => canvas.toDataURL()).catch(() => bright) !== bright, 'other colours');
  await shot(page, '73-reports-dark');
  assert.deepEqual(await axe(page), []);
});
