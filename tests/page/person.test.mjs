// One person's data: shown and given out with a reason, every look in the log; an auditor reads who looked and no more.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { after, before } from 'node:test';
import { addUser, axe, firstAdministrator, logIn, openPage, shot, smallBatch, startBrowser, startStation } from './station.mjs';

let station, browser, page, csv, row, known;
const order = () => row.order_id;

before(async () => {
  csv = smallBatch(2);
  const [head, first] = readFileSync(csv, 'utf8').split('\n').map((line) => line.split(','));
  row = Object.fromEntries(head.map((name, at) => [name, first[at]]));
  station = await startStation({ batches: [csv] });
  browser = await startBrowser();
  page = await openPage(browser, station, { acceptDownloads: true });
  await firstAdministrator(page, station);
  await addUser(page, station, 'budi', 'supervisor');
  await addUser(page, station, 'aud', 'auditor');
  await page.getByRole('button', { name: /Keluar/ }).click();
  await logIn(page, 'budi');
  known = await page.context().storageState();
});
after(async () => {
  await browser?.close();
  await station?.end();
  rmSync(dirname(csv), { recursive: true, force: true });
});

test('a supervisor sees the record with a reason, the NIK but for four digits, and his own look', async () => {
  await page.goto(`${station.address}#person`);
  await page.getByLabel('Nomor pesanan').fill(order());
  await page.getByLabel('Alasan').fill('diminta orangnya sendiri');
  await page.getByRole('button', { name: 'Lihat data' }).click();
  await page.locator('.fields').waitFor();
  const text = await page.locator('main').innerText();
  assert.ok(text.includes(row.nama), 'the name');
  assert.ok(text.includes(`************${row.nik.slice(-4)}`) && !text.includes(row.nik), 'the NIK');
  assert.match(await page.locator('tbody tr').first().innerText(), /budi[\s\S]*catatan[\s\S]*diminta orangnya sendiri/);
  await shot(page, '80-person');
});

test('asked for by NIK the same person is found, and the number stands in no address and no log', async () => {
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.getByLabel('Nomor pesanan').fill('');
  await page.getByLabel('atau NIK (16 angka)').fill(row.nik);
  await page.getByLabel('Alasan').fill('diminta lagi');
  await page.getByRole('button', { name: 'Lihat data' }).click();
  await page.getByText('diminta lagi').waitFor();
  assert.ok(asked.length > 0 && asked.every((url) => !url.includes(row.nik)));
  assert.ok(!station.log().includes(row.nik));
});

test('a copy is a zip of record, trail and what each of them is; nothing of it stays at the station', async () => {
  await page.getByLabel('Nomor pesanan').fill(order());
  await page.getByLabel('atau NIK (16 angka)').fill('');
  await page.getByLabel('Alasan').fill('salinan untuk orangnya');
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Unduh salinan' }).click()]);
  const bytes = readFileSync(await download.path());
  assert.equal(bytes.subarray(0, 2).toString(), 'PK');
  for (const name of ['record.json', 'trail.jsonl', 'BACA-README.txt']) assert.ok(bytes.includes(name), name);
  assert.equal(download.suggestedFilename(), 'data.zip');
  await page.getByText('Salinan diunduh.').waitFor();
  await page.getByRole('cell', { name: 'salinan', exact: true }).waitFor();
  assert.ok(!existsSync(join(station.folder, '.person-export')));
});

test('no reason, no look', async () => {
  const { csrf } = await (await page.request.get(`${station.address}api/session`)).json();
  for (const what of ['show', 'export']) {
    const answer = await page.request.post(`${station.address}api/person/${what}`, { data: { order: order() }, headers: { 'X-KTP-CSRF': csrf, Origin: station.address.replace(/\/$/, '') } });
    assert.equal(answer.status(), 400);
    assert.ok(!(await answer.text()).includes(row.nama));
  }
});

test('no violation in both languages, light and dark', async () => {
  for (const language of ['id', 'en'])
    for (const colorScheme of ['light', 'dark']) {
      const other = await openPage(browser, station, { colorScheme, storageState: known });
      await other.locator('.top select').selectOption(language);
      await other.goto(`${station.address}#person`);
      await other.locator('input[name=order]').fill(order());
      await other.locator('input[name=reason]').fill('axe');
      await other.locator('button[name=show]').click();
      await other.locator('.fields').waitFor();
      assert.deepEqual(await axe(other), [], `${language} ${colorScheme}`);
      await shot(other, `look-person-${language}-${colorScheme}`);
      await other.context().close();
    }
});

test('an auditor reads who looked, and sees no person', async () => {
  await page.getByRole('button', { name: /Keluar/ }).click();
  await logIn(page, 'aud');
  await page.goto(`${station.address}#person`);
  await page.getByLabel('Nomor pesanan').fill(order());
  await page.keyboard.press('Enter');
  await page.getByText('salinan untuk orangnya').waitFor();
  assert.equal(await page.locator('.fields').count(), 0);
  assert.ok(!(await page.locator('main').innerText()).includes(row.nama));
  assert.deepEqual(page.problems, []);
});
