// A card rejected in error feeds the profile's calibration set: what the new limit would have done, two people, and back again.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { after, before } from 'node:test';
import { addUser, axe, firstAdministrator, logIn, openPage, password, shot, smallBatch, startBrowser, startStation, until } from './station.mjs';

let station, browser, page, csv, known;
const board = async () => (await fetch(`${station.address}api/board`)).json();
const limits = async () => (await page.request.get(`${station.address}api/limits`)).json();
const ended = () => until(async () => !['running', 'stopping'].includes((await board()).run.state), 'the end of the run');
/** What the page would send, sent by hand. */
const send = async (path, data) => {
  const { csrf } = await (await page.request.get(`${station.address}api/session`)).json();
  return page.request.post(`${station.address}api/${path}`, { data, headers: { 'X-KTP-CSRF': csrf, Origin: station.address.replace(/\/$/, '') } });
};
const second = async (name) => {
  const dialog = page.locator('dialog[open]');
  await dialog.getByLabel('Nama pengguna').fill(name);
  await dialog.getByLabel('Kata sandi').fill(password);
};

before(async () => {
  // A pale stain that lies just above its limit, one far above, and one that is plain damage.
  csv = smallBatch(8);
  const damaged = (text) => text.replace(/faults: ".*"/, 'faults: ""').replace(/damage: ".*"/, 'damage: "stain@6:4x0.045; stain@7:3.5x0.05; stain@3:5"');
  station = await startStation({ batches: [csv], edit: damaged });
  browser = await startBrowser();
  page = await openPage(browser, station);
  await firstAdministrator(page, station);
  await addUser(page, station, 'siti', 'inspector');
  await addUser(page, station, 'ani', 'inspector');
  await addUser(page, station, 'budi', 'supervisor');
  await page.goto(`${station.address}#board`);
  await page.getByRole('button', { name: 'Mulai cetak' }).click();
  await until(async () => (await board()).balance.good === 8, 'eight good cards');
  await ended();
  await page.getByRole('button', { name: /Keluar/ }).click();
  await logIn(page, 'siti');
  known = await page.context().storageState();
});
after(async () => {
  await browser?.close();
  await station?.end();
  rmSync(dirname(csv), { recursive: true, force: true });
});

test('what the inspection measured of every card is in the log', async () => {
  const trail = JSON.parse(await (await page.request.get(`${station.address}api/audit?card=C0000007`)).text());
  assert.match(JSON.stringify(trail), /measures/);
});

test('a damaged card is said to be whole by two people, and stays in its bin', async () => {
  await page.goto(`${station.address}#limits`);
  await page.getByText('Belum ada kartu rusak yang dinyatakan baik').waitFor();
  await shot(page, '96-limits-none');
  await page.getByLabel('Kartu rusak yang ternyata utuh').selectOption('C0000007');
  await page.getByRole('button', { name: 'Nyatakan utuh' }).click();
  const dialog = page.locator('dialog[open]');
  await dialog.getByLabel('Alasan').fill('noda pucat ini bukan kerusakan');
  await second('siti');
  await dialog.getByRole('button', { name: 'Nyatakan utuh' }).click();
  await dialog.getByText('Orang kedua harus orang lain').waitFor();
  assert.deepEqual(await axe(page), []);
  await second('ani');
  await dialog.getByRole('button', { name: 'Nyatakan utuh' }).click();
  await page.getByRole('checkbox', { name: 'Pakai C0000007' }).waitFor();
  const card = station.says('cards').trim().split('\n').map((line) => JSON.parse(line)).find((one) => one.card === 'C0000007');
  assert.deepEqual([card.verdict, card.bin], ['damaged', 'damaged']);
});

test('before anything changes the page shows what the new limit would have done to the last cards', async () => {
  await page.getByRole('button', { name: 'Lihat akibatnya' }).click();
  await page.locator('.effect').waitFor();
  const text = await page.locator('.effect').innerText();
  assert.match(text, /Bintik/, text);
  assert.match(text, /Dari 11 kartu terakhir: ditolak karena rusak 3, dengan batas baru 2\./, text);
  assert.match(text, /C0000007: orang menyatakannya baik/, text);
  await page.locator('.effect').scrollIntoViewIfNeeded();
  await shot(page, '97-limits-preview');
  assert.equal((await limits()).in_force, (await limits()).configured, 'looking changes nothing');
});

test('no violation in both languages, light and dark, and on a telephone', async () => {
  for (const language of ['id', 'en'])
    for (const colorScheme of ['light', 'dark']) {
      const other = await openPage(browser, station, { colorScheme, storageState: known });
      await other.locator('.top select').selectOption(language);
      await other.goto(`${station.address}#limits`);
      await other.getByRole('button', { name: language === 'id' ? 'Lihat akibatnya' : 'See what it does' }).click();
      await other.locator('.effect tbody tr').waitFor();
      assert.deepEqual(await axe(other), [], `${language} ${colorScheme}`);
      await shot(other, `look-limits-${language}-${colorScheme}`);
      await other.context().close();
    }
  const small = await openPage(browser, station, { viewport: { width: 390, height: 844 }, storageState: known });
  await small.goto(`${station.address}#limits`);
  await small.locator('.limits-page tbody tr').first().waitFor();
  assert.equal(await small.evaluate(() => document.documentElement.scrollWidth), 390);
  await shot(small, 'telephone-limits');
  await small.context().close();
});

