// The operator packs: seals by desa, prints the list, has it countersigned by count and by scan; a difference is named card by card.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { addUser, axe, copyOfPrintedBatch, logIn, openPage, shot, shots, startBrowser, startStation, until } from './station.mjs';

let station, browser, page, desa, sealed;
const balance = () => JSON.parse(station.says('balance'));
const lines = (...words) => station.says(...words).trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));
const ask = async (path) => (await page.request.get(new URL(path, station.address).href)).json();
const message = (text) => page.getByText(text).first().waitFor();

before(async () => {
  station = await startStation({ batches: [], data: copyOfPrintedBatch() });
  browser = await startBrowser();
  const admin = await openPage(browser, station);
  await logIn(admin, 'kepala');
  await addUser(admin, station, 'tono', 'operator');
  await addUser(admin, station, 'ani', 'auditor');
  await admin.context().close();
  page = await openPage(browser, station, { acceptDownloads: true });
  await logIn(page, 'tono');
});
after(async () => {
  await browser?.close();
  await station?.end();
});

test('good cards lie by kecamatan and desa, and all of them are there', async () => {
  await page.goto(`${station.address}#handover`);
  await page.locator('.good-bins li li').first().waitFor();
  const numbers = (await page.locator('.good-bins li li strong').allInnerTexts()).map(Number);
  assert.equal(numbers.reduce((a, b) => a + b, 0), balance().good);
  const districts = (await page.locator('.good-bins h3 strong').allInnerTexts()).map(Number);
  assert.equal(districts.reduce((a, b) => a + b, 0), balance().good);
  const { bins } = await ask('/api/handover');
  desa = bins.flatMap((one) => (one.desa.length > 1 ? one.desa : [])).find((one) => one.cards >= 2);
  assert.ok(desa, 'a desa with two cards, in a kecamatan with others');
  await shot(page, '30-handover-bins');
  assert.deepEqual(await axe(page), []);
});

test('a desa is sealed by keyboard, and its list can be opened and taken home', async () => {
  const button = page.getByRole('button', { name: `Segel ${desa.name}, ${desa.cards} kartu`, exact: true });
  await button.focus();
  await page.keyboard.press('Enter');
  await message(`${desa.cards} kartu disegel dalam 1 kelompok`);
  const row = page.locator('tr[data-seal]').first();
  await row.waitFor();
  sealed = await row.getAttribute('data-seal');
  assert.deepEqual(lines('batches').map((one) => [one.seal, one.region, one.inside]), [[sealed, desa.code, desa.cards]]);
  await shot(page, '31-handover-sealed');
  const href = await row.getByRole('link', { name: /PDF/ }).getAttribute('href');
  const file = await page.request.get(new URL(href, station.address).href);
  assert.equal(file.headers()['content-type'], 'application/pdf');
  const pdf = join(shots, '32-manifest.pdf');
  writeFileSync(pdf, await file.body());
  const text = execFileSync('pdftotext', ['-layout', pdf, '-'], { encoding: 'utf8' });
  for (const { item, card } of await ask(`/api/handover/batch?seal=${sealed}`)) {
    assert.ok(text.includes(item), `${item} is on the list`);
    assert.match(card, /^C\d{7}$/);
  }
  assert.doesNotMatch(text, /\d{16}/, 'a NIK is masked on the list');
  execFileSync('pdftoppm', ['-r', '60', '-png', '-singlefile', pdf, join(shots, '32-manifest')]);
  // And the browser itself opens it: in its viewer, or as a file where it has none.
  const opened = await Promise.race([
    page.context().waitForEvent('page').then((one) => one.close().then(() => 'viewer')),
    page.waitForEvent('download').then(() => 'file'),
    row.getByRole('link', { name: /PDF/ }).click().then(() => new Promise(() => undefined)),
  ]);
  assert.match(opened, /viewer|file/);
  const [csv] = await Promise.all([page.waitForEvent('download'), row.getByRole('link', { name: /CSV/ }).click()]);
  assert.equal(csv.suggestedFilename(), `${sealed}.csv`);
  const json = await ask(`/api/handover/paper?seal=${sealed}&form=json`);
  assert.equal(json.count, desa.cards);
});

test('no address leads to another file', async () => {
  for (const seal of ['../../users', '..%2f..%2fusers', 'S999999', '', '%00', '.'])
    for (const form of ['pdf', 'json', '../key', 'sig']) {
      const answer = await page.request.get(`${station.address}api/handover/paper?seal=${seal}&form=${form}`);
      assert.ok([400, 404].includes(answer.status()), `${seal} ${form}: ${answer.status()}`);
    }
  assert.equal((await page.request.get(`${station.address}api/handover/paper?seal=${sealed}&form=../key`)).status(), 400);
});

