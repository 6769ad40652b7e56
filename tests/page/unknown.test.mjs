// A card that nobody saw the end of: nothing is sealed, the page asks for the one thing that settles it, everything is accounted for.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import test, { after, before } from 'node:test';
import { addUser, axe, firstAdministrator, logIn, openPage, password, shot, smallBatch, startBrowser, startStation, until } from './station.mjs';

let station, browser, page, csv;
const balance = () => JSON.parse(station.says('balance'));
const cards = () => station.says('cards').trim().split('\n').map((line) => JSON.parse(line));
const state = async () => (await (await fetch(`${station.address}api/board`)).json()).run.state;

before(async () => {
  csv = smallBatch(6);
  // A printer as most are: no job log. Two cards jam, and the operator takes them out.
  const faults = (text) => text.replace(/faults: ".*"/, 'faults: "jam@2; jam@4"').replace(/operator-ms: \d+/, 'operator-ms: 300\n      job-log: false').replace(/damage: ".*"/, 'damage: ""');
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

test('two cards jam: the others are printed, these two stay unknown', async () => {
  await page.goto(`${station.address}#board`);
  await page.getByRole('button', { name: 'Mulai cetak' }).click();
  await until(async () => balance().unknown === 2 && !['running', 'stopping'].includes(await state()), 'the end of the run');
  assert.equal(balance().good, 4);
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
  assert.match((await answer.json()).text, /unknown is 2: nothing is sealed/);
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
  assert.equal(balance().unknown, 2, 'a count alone finds nothing');
  await dialog.getByRole('button', { name: 'Hitung lagi' }).click();
  await dialog.getByLabel('Jumlah blangko').fill('95');
  await page.keyboard.press('Enter');
  await dialog.getByText('95 blangko tidak cocok').waitFor();
  await dialog.getByRole('button', { name: 'Ya, kartunya ada' }).click();
  await dialog.getByRole('button', { name: 'di dalam pencetak' }).click();
  await shot(page, '43-unknown-where');
  await dialog.getByRole('button', { name: 'Sudah di kotak Rusak, catat' }).click();
  await dialog.getByText(`Selesai: ${card.card} ada di kotak Rusak`).waitFor();
  const now = cards().find((one) => one.card === card.card);
  assert.deepEqual([now.state, now.bin], ['spoiled', 'damaged']);
  assert.equal(balance().unknown, 1);
  await dialog.getByRole('button', { name: 'Tutup' }).click();
});

test('no blank was used: two people counted, and the card was never begun', async () => {
  const [card] = cards().filter((one) => one.state === 'unknown');
  await page.getByRole('button', { name: `Cari kartu ${card.card}` }).click();
  const dialog = page.locator('dialog.unknown');
  if (await dialog.getByRole('button', { name: 'Cari sendiri' }).count() > 0) await dialog.getByRole('button', { name: 'Cari sendiri' }).click();
  await dialog.getByRole('button', { name: 'Tidak ada di mana pun' }).click();
  await dialog.getByLabel('Jumlah blangko').fill('95'); // what the people say; the machine's world says otherwise
  await page.keyboard.press('Enter');
  await dialog.getByText('95 blangko: tidak ada blangko yang terpakai').waitFor();
  await dialog.getByLabel('Nama pengguna').fill('tono');
  await dialog.getByLabel('Kata sandi', { exact: true }).fill(password);
  await page.keyboard.press('Enter');
  await dialog.getByText('harus orang lain').waitFor();
  assert.equal(balance().unknown, 1);
  await dialog.getByLabel('Nama pengguna').fill('budi');
  await dialog.getByLabel('Kata sandi', { exact: true }).fill(password);
  await shot(page, '44-unknown-second');
  await page.keyboard.press('Enter');
  await dialog.getByText(`Selesai: ${card.card} tidak pernah dimulai`).waitFor();
  await dialog.getByText('Semua tercatat').waitFor();
  await shot(page, '45-unknown-settled');
  await dialog.getByRole('button', { name: 'Tutup' }).click();
  assert.equal(balance().unknown, 0);
});

test('everything is accounted for again, the boxes may be sealed, and the orders wait to be printed again', async () => {
  await until(async () => await page.locator('.blocked').count() === 0, 'sealing to be free');
  assert.equal(await page.getByRole('button', { name: /^Segel semua: 4/ }).isDisabled(), false);
  await page.goto(`${station.address}#board`);
  await page.getByText('Semua tercatat').waitFor();
  await page.getByRole('button', { name: /Mulai cetak|Lanjutkan/ }).waitFor();
  await shot(page, '46-unknown-closed');
  assert.deepEqual(page.problems, []);
});