test('limits that nobody saw previewed are not put into force', async () => {
  const answer = await send('limits/apply', { cards: 'C0000007', version: `${(await limits()).configured}+00000000`, reason: 'coba', second_name: 'budi', second_password: password });
  assert.equal(answer.status(), 400);
  assert.match(await answer.text(), /look once more/);
  assert.equal((await limits()).in_force, (await limits()).configured);
});

test('a supervisor has to confirm it; then it is in force, and in the log with both names', async () => {
  await page.getByRole('button', { name: 'Berlakukan batas ini' }).click();
  const dialog = page.locator('dialog[open]');
  await dialog.getByLabel('Alasan').fill('noda pucat di bawah 4 mm');
  await second('ani');
  await dialog.getByRole('button', { name: 'Berlakukan batas ini' }).click();
  await dialog.getByRole('alert').waitFor();
  await second('budi');
  await shot(page, '98-limits-apply');
  await dialog.getByRole('button', { name: 'Berlakukan batas ini' }).click();
  await page.getByText(/berlaku mulai cetak atau pilah berikutnya\.$/).waitFor();
  const now = await limits();
  assert.match(now.in_force, /^ektp-\d+\+[0-9a-f]{8}$/);
  assert.deepEqual([now.history[0].by, now.history[0].confirmed_by, now.history[0].cards], ['siti', 'budi', 1]);
  assert.match(station.says('ledger', 'verify'), /signed head covers them all/);
  await page.locator('#limits-history').scrollIntoViewIfNeeded();
  await shot(page, '99-limits-in-force');
});

test('the next start judges by it; the same card would pass now', async () => {
  await station.end({ keep: true });
  station = await startStation({ batches: [], data: station.folder, edit: (text) => text });
  page = await openPage(browser, station);
  await logIn(page, 'siti');
  assert.match((await limits()).in_force, /\+/);
});

test('limits whose file was changed behind the log judge nothing', async () => {
  const folder = join(station.folder, 'inspection'), file = join(folder, readdirSync(folder).find((name) => name.endsWith('.yaml')));
  const whole = readFileSync(file, 'utf8');
  const startWith = async (text) => {
    await station.end({ keep: true });
    writeFileSync(file, text);
    station = await startStation({ batches: [], data: station.folder, edit: (config) => config });
    page = await openPage(browser, station);
    await logIn(page, 'siti');
  };
  await startWith(whole.replace(/\n$/, '\n# wider\n'));
  assert.equal((await limits()).in_force, (await limits()).configured);
  assert.match(station.log(), /is missing in \S+ or was changed; the configured profile judges alone/);
  await startWith(whole);
  assert.match((await limits()).in_force, /\+/);
});

test('one person goes back to the limits before', async () => {
  await page.goto(`${station.address}#limits`);
  await page.getByRole('button', { name: 'Kembali ke batas sebelumnya' }).click();
  const dialog = page.locator('dialog[open]');
  await dialog.getByLabel('Alasan').fill('terlalu longgar');
  await page.keyboard.press('Enter');
  await page.getByText('Batas sebelumnya berlaku lagi.').waitFor();
  const now = await limits();
  assert.equal(now.in_force, now.configured);
  assert.equal(now.history.length, 2);
  assert.deepEqual(page.problems, []);
});

test('a card that asks for too much, and damage that people agreed on, hold the limits back', async () => {
  await page.getByLabel('Kartu rusak yang ternyata utuh').selectOption('C0000006');
  await page.getByRole('button', { name: 'Nyatakan utuh' }).click();
  await page.locator('dialog[open]').getByLabel('Alasan').fill('coba');
  await second('ani');
  await page.locator('dialog[open]').getByRole('button', { name: 'Nyatakan utuh' }).click();
  await page.getByRole('checkbox', { name: 'Pakai C0000006' }).waitFor();
  await page.getByRole('button', { name: 'Lihat akibatnya' }).click();
  await page.getByText(/Tetap ditolak: C0000006/).waitFor();
  assert.match(await page.locator('.effect').innerText(), /lebih jauh tidak boleh/);
});

test('a card that people agreed is damaged holds back the limits by which it would pass', async () => {
  assert.equal((await send('review/agree', { card: 'C0000007' })).status(), 200);
  const seen = await (await send('limits/preview', { cards: 'C0000007' })).json();
  assert.deepEqual(seen.lost, ['C0000007'], JSON.stringify(seen));
  const answer = await send('limits/apply', { cards: 'C0000007', version: seen.version, reason: 'coba', second_name: 'budi', second_password: password });
  assert.equal(answer.status(), 400);
  assert.match(await answer.text(), /C0000007 would pass, which was found damaged/);
});
