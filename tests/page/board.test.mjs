// The operator's day on the board: first start, start, a fault, stop after this card, resume, everything accounted for.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { firstAdministrator, openPage, printedBatch, shot, startBrowser, startStation, until } from './station.mjs';

let station, browser, page;
before(async () => {
  rmSync(printedBatch, { recursive: true, force: true });
  // Slow enough that whoever looks sees the fault, on a busy machine too.
  station = await startStation({ data: printedBatch, edit: (text) => text.replace(/operator-ms: \d+/, 'operator-ms: 12000') });
  browser = await startBrowser();
  page = await openPage(browser, station);
});
after(async () => {
  await browser?.close();
  await station?.end({ keep: true });
});

const said = (text) => page.getByText(text).first().waitFor();
const state = async () => (await (await fetch(`${station.address}api/board`)).json()).run;

test('whoever stands before it sees the board, and may not start anything', async () => {
  await said('Siap mulai');
  await said('pesanan menunggu di kelompok B0060.csv');
  await shot(page, '01-ready-nobody');
  assert.equal(await page.getByRole('button', { name: 'Mulai cetak' }).count(), 0);
  assert.equal(await page.getByRole('button', { name: 'Masuk untuk memulai' }).count(), 1);
});

test('a wrong code makes no administrator, the right one does', async () => {
  await page.getByRole('button', { name: 'Masuk', exact: true }).click();
  await page.getByLabel('Kode sekali pakai').fill('AAAA-AAAA-AAAA');
  await page.getByLabel('Nama pengguna').fill('kepala');
  await page.getByLabel('Kata sandi baru').fill('kata sandi panjang');
  await page.getByRole('button', { name: 'Buat administrator' }).click();
  await said('Kode itu tidak sama dengan kode di konsol');
  await shot(page, '02-first-start');
  await page.getByRole('button', { name: 'Batal' }).click();
  await firstAdministrator(page, station);
  await said('kepala');
});

test('start, stop after this card, resume', async () => {
  await page.getByRole('button', { name: 'Mulai cetak' }).click();
  await said('Sedang mencetak');
  await page.locator('.recent li').nth(2).waitFor();
  await shot(page, '03-printing');
  await page.getByRole('button', { name: 'Berhenti setelah kartu ini' }).click();
  await page.getByRole('button', { name: 'Lanjutkan' }).waitFor();
  await until(async () => (await state()).state === 'ready', 'the machine to stand');
  await shot(page, '04-stopped');
  const cards = station.says('cards');
  await page.waitForTimeout(1500);
  assert.equal(station.says('cards'), cards, 'it stands still');
  await page.getByRole('button', { name: 'Lanjutkan' }).click();
  await said('Sedang mencetak');
});

test('a fault says what it is and what to do, in large letters and to a screen reader', async () => {
  await page.locator('.hero.attention').waitFor();
  const [headline, todo, spoken] = await page.evaluate(() =>
    ['#state', '.hero .todo', 'p.spoken'].map((one) => document.querySelector(one).textContent));
  await shot(page, '05-fault');
  assert.match(headline, /^Perlu Anda: (Pita habis|Kartu macet)$/);
  assert.notEqual(todo.trim(), '');
  assert.match(spoken, /Perlu Anda/);
  // The log knows of it too, and that it was cleared.
  await page.locator('.hero.running').waitFor();
});

test('the batch ends, and everything is accounted for', async () => {
  await page.locator('.queue li.done').waitFor({ timeout: 900_000 });
  await said('Semua tercatat');
  await shot(page, '06-done');
  const rows = await page.locator('.balance tbody tr').allInnerTexts();
  const numbers = Object.fromEntries(rows.map((row) => { const [name, n] = row.split(/\t|\n/); return [name.trim(), Number(n)]; }));
  const received = numbers['Diterima'];
  delete numbers['Diterima'];
  assert.equal(Object.values(numbers).reduce((a, b) => a + b, 0), received, 'what is shown adds up');
  assert.ok(numbers['Baik'] >= 50);
  assert.deepEqual(page.problems, []);
});
