// The inspector decides every reject by keyboard alone; good takes a second person; a page that dies changes nothing.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { addUser, build, copyOfPrintedBatch, logIn, openPage, password, shot, startBrowser, startStation, until } from './station.mjs';

let station, browser, page;

const station_says = (...words) => station.says(...words);
const cards = () => station_says('cards').trim().split('\n').map((line) => JSON.parse(line));
const trailOf = (card) => execFileSync(join(build, 'bin', 'ktp-station'), ['card', card, '--data', station.folder], { encoding: 'utf8' });
const timesReviewed = (card) => (trailOf(card).match(/reviewed/g) ?? []).length;
const shown = () => page.locator('.review-queue button[aria-current] span').innerText();
const waiting = async () => Number(/\d+/.exec(await page.locator('#review-title').innerText())[0]);
// Both pictures of the card that is chosen in the list, not of the one before it.
const pictures = () => until(() => page.evaluate(() => {
  const chosen = document.querySelector('.review-queue button[aria-current]')?.textContent ?? '';
  const card = (document.querySelector('.compare')?.getAttribute('data-shown') ?? '').split('-')[0];
  return card !== '' && chosen.includes(card) && document.querySelector('.review-card h2 span')?.textContent.endsWith(card);
}), 'both pictures');
const waitingIs = (n) => until(async () => (await waiting()) === n, `${n} waiting`);

before(async () => {
  // The station was ended after the batch: what waits for a decision is found again.
  station = await startStation({ batches: [], data: copyOfPrintedBatch() });
  browser = await startBrowser();
  const admin = await openPage(browser, station);
  await logIn(admin, 'kepala');
  await addUser(admin, station, 'siti', 'inspector');
  await addUser(admin, station, 'budi', 'supervisor');
  await addUser(admin, station, 'tono', 'operator');
  assert.deepEqual(admin.problems, []);
  await admin.context().close();
  page = await openPage(browser, station);
  await logIn(page, 'siti');
});
after(async () => {
  await browser?.close();
  await station?.end();
});

test('every reject waits, with both pictures and why it was flagged', async () => {
  await page.goto(`${station.address}#review`);
  await page.locator('.review-card h2').waitFor();
  const rejects = cards().filter((one) => one.state === 'sorted' && one.bin !== 'good');
  assert.ok(rejects.length >= 4);
  assert.equal(await waiting(), rejects.length);
  await pictures();
  assert.ok(await page.locator('.finding').count() >= 2, 'boxed on both pictures');
  assert.ok(await page.locator('.findings tbody tr').count() >= 1);
  await shot(page, '10-review-beside');
  for (const [key, name] of [['2', 'flicker'], ['3', 'slider'], ['4', 'difference'], ['1', 'beside']]) {
    await page.keyboard.press(key);
    await page.locator(`.compare.${name}`).waitFor();
    if (name !== 'beside') await shot(page, `11-review-${name}`);
  }
  await page.keyboard.press('f');
  await page.locator('.finding.chosen').first().waitFor();
  await shot(page, '12-review-finding');
});

test('both pictures are zoomed and moved in step', async () => {
  const wheel = page.locator('.viewer').first();
  const box = await wheel.boundingBox();
  await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.4);
  // Where the first finding lies in each of the two frames: the same place, to the pixel, once the zoom has come to rest.
  const places = () => page.locator('.viewer').evaluateAll((viewers) => viewers.map((viewer) => {
    const frame = viewer.getBoundingClientRect();
    const at = viewer.querySelector('.finding').getBoundingClientRect();
    return [at.x - frame.x, at.y - frame.y, at.width, at.height].map((one) => Math.round(one));
  }));
  const before = await places();
  await page.mouse.wheel(0, -600);
  await until(async () => (await places())[0][2] > before[0][2] * 1.2, 'the zoom');
  await until(async () => { const [one, other] = await places(); return one.every((at, i) => Math.abs(at - other[i]) <= 1); }, 'both at the same place');
});

