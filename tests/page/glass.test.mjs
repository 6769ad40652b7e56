// Dirt on the glass: the lane stands by itself, the board says what to do and where to look, one click goes on.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import test, { after, before } from 'node:test';
import { addUser, axe, emptyFolder, firstAdministrator, logIn, openPage, shot, smallBatch, startBrowser, startStation, until } from './station.mjs';

let station, browser, page, known;
const csv = smallBatch(10), data = emptyFolder();
const board = async () => (await fetch(`${station.address}api/board`)).json();
const cards = () => station.says('cards').trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));
// The glass is dirty twice, and clean in between.
const dirty = [3, 4, 5, 6, 9, 10, 11, 12].map((n) => `glass@${n}:4x0.8`).join('; ');
const edit = (text) => text.replace(/faults: ".*"/, 'faults: ""').replace(/damage: ".*"/, `damage: "${dirty}"`);
const standing = () => until(async () => (await board()).paused.length === 1 && (await board()).cards.length === 0, 'the lane to stand');

before(async () => {
  station = await startStation({ batches: [csv], data, edit });
  browser = await startBrowser();
  page = await openPage(browser, station);
  await firstAdministrator(page, station);
  await addUser(page, station, 'tono', 'operator');
  await addUser(page, station, 'aud', 'auditor');
  await page.getByRole('button', { name: /Keluar/ }).click();
  await logIn(page, 'tono');
  known = await page.context().storageState();
});
after(async () => {
  await browser?.close();
  await station?.end();
  rmSync(dirname(csv), { recursive: true, force: true });
});

test('after three cards flagged at one spot nothing more is printed, and the board says why and what to do', async () => {
  await page.goto(`${station.address}#board`);
  await page.getByRole('button', { name: 'Mulai cetak' }).click();
  await standing();
  const [paused] = (await board()).paused;
  assert.deepEqual(paused.cards, ['C0000003', 'C0000004', 'C0000005']);
  await page.locator('.pause').waitFor();
  assert.match(await page.locator('#state').innerText(), /^Perlu Anda: Kamera \S+ dijeda: 3 kartu berturut-turut bertanda .+ di tempat yang sama \(Depan\)$/);
  assert.match(await page.locator('p.spoken').textContent(), /Bersihkan kaca kamera/);
  assert.match(await page.locator('.pause').innerText(), /C0000003, C0000004, C0000005/);
  const spent = cards();
  assert.ok(spent.length <= 6, 'one card may have been in the machine');
  assert.ok(spent.every((one) => one.state === 'sorted'), 'every card ended its way');
  await page.waitForTimeout(1500);
  assert.deepEqual(cards(), spent, 'it stands still');
  await shot(page, '100-glass-paused');
});

test('the photograph is shown to who asks for it, boxed at the spot, and the look is in the log', async () => {
  const [paused] = (await board()).paused;
  const name = paused.cards.at(-1);
  const looks = async () => JSON.stringify(await (await page.request.get(`${station.address}api/audit?card=${name}`)).json());
  assert.doesNotMatch(await looks(), /person-shown/);
  await page.getByRole('button', { name: 'Lihat foto kartu terakhir' }).click();
  const box = page.locator('.pause-photo .finding');
  await box.waitFor();
  const picture = await page.locator('.pause-photo img').boundingBox(), at = await box.boundingBox();
  const scale = picture.width / paused.width, [x, y, w, h] = paused.box;
  assert.ok(Math.abs(at.x - picture.x - x * scale) < 2 && Math.abs(at.y - picture.y - y * scale) < 2, JSON.stringify({ at, picture, paused }));
  assert.ok(Math.abs(at.width - Math.max(14, w * scale)) < 9 && Math.abs(at.height - Math.max(14, h * scale)) < 9);
  assert.equal(await page.locator('.pause-photo img').evaluate((image) => image.naturalWidth), paused.width, 'the box is in pixels of this picture');
  await shot(page, '101-glass-photograph');
  await until(async () => /person-shown/.test(await looks()), 'the look');
  await page.getByRole('button', { name: 'Tutup foto' }).click();
});

