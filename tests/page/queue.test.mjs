// The queue in the order that people want, over a restart; settings that are checked before the file is touched.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { addUser, axe, firstAdministrator, logIn, openPage, shot, smallBatch, startBrowser, startStation, until } from './station.mjs';

let station, browser, page, admin;
const edit = (text) => text.replace(/faults: .*/, 'faults: ""').replace(/damage: .*/, 'damage: ""');
const queue = async () => (await (await fetch(`${station.address}api/board`)).json()).queue.map((one) => [one.batch, one.state]);
const queueIs = (wanted, what) => until(async () => JSON.stringify(await queue()) === JSON.stringify(wanted), what);
const order = async () => (await page.locator('.queue li strong').allInnerTexts()).map((name) => name.trim());

before(async () => {
  station = await startStation({ batches: [smallBatch(2, 0, 'satu'), smallBatch(2, 10, 'dua'), smallBatch(2, 20, 'tiga')], edit });
  browser = await startBrowser();
  admin = await openPage(browser, station);
  await firstAdministrator(admin, station);
  await addUser(admin, station, 'tono', 'operator');
  page = await openPage(browser, station);
});
after(async () => {
  await browser?.close();
  await station?.end();
});

test('only an operator moves batches', async () => {
  await page.locator('.queue li').nth(2).waitFor();
  assert.equal(await page.locator('.queue-acts').count(), 0);
  await logIn(page, 'tono');
  await page.locator('.queue-acts').nth(2).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Dahulukan satu.csv' }).isDisabled(), true, 'the first cannot go up');
  assert.equal(await page.getByRole('button', { name: 'Kemudiankan tiga.csv' }).isDisabled(), true);
});

test('a batch goes up and another one is set aside', async () => {
  await page.getByRole('button', { name: 'Dahulukan tiga.csv' }).click();
  await queueIs([['1', 'waiting'], ['3', 'waiting'], ['2', 'waiting']], 'the third one up');
  await page.getByRole('button', { name: 'Dahulukan tiga.csv' }).click();
  await until(async () => (await order())[0] === 'tiga.csv', 'the third one first on the page');
  await page.getByRole('button', { name: 'Sisihkan satu.csv' }).click();
  await queueIs([['3', 'waiting'], ['1', 'aside'], ['2', 'waiting']], 'the first one aside');
  await page.getByText('disisihkan', { exact: true }).waitFor();
  await shot(page, '80-queue');
  assert.deepEqual(await axe(page), []);
});

test('it is so after the station was started again', async () => {
  const { folder } = station;
  await page.context().close();
  await admin.context().close();
  await station.end({ keep: true });
  station = await startStation({ batches: [], data: folder, edit });
  await queueIs([['3', 'waiting'], ['1', 'aside'], ['2', 'waiting']], 'the order of before');
  page = await openPage(browser, station);
  await logIn(page, 'tono');
});

test('what is set aside is not printed, and what is taken up again is', async () => {
  await page.getByRole('button', { name: 'Mulai cetak' }).click();
  await queueIs([['3', 'done'], ['1', 'aside'], ['2', 'done']], 'two batches printed');
  const printed = () => station.says('cards').trim().split('\n').map((line) => JSON.parse(line).order_id);
  const of = (from) => [from, from + 1].map((n) => `B0060-00${String(n).padStart(2, '0')}`);
  assert.deepEqual(printed(), [...of(21), ...of(11)], 'in the order that was wanted');
  assert.equal(await page.getByRole('button', { name: 'Mulai cetak' }).count(), 0, 'nothing waits');
  await page.getByRole('button', { name: 'Ambil lagi #1' }).click();
  await page.getByRole('button', { name: 'Mulai cetak' }).click();
  await queueIs([['3', 'done'], ['1', 'done'], ['2', 'done']], 'the last one');
  assert.deepEqual(printed(), [...of(21), ...of(11), ...of(1)]);
  assert.equal(JSON.parse(station.says('balance')).discrepancy, 0);
  assert.deepEqual(page.problems, []);
});

test('a setting is checked, written where it stands, and said to wait for the next start', async () => {
  const file = join(station.folder, 'config', 'sample-run.yaml'), before = readFileSync(file, 'utf8');
  admin = await openPage(browser, station);
  await logIn(admin, 'kepala');
  await admin.goto(`${station.address}#settings`);
  await admin.getByLabel('Nama stasiun').fill('Dukcapil "Utara"');
  await admin.getByRole('button', { name: 'Simpan 1 perubahan' }).click();
  await admin.getByText('no quotation marks').waitFor();
  assert.equal(readFileSync(file, 'utf8'), before);
  await admin.getByLabel('Nama stasiun').fill('Dukcapil Utara');
  await admin.getByLabel('Kartu untuk satu pesanan').fill('3');
  await admin.getByRole('button', { name: 'Simpan 2 perubahan' }).click();
  await admin.getByText('Tersimpan').waitFor();
  await admin.getByText('Sekarang berjalan dengan 4.').waitFor();
  assert.equal(readFileSync(file, 'utf8'), `${before.replace('station: sample-run', 'station: "Dukcapil Utara"').trimEnd()}\nlimits:\n  cards-per-order: 3\n`);
  await shot(admin, '81-settings');
  assert.deepEqual(await axe(admin), []);
  const log = await (await admin.request.get(`${station.address}api/audit`)).text();
  assert.match(log, /settings-changed/);
  assert.deepEqual(admin.problems, []);
});
