// The inspector decides every reject by keyboard alone; good takes a second person; a page that dies changes nothing.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { axe, build, firstAdministrator, openPage, password, shot, startBrowser, startStation, until } from './station.mjs';

let station, browser, page;

async function addUser(page, name, role) {
  await page.goto(`${station.address}#users`);
  const form = page.locator('form.row');
  await form.getByLabel('Nama').fill(name);
  await form.getByLabel('Peran').selectOption(role);
  await form.getByLabel('Kata sandi baru').fill(password);
  await form.getByRole('button').click();
  await page.getByRole('row', { name: new RegExp(name) }).waitFor();
}
async function logIn(page, name) {
  await page.getByRole('button', { name: 'Masuk', exact: true }).click();
  await page.getByLabel('Nama pengguna').fill(name);
  await page.getByLabel('Kata sandi').fill(password);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /Keluar/ }).waitFor();
}
const station_says = (...words) => execFileSync(join(build, 'bin', 'ktp-station'), [...words, '--data', station.folder, '--json'], { encoding: 'utf8' });
const cards = () => station_says('cards').trim().split('\n').map((line) => JSON.parse(line));
const shown = () => page.locator('.review-queue button[aria-current] span').innerText();
const waiting = async () => Number(/\d+/.exec(await page.locator('#review-title').innerText())[0]);
const pictures = () => until(() => page.evaluate(() => {
  const current = document.querySelector('.review-card h2 span')?.textContent ?? '';
  const there = document.querySelector('.compare')?.getAttribute('data-shown') ?? '';
  return there !== '' && current.endsWith(there.split('-')[0]);
}), 'both pictures');
const waitingIs = (n) => until(async () => (await waiting()) === n, `${n} waiting`);

before(async () => {
  station = await startStation();
  browser = await startBrowser();
  const admin = await openPage(browser, station);
  await firstAdministrator(admin, station);
  await addUser(admin, 'siti', 'inspector');
  await addUser(admin, 'budi', 'supervisor');
  await addUser(admin, 'tono', 'operator');
  await admin.goto(`${station.address}#board`);
  await admin.getByRole('button', { name: 'Mulai cetak' }).click();
  await admin.locator('.queue li.done').waitFor({ timeout: 600_000 });
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
    await page.waitForTimeout(300);
    if (name !== 'beside') await shot(page, `11-review-${name}`);
  }
  await page.keyboard.press('f');
  await page.waitForTimeout(400);
  await shot(page, '12-review-finding');
});

test('both pictures are zoomed and moved in step', async () => {
  const wheel = page.locator('.viewer').first();
  const box = await wheel.boundingBox();
  await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.4);
  await page.mouse.wheel(0, -600);
  await page.waitForTimeout(800);
  const places = await page.locator('.viewer').evaluateAll((viewers) => viewers.map((viewer) => {
    const finding = viewer.querySelector('.finding');
    const frame = viewer.getBoundingClientRect();
    const at = finding.getBoundingClientRect();
    return [at.x - frame.x, at.y - frame.y, at.width, at.height].map((one) => Math.round(one));
  }));
  for (let i = 0; i < 4; ++i) assert.ok(Math.abs(places[0][i] - places[1][i]) <= 1, `${places[0]} and ${places[1]}`);
});

test('nothing violates accessibility, in light and dark', async () => {
  for (const scheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.waitForTimeout(300);
    assert.deepEqual(await axe(page), [], scheme);
    await shot(page, `13-review-${scheme}`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
});

test('one key agrees, the next card comes by itself, and the last one can be taken back', async () => {
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
  for (let i = await waiting(); i > 0 && !(await shown()).includes(card.card); --i) { await page.keyboard.press('j'); await page.waitForTimeout(100); }
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
  await dialog.getByText('somebody else').waitFor();
  await confirm('tono', password);
  await dialog.getByText('neither inspector nor supervisor').waitFor();
  await confirm('budi', 'salah salah salah');
  await dialog.getByText('do not fit').waitFor();
  await shot(page, '14-second-person');
  assert.equal(cards().find((one) => one.card === card.card).bin, 'mismatch');
  await confirm('budi', password);
  await dialog.waitFor({ state: 'detached' });
  const now = cards().find((one) => one.card === card.card);
  assert.deepEqual([now.verdict, now.bin], ['good', 'good']);
  const trail = execFileSync(join(build, 'bin', 'ktp-station'), ['card', card.card, '--data', station.folder], { encoding: 'utf8' });
  assert.match(trail, /overridden/);
  assert.match(trail, /budi/);
});

test('a page that dies in the middle loses and doubles nothing', async () => {
  const before = await waiting();
  await page.keyboard.press('g');
  await page.locator('dialog.decide').waitFor();
  await page.reload();
  await page.locator('.review-card h2').waitFor();
  assert.equal(await waiting(), before);
  // The decision is sent, and the page is gone before it hears the answer.
  await pictures();
  const card = /C\d+/.exec(await shown())[0];
  await page.route('**/api/review/agree', async (route) => { await route.fetch(); await route.abort(); });
  await page.keyboard.press('a');
  await page.waitForTimeout(500);
  await page.unroute('**/api/review/agree');
  await page.reload();
  await page.locator('#review-title').waitFor();
  await waitingIs(before - 1);
  const trail = execFileSync(join(build, 'bin', 'ktp-station'), ['card', card, '--data', station.folder], { encoding: 'utf8' });
  assert.equal(trail.match(/reviewed/g).length, 1);
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