test('whoever passes reads it too, and can neither see a card nor resume', async () => {
  const passer = await openPage(browser, station);
  await passer.locator('.pause svg.pause-place').waitFor();
  assert.equal(await passer.getByRole('button', { name: 'Kaca sudah bersih, lanjutkan' }).count(), 0);
  assert.equal(await passer.getByRole('button', { name: 'Lihat foto kartu terakhir' }).count(), 0);
  await passer.getByRole('button', { name: 'Masuk untuk melanjutkan' }).waitFor();
  assert.equal((await passer.request.post(`${station.address}api/run/resume-lane`, { data: { camera: (await board()).paused[0].camera } })).status(), 403);
  await logIn(passer, 'aud');
  assert.equal(await passer.locator('.pause .big').count(), 0, 'an auditor changes nothing');
  await passer.context().close();
});

test('no violation in both languages, light and dark, and on a telephone', async () => {
  for (const language of ['id', 'en'])
    for (const colorScheme of ['light', 'dark']) {
      const other = await openPage(browser, station, { colorScheme, storageState: known });
      await other.locator('.top select').selectOption(language);
      await other.locator('.pause').waitFor();
      await other.locator('.pause .buttons button[aria-expanded]').click();
      await other.locator('.pause-photo .finding').waitFor();
      assert.deepEqual(await axe(other), [], `${language} ${colorScheme}`);
      await shot(other, `look-glass-${language}-${colorScheme}`);
      await other.context().close();
    }
  const small = await openPage(browser, station, { viewport: { width: 390, height: 844 }, storageState: known });
  await small.locator('.pause').waitFor();
  assert.equal(await small.evaluate(() => document.documentElement.scrollWidth), 390);
  assert.deepEqual(await axe(small), []);
  await shot(small, 'telephone-glass');
  await small.context().close();
});

test('one click goes on where it stood, and who clicked is in the log', async () => {
  const before = cards().length;
  await page.getByRole('button', { name: 'Kaca sudah bersih, lanjutkan' }).focus();
  await page.keyboard.press('Enter');
  await until(async () => cards().length > before, 'the next card');
  await until(async () => (await page.locator('.pause').count()) === 0 || (await board()).paused.length === 1, 'the message to go');
  const log = JSON.stringify(await (await page.request.get(`${station.address}api/audit`)).json());
  assert.match(log, /lane-resumed/);
  assert.match(log, /tono/);
});

test('a start of the station keeps the pause; then the batch ends and the balance closes', async () => {
  await until(async () => (await board()).paused[0]?.cards.includes('C0000011'), 'dirt again');
  await standing();
  assert.deepEqual((await board()).paused[0].cards, ['C0000009', 'C0000010', 'C0000011'], 'counted anew');
  const spent = cards();
  await station.end({ keep: true });
  station = await startStation({ batches: [], data, edit });
  await page.context().close();
  page = await openPage(browser, station);
  await logIn(page, 'tono');
  await page.locator('.pause').waitFor();
  await page.getByRole('button', { name: /^(Mulai cetak|Lanjutkan)$/ }).click();
  await until(async () => (await board()).run.state === 'running', 'the run');
  await page.waitForTimeout(1500);
  assert.deepEqual(cards(), spent, 'a start is no cleaning');
  await page.getByRole('button', { name: 'Kaca sudah bersih, lanjutkan' }).click();
  await until(async () => (await board()).run.state === 'idle', 'the end of the batch');
  assert.equal(await page.locator('.pause').count(), 0);
  const now = cards();
  // Dirt over a face or a number looks like another person's: such a card waits for the inspector.
  const waits = new Set(now.filter((one) => one.verdict === 'mismatch').map((one) => one.order_id));
  assert.ok(waits.size <= 2, 'dirt is damage to most of them');
  assert.equal(now.filter((one) => one.bin === 'good').length, 10 - waits.size);
  assert.equal(now.length, 10 - waits.size + 8, 'eight that were flagged, and no other one spent');
  const balance = JSON.parse(station.says('balance'));
  assert.equal(balance.discrepancy + balance.unknown, 0);
  assert.deepEqual(page.problems, []);
});
