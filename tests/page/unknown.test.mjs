// A card that nobody saw the end of: nothing is sealed, the page asks for the one thing that settles it, everything is accounted for.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { after, before } from 'node:test';
import { addUser, axe, firstAdministrator, logIn, openPage, password, shot, smallBatch, startBrowser, startStation, until } from './station.mjs';

let station, browser, page, csv;
const board = async () => (await fetch(`${station.address}api/board`)).json();
const balance = async () => (await board()).balance;
const cards = () => station.says('cards').trim().split('\n').map((line) => JSON.parse(line));
const state = async () => (await board()).run.state;

/** Somebody opens the cover, takes the stuck card out and lays it aside: counter and sensors can no longer tell. */
async function takeOut(n) {
  const inside = join(station.folder, 'world', 'inside'), aside = join(station.folder, 'world', 'bins', 'damaged');
  await until(() => existsSync(join(inside, `${n}.json`)), `card ${n} to be stuck`);
  await page.locator('.hero.attention').waitFor();
  for (const name of readdirSync(inside).filter((one) => one.startsWith(`${n}-`))) renameSync(join(inside, name), join(aside, name));
  renameSync(join(inside, `${n}.json`), join(aside, `${n}.json`));
}
const ended = () => until(async () => !['running', 'stopping'].includes(await state()), 'the end of the run');

before(async () => {
  csv = smallBatch(6);
  // A printer as most are: no job log. The first card jams, and so does the one that is printed in its place.
  const faults = (text) => text.replace(/faults: ".*"/, 'faults: "jam@1; jam@7"').replace(/operator-ms: \d+/, 'operator-ms: 12000\n      job-log: false').replace(/damage: ".*"/, 'damage: ""');
  station = await startStation({ batches: [csv], edit: faults });
  browser = await startBrowser();
  page = await openPage(browser, station);
  await firstAdministrator(page, station);
  await addUser(page, station, 'tono', 'operator');
  await addUser(page, station, 'budi', 'supervisor');
  await page.getByRole('button', { name: /Keluar/ }).click();
  await logIn(page, 'tono');
});
after(async () => {
  await browser?.close();
  await station?.end();
  rmSync(dirname(csv), { recursive: true, force: true });
});

test('a card jams and is taken out by hand: the others are printed, this one stays unknown', async () => {
  await page.goto(`${station.address}#board`);
  await page.getByRole('button', { name: 'Mulai cetak' }).click();
  await takeOut(1);
  await until(async () => (await balance()).unknown === 1, 'the card to be unknown');
  await ended();
  const { good, unknown } = await balance();
  assert.deepEqual([good, unknown], [5, 1]);
  await page.getByText('Belum tercatat semua').waitFor();
  await page.getByRole('button', { name: /^Cari kartu/ }).first().waitFor();
  await shot(page, '40-unknown-board');
});

test('nothing is sealed, and the page says why and what to do', async () => {
  await page.goto(`${station.address}#handover`);
  await page.getByText('Penyegelan dihentikan').waitFor();
  for (const button of await page.getByRole('button', { name: /^Segel/ }).all()) assert.equal(await button.isDisabled(), true);
  const lost = cards().filter((one) => one.state === 'unknown').map((one) => one.card);
  const why = await page.locator('.blocked').innerText();
  for (const card of lost) assert.ok(why.includes(card), why);
  await shot(page, '41-sealing-blocked');
  assert.deepEqual(await axe(page), []);
  // Whoever asks past the page is refused in words too.
  const { csrf } = await (await page.request.get(`${station.address}api/session`)).json();
  const answer = await page.request.post(`${station.address}api/handover/seal`, { data: { region: '' }, headers: { 'X-KTP-CSRF': csrf, Origin: station.address.replace(/\/$/, '') } });
  assert.equal(answer.status(), 400);
  assert.match((await answer.json()).text, /unknown is 1: nothing is sealed/);
});