test('a wrong count hands nothing over; the scanner finds which card is missing', async () => {
  const cards = await ask(`/api/handover/batch?seal=${sealed}`);
  await page.getByRole('button', { name: `Serahkan ${sealed}` }).click();
  const dialog = page.locator('dialog.sign');
  await dialog.waitFor();
  await dialog.getByLabel('Diterima oleh').fill('Rudi, Kantor Pos Cikarang');
  await dialog.getByLabel('Jumlah kartu').fill(String(cards.length - 1));
  await page.keyboard.press('Enter');
  await dialog.getByText(`Belum diserahkan: ${cards.length - 1} dihitung, ${cards.length} tersegel`).waitFor();
  assert.equal(balance().handed_over, 0);
  await dialog.getByRole('button', { name: 'Pindai satu per satu' }).click();
  await until(() => page.evaluate(() => document.activeElement?.closest('label')?.textContent.includes('Nomor barang') ?? false), 'the field for the scanner');
  // As a scanner does it: letters, then Enter. One card that is not of this batch among them.
  await page.keyboard.type('ZA 99999999 5 ID');
  await page.keyboard.press('Enter');
  await page.keyboard.type(cards[0].item.toLowerCase());
  await page.keyboard.press('Enter');
  await dialog.getByText(`1 dari ${cards.length} kartu dipindai`).waitFor();
  await dialog.getByRole('button', { name: 'Serahkan kelompok' }).click();
  await dialog.locator('.difference').waitFor();
  const named = await dialog.locator('.difference').innerText();
  for (const one of cards.slice(1)) assert.ok(named.includes(one.card) && named.includes(one.item), named);
  assert.match(named, /Bukan dari kelompok ini: ZA999999995ID\./);
  await shot(page, '33-handover-difference');
  assert.deepEqual(await axe(page), []);
  assert.equal(balance().handed_over, 0);
});

test('the missing card is taken out with a reason, and the rest is handed over', async () => {
  const cards = await ask(`/api/handover/batch?seal=${sealed}`);
  const dialog = page.locator('dialog.sign');
  for (const one of cards.slice(1)) {
    await dialog.getByRole('button', { name: `Keluarkan ${one.card}` }).click();
    await dialog.getByLabel(/Mengapa/).fill('NIK 3216990101900001');
    await page.keyboard.press('Enter');
    await dialog.getByText('no numbers of persons').waitFor();
    await dialog.getByLabel(/Mengapa/).fill('bengkok saat dikemas');
    await page.keyboard.press('Enter');
    await dialog.getByText(`${one.card} kembali ke kotak Baik`).waitFor();
  }
  const list = await ask(`/api/handover/paper?seal=${sealed}&form=json`);
  assert.deepEqual(list.lines.map((one) => one.card), [cards[0].card], 'the list is written anew');
  await dialog.getByRole('button', { name: 'Sudah dipisahkan' }).click();
  await dialog.getByRole('button', { name: 'Serahkan kelompok' }).click();
  await message(`${sealed}: 1 kartu diserahkan kepada Rudi`);
  assert.equal(balance().handed_over, 1);
  const [batch] = lines('batches');
  assert.equal(batch.taken_by, 'Rudi, Kantor Pos Cikarang');
  await page.getByRole('button', { name: 'Sudah diserahkan: 1' }).click();
  await page.locator(`tr[data-seal="${sealed}"]`).getByText('diserahkan', { exact: true }).waitFor();
  await shot(page, '34-handover-gone');
});

test('an auditor looks, seals nothing and sees no list', async () => {
  const auditor = await openPage(browser, station);
  await logIn(auditor, 'ani');
  await auditor.goto(`${station.address}#handover`);
  await auditor.locator('.good-bins li li').first().waitFor();
  assert.equal(await auditor.getByRole('button', { name: /^Segel/ }).count(), 0);
  assert.equal(await auditor.locator('.papers a').count(), 0);
  assert.deepEqual(auditor.problems, []);
  await auditor.context().close();
});

test('the rest is sealed at once, one batch for each desa', async () => {
  const { bins } = await ask('/api/handover');
  const waiting = bins.flatMap((one) => one.desa);
  const cards = waiting.reduce((sum, one) => sum + one.cards, 0);
  await page.getByRole('button', { name: `Segel semua: ${cards} kartu` }).click();
  await message(`${cards} kartu disegel dalam ${waiting.length} kelompok`);
  await page.getByRole('button', { name: `Menunggu diserahkan: ${waiting.length}` }).click();
  await until(async () => await page.locator('tr[data-seal]').count() === waiting.length, 'every batch');
  await shot(page, '35-handover-all');
  assert.deepEqual(page.problems, []);
  assert.equal(balance().discrepancy, 0);
});

test('a supervisor sees what a recall reaches before it is done, and then it is done', async () => {
  const chief = await openPage(browser, station);
  await logIn(chief, 'kepala');
  await chief.goto(`${station.address}#recall`);
  const before = balance();
  const kecamatan = desa.code.slice(0, 8);
  await chief.getByLabel('Kode wilayah').fill(kecamatan);
  await chief.getByLabel('Alasan').fill('penggusuran');
  await chief.keyboard.press('Enter');
  await chief.getByText('yang akan terjangkau').waitFor();
  await shot(chief, '36-recall-look');
  assert.deepEqual(balance(), before, 'a look writes nothing');
  const n = Number(await chief.locator('.tally dd').first().innerText());
  assert.ok(n >= desa.cards, `${n}: the sealed and the handed over ones of ${kecamatan}`);
  await chief.getByRole('button', { name: new RegExp(`^Tarik ${n} kartu`) }).click();
  await chief.getByText('Tercatat. Kumpulkan').waitFor();
  const now = balance();
  assert.equal(now.withdrawn - before.withdrawn, n);
  assert.equal(now.discrepancy, 0);
  assert.deepEqual(await axe(chief), []);
  assert.deepEqual(chief.problems, []);
  await chief.context().close();
});
