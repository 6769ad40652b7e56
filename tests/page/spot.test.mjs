// Dirt on the glass: the inspector sees the same spot on good cards, and two people find all such cards good at once.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { addUser, axe, firstAdministrator, logIn, openPage, password, shot, smallBatch, startBrowser, startStation, until } from './station.mjs';

let station, browser, page;
const lines = (...words) => station.says(...words).trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));
const waiting = async () => Number(/\d+/.exec(await page.locator('#review-title').innerText())[0]);
const shown = () => until(() => page.evaluate(() => {
  const chosen = document.querySelector('.review-queue button[aria-current]')?.textContent ?? '';
  const card = (document.querySelector('.compare')?.getAttribute('data-shown') ?? '').split('-')[0];
  return card !== '' && chosen.includes(card);
}), 'the pictures');

before(async () => {
  // One card an order, so that nothing is printed again while somebody decides.
  station = await startStation({ batches: [smallBatch(16)], edit: (text) => `${text
    .replace(/faults: .*/, 'faults: ""').replace(/damage: .*/, 'damage: "glass@13:4x0.8; glass@14:4x0.8; glass@16:4x0.8; scratch@15:18x0.5"')}\nlimits:\n  cards-per-order: 1\n` });
  browser = await startBrowser();
  const admin = await openPage(browser, station);
  await firstAdministrator(admin, station);
  await addUser(admin, station, 'siti', 'inspector');
  await addUser(admin, station, 'budi', 'supervisor');
  await admin.goto(`${station.address}#board`);
  await admin.getByRole('button', { name: 'Mulai cetak' }).click();
  await admin.locator('.queue li.done').waitFor();
  await admin.context().close();
  page = await openPage(browser, station);
  await logIn(page, 'siti');
});
after(async () => {
  await browser?.close();
  await station?.end();
});

test('the same spot on the last ten good cards', async () => {
  await page.goto(`${station.address}#review`);
  await shown();
  assert.equal(await waiting(), 4);
  await page.keyboard.press('l');
  await page.locator('.good-spots ul[data-parts="10"]').waitFor();
  const sizes = await page.locator('.good-spots img').evaluateAll((all) => all.map((one) => [one.naturalWidth, one.naturalHeight, one.alt]));
  assert.equal(sizes.length, 11, 'this card and ten others');
  for (const [w, h, alt] of sizes) assert.deepEqual([w, h], sizes[0].slice(0, 2), alt);
  const good = lines('cards').filter((one) => one.verdict === 'good').map((one) => one.card).slice(-10);
  for (const card of good) assert.ok(sizes.some(([, , alt]) => alt.endsWith(card)), `${card} among the last ten`);
  assert.deepEqual(await axe(page), []);
  await shot(page, '75-same-spot');
  // Every look at another person's card is in the log.
  const looks = await (await page.request.get(`${station.address}api/audit?card=${good[0]}`)).text();
  assert.match(looks, /person-shown/);
  await page.keyboard.press('l');
});

test('only cards with the same finding on the same spot are accepted together, by two people', async () => {
  const glass = lines('cards').filter((one) => one.state === 'sorted' && one.bin !== 'good').map((one) => one.card);
  const dialog = page.locator('dialog.ask');
  const button = page.getByRole('button', { name: 'Baik, 3 kartu sekaligus' });
  await button.waitFor();
  await page.keyboard.press('b');
  await dialog.waitFor();
  const listed = await dialog.locator('.accept-cards li').allInnerTexts();
  assert.equal(listed.length, 3, 'not the scratched one');
  assert.deepEqual(await axe(page), []);
  await shot(page, '76-accept-same');
  const second = async (name) => {
    await dialog.getByLabel('Nama pengguna').fill(name);
    await dialog.getByLabel('Kata sandi', { exact: true }).fill(password);
    await page.keyboard.press('Enter');
  };
  await second('siti');
  await dialog.getByText('harus orang lain').waitFor();
  assert.equal(lines('cards').filter((one) => one.bin === 'good').length, 12);
  await second('budi');
  await page.getByText('3 kartu dinyatakan baik').waitFor();
  await until(async () => (await waiting()) === 1, 'one that is left');
  const now = lines('cards');
  assert.equal(now.filter((one) => one.bin === 'good').length, 15);
  assert.ok(glass.every((card) => now.some((one) => one.card === card)));
  for (const card of listed.map((text) => /C\d+/.exec(text)[0])) assert.equal(now.find((one) => one.card === card).verdict, 'good');
  // And each of them can be taken back.
  await page.keyboard.press('z');
  await until(async () => (await waiting()) === 2, 'one taken back');
  assert.equal(lines('cards').filter((one) => one.bin === 'good').length, 14);
  assert.equal(await page.getByRole('button', { name: /kartu sekaligus/ }).count(), 0, 'one alone is decided alone');
  assert.equal(JSON.parse(station.says('balance')).discrepancy, 0);
  assert.deepEqual(page.problems, []);
});