test('the machine is asked first; a count that shows the blank was used sends back to search; found, it is settled', async () => {
  const [card] = cards().filter((one) => one.state === 'unknown');
  await page.getByRole('button', { name: `Cari kartu ${card.card}` }).click();
  const dialog = page.locator('dialog.unknown');
  await dialog.waitFor();
  if (await dialog.getByRole('button', { name: 'Cari sendiri' }).count() > 0) await dialog.getByRole('button', { name: 'Cari sendiri' }).click();
  await dialog.getByText('Apakah Anda menemukan kartu').waitFor();
  await shot(page, '42-unknown-look');
  assert.deepEqual(await axe(page), []);
  await dialog.getByRole('button', { name: 'Tidak ada di mana pun' }).click();
  await dialog.getByLabel('Jumlah blangko').fill('94'); // 100, six fed
  await page.keyboard.press('Enter');
  await dialog.getByText('94 blangko: blangkonya terpakai').waitFor();
  assert.equal((await balance()).unknown, 1, 'a count alone finds nothing');
  await dialog.getByRole('button', { name: 'Hitung lagi' }).click();
  await dialog.getByLabel('Jumlah blangko').fill('97');
  await page.keyboard.press('Enter');
  await dialog.getByText('97 blangko tidak cocok').waitFor();
  await dialog.getByRole('button', { name: 'Ya, kartunya ada' }).click();
  await dialog.getByRole('button', { name: 'di dalam pencetak' }).click();
  await shot(page, '43-unknown-where');
  await dialog.getByRole('button', { name: 'Sudah di kotak Rusak, catat' }).click();
  await dialog.getByText(`Selesai: ${card.card} ada di kotak Rusak`).waitFor();
  const now = cards().find((one) => one.card === card.card);
  assert.deepEqual([now.state, now.bin], ['spoiled', 'damaged']);
  assert.equal((await balance()).unknown, 0);
  await dialog.getByText('Semua tercatat').waitFor();
  await dialog.getByRole('button', { name: 'Tutup' }).click();
  // Its order waits to be printed again, and the boxes may be sealed meanwhile.
  await until(async () => await page.locator('.blocked').count() === 0, 'sealing to be free');
  await until(async () => !(await page.getByRole('button', { name: /^Segel semua: 5/ }).isDisabled()), 'the button');
});

test('its order is printed again, and the printer loses that card too', async () => {
  await page.goto(`${station.address}#board`);
  await page.getByRole('button', { name: /Mulai cetak|Lanjutkan/ }).click();
  await takeOut(7);
  await until(async () => (await balance()).unknown === 1, 'the card to be unknown');
  await ended();
});

test('no blank was used: two people counted, and the card was never begun', async () => {
  const [card] = cards().filter((one) => one.state === 'unknown');
  await page.getByRole('button', { name: `Cari kartu ${card.card}` }).click();
  const dialog = page.locator('dialog.unknown');
  if (await dialog.getByRole('button', { name: 'Cari sendiri' }).count() > 0) await dialog.getByRole('button', { name: 'Cari sendiri' }).click();
  await dialog.getByRole('button', { name: 'Tidak ada di mana pun' }).click();
  await dialog.getByLabel('Jumlah blangko').fill('94'); // 100, six fed: what they say they counted, though the seventh was fed too
  await page.keyboard.press('Enter');
  await dialog.getByText('94 blangko: tidak ada blangko yang terpakai').waitFor();
  await dialog.getByLabel('Nama pengguna').fill('tono');
  await dialog.getByLabel('Kata sandi', { exact: true }).fill(password);
  await page.keyboard.press('Enter');
  await dialog.getByText('harus orang lain').waitFor();
  assert.equal((await balance()).unknown, 1);
  await dialog.getByLabel('Nama pengguna').fill('budi');
  await dialog.getByLabel('Kata sandi', { exact: true }).fill(password);
  await shot(page, '44-unknown-second');
  await page.keyboard.press('Enter');
  await dialog.getByText(`Selesai: ${card.card} tidak pernah dimulai`).waitFor();
  await dialog.getByText('Semua tercatat').waitFor();
  await shot(page, '45-unknown-settled');
  await dialog.getByRole('button', { name: 'Tutup' }).click();
  assert.equal((await balance()).unknown, 0);
});

test('everything is accounted for again', async () => {
  await page.getByText('Semua tercatat').first().waitFor();
  await page.getByRole('button', { name: /Mulai cetak|Lanjutkan/ }).waitFor();
  await shot(page, '46-unknown-closed');
  assert.deepEqual(page.problems, []);
});
