// One camera for both sides: the board guides whoever turns the card over.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { after, before } from 'node:test';
import { addUser, axe, emptyFolder, firstAdministrator, logIn, openPage, shot, smallBatch, startBrowser, startStation, until } from './station.mjs';

let station, browser, page, known;
const csv = smallBatch(2), data = emptyFolder(), world = join(data, 'world');
const board = async () => (await fetch(`${station.address}api/board`)).json();
const turned = new Set();
function lay() {
  mkdirSync(world, { recursive: true });
  writeFileSync(join(world, 'turned.new'), [...turned].map((n) => `${n}\n`).join(''));
  renameSync(join(world, 'turned.new'), join(world, 'turned'));
}
/** The card under the camera is turned over. */
function turn() {
  const n = Number(readdirSync(join(world, 'at-camera')).find((name) => name.endsWith('.json')).split('.')[0]);
  if (!turned.delete(n)) turned.add(n);
  lay();
}
const asks = (card, up, seen) => until(async () => {
  const [asked] = (await board()).turns;
  return asked?.card === card && asked.up === up && asked.seen === seen;
}, `${card} ${up} ${seen}`);
const seconds = async () => { const [, m, s] = /(\d+):(\d\d)/.exec(await page.locator('.turn-left').innerText()); return Number(m) * 60 + Number(s); };

before(async () => {
  turned.add(2);  // the second one is laid down wrongly
  lay();
  station = await startStation({ batches: [csv], data,
    edit: (text) => `${text.replace(/faults: ".*"/, 'faults: ""').replace(/damage: ".*"/, 'damage: ""').replace('  camera:\n', '  turn-over: true\n  camera:\n')}\nlimits:\n  operator-wait-s: 600\n` });
  browser = await startBrowser();
  page = await openPage(browser, station);
  await firstAdministrator(page, station);
  await addUser(page, station, 'tono', 'operator');
  await page.getByRole('button', { name: /Keluar/ }).click();
  await logIn(page, 'tono');
  known = await page.context().storageState();
  await page.goto(`${station.address}#board`);
  await page.getByRole('button', { name: 'Mulai cetak' }).click();
});
after(async () => {
  await browser?.close();
  await station?.end();
  rmSync(dirname(csv), { recursive: true, force: true });
});

test('which side has to lie up, what the camera sees and how long it waits', async () => {
  await asks('C0000001', 'back', 'untouched');
  const panel = page.locator('.turn');
  await panel.waitFor();
  assert.match(await panel.innerText(), /Balik kartu C0000001: sisi belakang ke atas/);
  assert.match(await panel.innerText(), /kartu belum disentuh/);
  assert.equal(await page.locator('#state').innerText(), 'Balik kartu C0000001: sisi belakang ke atas', 'work, not trouble');
  assert.equal(await page.locator('.hero.attention').count(), 0);
  assert.match(await page.locator('p.spoken').textContent(), /Balik kartu C0000001/);
  assert.match(await page.getByRole('img', { name: 'Gambar: kartu dibalik dari sisi depan ke sisi belakang' }).innerHTML(), /portrait/);
  const first = await seconds();
  assert.ok(first > 300 && first <= 600, String(first));
  await until(async () => (await seconds()) < first, 'the time to run');
  await shot(page, '102-turn');
});

test('no violation in both languages, light and dark, and on a telephone', async () => {
  for (const language of ['id', 'en'])
    for (const colorScheme of ['light', 'dark']) {
      const other = await openPage(browser, station, { colorScheme, storageState: known });
      await other.locator('.top select').selectOption(language);
      await other.locator('.turn').waitFor();
      assert.match(await other.locator('.turn').innerText(), language === 'id' ? /sisi belakang ke atas/ : /its back up/);
      assert.deepEqual(await axe(other), [], `${language} ${colorScheme}`);
      await shot(other, `look-turn-${language}-${colorScheme}`);
      await other.context().close();
    }
  const small = await openPage(browser, station, { viewport: { width: 390, height: 844 }, storageState: known });
  await small.locator('.turn').waitFor();
  assert.equal(await small.evaluate(() => document.documentElement.scrollWidth), 390);
  assert.deepEqual(await axe(small), []);
  await shot(small, 'telephone-turn');
  await small.context().close();
});

test('what lies under the camera is shown by keyboard to who asks for it', async () => {
  const button = page.locator('.turn button');
  await button.focus();
  await page.keyboard.press('Enter');
  await page.locator('.turn .live img').waitFor();
  const trail = await (await page.request.get(`${station.address}api/audit?card=C0000001`)).text();
  assert.match(trail, /person-shown/, 'whose card it is was seen');
  assert.equal(await button.getAttribute('aria-expanded'), 'true');
  assert.deepEqual(await axe(page), []);
  await page.keyboard.press('Enter');
  await page.locator('.turn svg.turn-sides').waitFor();
});

test('the wrong side is named in large letters, and the batch ends with everything accounted for', async () => {
  turn();
  await asks('C0000002', 'front', 'wrong');
  await page.locator('.turn.wrong').waitFor();
  assert.equal(await page.locator('#state').innerText(), 'Perlu Anda: Kartu C0000002 terletak dengan sisi belakang ke atas: balik');
  assert.match(await page.locator('.turn').innerText(), /sisi yang salah/);
  assert.deepEqual(await axe(page), []);
  await shot(page, '103-turn-wrong');
  turn();
  await asks('C0000002', 'back', 'untouched');
  turn();
  await until(async () => (await board()).run.state === 'idle', 'the end of the batch');
  await until(async () => (await page.locator('.turn').count()) === 0, 'the panel to go');
  const balance = JSON.parse(station.says('balance'));
  assert.equal(balance.good, 2);
  assert.equal(balance.discrepancy + balance.unknown, 0);
  assert.deepEqual(page.problems, []);
});
