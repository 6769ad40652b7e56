// The sort desk: cards printed earlier pass under the camera of the running station, by hand; and the camera's live picture.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { after, before } from 'node:test';
import { addUser, axe, firstAdministrator, logIn, openPage, shot, smallBatch, startBrowser, startStation, until } from './station.mjs';

let station, browser, page, csv, known;
const board = async () => (await fetch(`${station.address}api/board`)).json();
const place = (...parts) => join(station.folder, 'world', ...parts);
function move(n, from, to) {
  for (const part of ['-front.png', '-back.png', '.json']) renameSync(join(from, n + part), join(to, n + part));
}
const lay = (n) => move(n, place('bins', 'good'), place('at-camera'));
const lift = (n) => move(n, place('at-camera'), place('bins', 'good'));
const line = () => page.locator('.sort-line').innerText();
const ready = () => until(async () => /Letakkan kartu berikutnya/.test(await line()), 'the camera to be ready');
const passed = (n) => until(async () => new RegExp(`\\b${n}\\b`).test(await page.locator('.sort-count').innerText()), `${n} cards`);
const looksAt = (order) => station.says('person', 'looks', order).trim().split('\n').filter(Boolean).map((one) => JSON.parse(one));

before(async () => {
  csv = smallBatch(4);
  const quiet = (text) => text.replace(/faults: ".*"/, 'faults: ""').replace(/damage: ".*"/, 'damage: ""');
  station = await startStation({ batches: [csv], edit: quiet });
  browser = await startBrowser();
  page = await openPage(browser, station);
  await firstAdministrator(page, station);
  await addUser(page, station, 'tono', 'operator');
  await addUser(page, station, 'aud', 'auditor');
  await addUser(page, station, 'rina', 'operator');
  await page.getByRole('button', { name: /Keluar/ }).click();
  await logIn(page, 'tono');
  known = await page.context().storageState();
  await page.goto(`${station.address}#board`);
  await page.getByRole('button', { name: 'Mulai cetak' }).click();
  await until(async () => (await board()).balance.good === 4 && (await board()).run.state === 'idle', 'four good cards');
});
after(async () => {
  await browser?.close();
  await station?.end();
  rmSync(dirname(csv), { recursive: true, force: true });
});

test('the camera\'s live picture is shown to who asks for it, and whose card it is stands in the log', async () => {
  await page.goto(`${station.address}#board`);
  await page.getByRole('button', { name: 'Lihat gambar kamera' }).click();
  await page.getByText('Tidak ada apa-apa di bawah kamera.').waitFor();
  lay(1);
  await page.locator('.live img').waitFor();
  assert.ok(await page.locator('.live img').evaluate((image) => image.complete && image.naturalWidth > 300 && image.naturalWidth <= 640));
  await page.locator('.live').scrollIntoViewIfNeeded();
  await shot(page, '90-board-live-picture');
  assert.deepEqual(await axe(page), []);
  lift(1);
  await page.getByText('Tidak ada apa-apa di bawah kamera.').waitFor();
  const { csrf } = await (await page.request.get(`${station.address}api/session`)).json();
  assert.ok(csrf);
  const { events: log } = await (await page.request.get(`${station.address}api/audit`)).json();
  assert.ok(JSON.stringify(log).includes('camera-shown'), 'who watched a camera');
  await page.getByRole('button', { name: 'Tutup gambar kamera' }).click();
  assert.equal(await page.locator('.live').count(), 0);
});

test('a box is begun by keyboard; nothing is printed while it passes', async () => {
  await page.goto(`${station.address}#sort`);
  await page.getByLabel('Nama kotak').fill('kotak-1');
  await page.getByLabel('Jumlah kartu menurut hitungan orang').fill('3');
  await page.keyboard.press('Enter');
  await ready();
  await shot(page, '91-sort-ready');
  assert.equal((await board()).run.state, 'sorting');
  assert.deepEqual((await board()).sort.box, 'kotak-1');
  const { csrf } = await (await page.request.get(`${station.address}api/session`)).json();
  const answer = await page.request.post(`${station.address}api/run/start`, { data: {}, headers: { 'X-KTP-CSRF': csrf, Origin: station.address.replace(/\/$/, '') } });
  assert.equal(answer.status(), 409);
});

test('a card is laid down: its picture, verdict, bin and owner are there, and of the NIK four digits', async () => {
  lay(1);
  await page.locator('.judged.good').waitFor();
  await page.locator('.sort-photo img[data-shown]').waitFor();
  assert.match(await page.locator('.sort-verdict').innerText(), /Baik/);
  assert.match(await page.locator('.sort-bin').innerText(), /kotak Baik/);
  assert.match(await line(), /Angkat kartu, masukkan ke kotak Baik/);
  await shot(page, '92-sort-good');
  const text = await page.locator('main').innerText();
  assert.doesNotMatch(text, /\d{9}/, 'no more of a NIK than four digits');
  const row = station.says('cards').trim().split('\n').map((one) => JSON.parse(one));
  const order = row.find((one) => text.includes(one.order_id)).order_id;
  await until(() => looksAt(order).some((one) => one.by === 'tono' && one.reason === 'at the sort desk'), 'the look to be in the log');
  await page.getByRole('button', { name: 'Sisi lain' }).click();
  await page.getByAltText('Foto sisi belakang kartu ke-1').waitFor();
  assert.deepEqual(page.problems, []);
});

