// Bringing a batch: dropped folder, every row checked, refused rows named and downloadable, a face drawn, nothing printed.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { axe, firstAdministrator, openPage, shot, source, startBrowser, startStation, until } from './station.mjs';

let station, browser, page, folder;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ktp-batch-'));
  cpSync(join(source, 'samples', 'batch-60'), join(folder, 'B0060'), { recursive: true });
  const csv = join(folder, 'B0060', 'B0060.csv');
  const lines = readFileSync(csv, 'utf8').split('\n');
  lines[3] = lines[3].replace('B0060-0003.jpg', 'nowhere.jpg');
  // A field that would be a script if anybody let it.
  lines[5] = lines[5].replace(/,PRR\s*$/, ',<img src=x onerror=document.title=1>');
  writeFileSync(csv, lines.join('\n'));
  station = await startStation({ batches: [] });
  browser = await startBrowser();
  page = await openPage(browser, station, { acceptDownloads: true });
  await firstAdministrator(page, station);
});
after(async () => {
  await browser?.close();
  await station?.end();
  rmSync(folder, { recursive: true, force: true });
});

test('every row of a dropped folder is checked, and nothing is recorded yet', async () => {
  await page.goto(`${station.address}#batch`);
  await page.locator('input[type=file]').first().setInputFiles(join(folder, 'B0060'));
  await until(async () => (await page.evaluate(() => document.querySelector('main').innerText)).includes('60 baris diperiksa, 58 baik, 2 ditolak'), 'the check');
  await page.locator('.preview img').first().evaluate((image) => image.complete || new Promise((done) => { image.onload = done; }));
  assert.ok(await page.locator('.preview img').first().evaluate((image) => image.naturalWidth) > 900);
  await shot(page, '20-batch-checked');
  assert.deepEqual(await axe(page), []);
  assert.equal(station.says('orders').trim(), '');
});

test('a field of the batch stays text', async () => {
  assert.equal(await page.title(), 'KTP Station');
  assert.equal(await page.locator('.refused-rows img').count(), 0);
});

test('the refused rows can be taken home', async () => {
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Unduh sebagai CSV' }).click()]);
  assert.equal(file.suggestedFilename(), 'B0060-refused.csv');
  const text = readFileSync(await file.path(), 'utf8');
  assert.match(text, /^\ufeffrow,reason\r\n3,"foto: /);
  assert.match(text, /\r\n5,"status: /);
  assert.doesNotMatch(text, /\d{16}/);
});

test('taken in, it waits on the board; the same again is known', async () => {
  await page.getByRole('button', { name: 'Catat 58 pesanan' }).click();
  await page.getByText('58 pesanan baru').waitFor();
  await shot(page, '21-batch-taken-in');
  await page.getByRole('link', { name: 'Ke Papan untuk mulai' }).click();
  await page.getByText('58 pesanan menunggu di kelompok B0060.csv').waitFor();
  await page.getByRole('button', { name: 'Mulai cetak' }).waitFor();
  assert.deepEqual(page.problems, []);
});