test('one key agrees, the next card comes by itself, and the last one can be taken back', async () => {
  await pictures();
  const before = await waiting();
  const first = await shown();
  await page.keyboard.press('a');
  await waitingIs(before - 1);
  assert.notEqual(await shown(), first);
  await page.keyboard.press('z');
  await waitingIs(before);
  assert.equal(await shown(), first);
});

test('good needs a reason and a second person, who is somebody else and may', async () => {
  // A wrong card whose order is held: nobody has another one of it.
  const held = station_says('orders').trim().split('\n').map((line) => JSON.parse(line)).filter((one) => one.state === 'held').map((one) => one.order_id);
  const card = cards().find((one) => one.bin === 'mismatch' && held.includes(one.order_id));
  assert.ok(card, 'the sample run makes one');
  for (let i = await waiting(); i > 0 && !(await shown()).includes(card.card); --i) {
    const was = await shown();
    await page.keyboard.press('j');
    await until(async () => (await shown()) !== was, 'the next card');
  }
  assert.ok((await shown()).includes(card.card));
  await pictures();
  await page.keyboard.press('g');
  const dialog = page.locator('dialog.decide');
  await dialog.waitFor();
  const confirm = async (name, word) => {
    await dialog.getByLabel('Nama pengguna').fill(name);
    await dialog.getByLabel('Kata sandi', { exact: true }).fill(word);
    await page.keyboard.press('Enter');
  };
  await page.keyboard.type('Debu di kaca kamera');
  await confirm('siti', password);
  await dialog.getByText('harus orang lain').waitFor();
  await confirm('tono', password);
  await dialog.getByText('harus pemeriksa mutu atau penyelia').waitFor();
  await confirm('budi', 'salah salah salah');
  await dialog.getByText('orang kedua tidak cocok').waitFor();
  await shot(page, '14-second-person');
  assert.equal(cards().find((one) => one.card === card.card).bin, 'mismatch');
  await confirm('budi', password);
  await dialog.waitFor({ state: 'detached' });
  const now = cards().find((one) => one.card === card.card);
  assert.deepEqual([now.verdict, now.bin], ['good', 'good']);
  const trail = trailOf(card.card);
  assert.match(trail, /overridden/);
  assert.match(trail, /budi/);
});

test('a page that dies in the middle loses and doubles nothing', async () => {
  const before = await waiting();
  await pictures();
  await page.keyboard.press('g');
  await page.locator('dialog.decide').waitFor();
  await page.reload();
  await page.locator('.review-card h2').waitFor();
  assert.equal(await waiting(), before);
  // The decision is sent, and the page is gone before it hears the answer.
  await pictures();
  const card = /C\d+/.exec(await shown())[0];
  const times = timesReviewed(card);
  let gone;
  const sent = new Promise((done) => { gone = done; });
  await page.route('**/api/review/agree', async (route) => { await route.fetch(); await route.abort(); gone(); });
  await page.keyboard.press('a');
  await sent;
  await page.unroute('**/api/review/agree');
  await page.reload();
  await page.locator('#review-title').waitFor();
  await waitingIs(before - 1);
  assert.equal(timesReviewed(card), times + 1);
  // The request that was cut off above is the only thing that the page may complain of.
  assert.deepEqual(page.problems.splice(0), ['Failed to load resource: net::ERR_FAILED']);
});

test('all of them, by keyboard alone', async () => {
  const times = [];
  while (await waiting() > 0) {
    await pictures();
    const before = await waiting();
    const begun = Date.now();
    await page.keyboard.press('a');
    await waitingIs(before - 1);
    if (await waiting() > 0) { await pictures(); times.push(Date.now() - begun); }
  }
  console.log(`key to next card fully shown, ms: ${times.join(' ')}`);
  await page.getByText('Tidak ada kartu yang menunggu keputusan').waitFor();
  await shot(page, '15-review-empty');
  assert.deepEqual(page.problems, []);
  assert.equal(JSON.parse(station_says('balance')).discrepancy, 0);
});
