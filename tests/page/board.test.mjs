// The operator's day on the board: first start, start, a fault, stop after this card, resume, everything accounted for.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { firstAdministrator, openPage, shot, startBrowser, startStation } from './station.mjs';

let station, browser, page;
before(async () => {
  station = await startStation();
  browser = await startBrowser();
  page = await openPage(browser, station);
});
after(async () => {
  await browser?.close();
  await station?.end();
});

const headline = () => page.locator('#state').innerText();
const said = (text, timeout = 120_000) => page.getByText(text).first().waitFor({ timeout });

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
  await page.locator('.recent li').nth(2).waitFor({ timeout: 120_000 });
  await shot(page, '03-printing');
  await page.getByRole('button', { name: 'Berhenti setelah kartu ini' }).click();
  await page.getByRole('button', { name: 'Lanjutkan' }).waitFor({ timeout: 60_000 });
  await shot(page, '04-stopped');
  const done = await page.locator('.hero-progress strong').innerText();
  await page.waitForTimeout(1500);
  assert.equal(await page.locator('.hero-progress strong').innerText(), done, 'it stands still');
  await page.getByRole('button', { name: 'Lanjutkan' }).click();
  await said('Sedang mencetak');
});

test('a fault says what it is and what to do, in large letters and to a screen reader', async () => {
  await page.locator('.hero.attention').waitFor({ timeout: 240_000 });
  const text = await headline();
  assert.match(text, /^Perlu Anda: (Pita habis|Kartu macet)$/);
  assert.notEqual((await page.locator('.hero .todo').innerText()).trim(), '');
  assert.match(await page.locator('p.spoken').textContent(), /Perlu Anda/);
  await shot(page, '05-fault');
});

test('the batch ends, and everything is accounted for', async () => {
  await page.locator('.queue li.done').waitFor({ timeout: 600_000 });
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