test('the same person once more is a duplicate, told by sign, word and colour; the counted box is closed', async () => {
  lift(1);
  await ready();
  lay(2);
  await passed(2);
  const earlier = await page.request.get(`${station.address}api/sort/picture?sighting=S0000001&side=front`);
  assert.equal(earlier.status(), 404, 'only the card that passed last is shown');
  lift(2);
  await ready();
  lay(1);
  await page.locator('.judged.duplicate').waitFor();
  assert.match(await page.locator('.sort-verdict').innerText(), /Ganda/);
  assert.match(await page.locator('.judged').innerText(), /Pernah terlihat: kotak kotak-1, kartu ke-1 \(Baik\)/);
  await page.getByText('Jumlah kartu sama. Kotak ditutup.').waitFor();
  await shot(page, '93-sort-duplicate-closed');
  lift(1);
  assert.equal((await board()).run.state, 'idle');
});

test('a box that was not counted is ended by hand, counted, and stays open where the numbers differ', async () => {
  await page.getByLabel('Nama kotak').fill('kotak-2');
  await page.getByRole('button', { name: 'Mulai memilah' }).click();
  await ready();
  lay(3);
  await page.locator('.judged').waitFor();
  await passed(1);
  // No violation with a card on the desk, in both languages, light and dark, on a telephone too.
  for (const language of ['id', 'en'])
    for (const colorScheme of ['light', 'dark']) {
      const other = await openPage(browser, station, { colorScheme, storageState: known });
      await other.locator('.top select').selectOption(language);
      await other.goto(`${station.address}#sort`);
      await other.locator('.sort-photo img[data-shown]').waitFor();
      await other.locator('.live img').waitFor();
      assert.deepEqual(await axe(other), [], `${language} ${colorScheme}`);
      await shot(other, `look-sort-${language}-${colorScheme}`);
      await other.context().close();
    }
  const small = await openPage(browser, station, { viewport: { width: 390, height: 844 }, storageState: known });
  await small.goto(`${station.address}#sort`);
  await small.locator('.judged').waitFor();
  assert.equal(await small.evaluate(() => document.documentElement.scrollWidth), 390);
  await shot(small, 'telephone-sort');
  await small.context().close();
  lift(3);
  await ready();
  await page.getByRole('button', { name: 'Selesai setelah kartu ini' }).click();
  await until(async () => (await board()).run.state === 'idle', 'the end');
  await page.getByRole('button', { name: 'Hitung kotak-2' }).click();
  await page.getByLabel('Jumlah kartu', { exact: true }).fill('2');
  assert.deepEqual(await axe(page), []);
  await shot(page, '94-sort-count');
  await page.keyboard.press('Enter');
  await page.getByText('Kotak kotak-2: dihitung 2, terlihat 1. Kotak tetap terbuka').waitFor();
  await page.getByRole('button', { name: 'Hitung kotak-2' }).click();
  await page.getByLabel('Jumlah kartu', { exact: true }).fill('1');
  await page.keyboard.press('Enter');
  await page.getByText('Kotak kotak-2: 1 kartu, sama dengan yang terlihat. Kotak ditutup.').waitFor();
  await page.getByLabel('Nama kotak').fill('kotak-2');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').filter({ hasText: 'kotak-2' }).waitFor();
  await shot(page, '95-sort-refused');
});

test('the browser closed in the middle loses and doubles nothing', async () => {
  await page.getByLabel('Nama kotak').fill('kotak-3');
  await page.getByRole('button', { name: 'Mulai memilah' }).click();
  await ready();
  lay(3);
  await page.context().close();
  await until(async () => (await board()).sort.seen === 1, 'the card to be recorded without a page');
  lift(3);
  page = await openPage(browser, station, { storageState: known });
  await page.goto(`${station.address}#sort`);
  await ready();
  assert.match(await page.locator('.sort-count').innerText(), /1 kartu/);
  // Whoever watches the camera while a card passes has seen whose it is.
  const other = await openPage(browser, station);
  await logIn(other, 'rina');
  const camera = (await board()).devices.find((one) => one.kind === 'camera').name;
  const watch = () => other.request.get(`${station.address}api/camera/picture?camera=${camera}&after=0`);
  assert.ok((await watch()).ok());
  lay(4);
  await until(async () => { await watch(); return (await board()).sort.seen === 2; }, 'the second card');
  await passed(2);
  const orders = station.says('cards').trim().split('\n').map((one) => JSON.parse(one).order_id);
  await until(() => orders.some((one) => looksAt(one).some((look) => look.by === 'rina' && look.reason === 'at the sort desk')), 'the look of who watched');
  await other.context().close();
  lift(4);
  await page.getByRole('button', { name: 'Selesai setelah kartu ini' }).click();
  await until(async () => (await board()).run.state === 'idle', 'the end');
});

test('an auditor reads what passed and sees no picture and no button', async () => {
  await page.getByRole('button', { name: /Keluar/ }).click();
  await logIn(page, 'aud');
  await page.goto(`${station.address}#sort`);
  await page.locator('.judged').waitFor();
  assert.equal(await page.locator('.sort-photo, .live').count(), 0);
  assert.equal(await page.getByRole('button', { name: /Mulai memilah|Hitung/ }).count(), 0);
  assert.deepEqual(page.problems, []);
});

test('no picture of a card is left where the station keeps its files, but what `sort` keeps', () => {
  const evidence = join(station.folder, 'evidence');
  const names = existsSync(evidence) ? readdirSync(evidence) : [];
  // The duplicates; good ones leave nothing.
  assert.ok(names.filter((one) => /^S/.test(one)).every((one) => /^S000000[35]-/.test(one)), names.join(' '));
  assert.doesNotMatch(station.log(), /321699/);
  assert.ok(readFileSync(join(station.folder, 'users.json'), 'utf8'));
});
