// What is done with single cards: a reprint by two people, labels, cards that come back, a recall to its end, destruction by two people.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { addUser, axe, copyOfPrintedBatch, logIn, openPage, password, shot, shots, startBrowser, startStation, until } from './station.mjs';

let station, browser, operator, chief;
const balance = () => JSON.parse(station.says('balance'));
const lines = (...words) => station.says(...words).trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));
const cardOf = (name) => lines('cards').find((one) => one.card === name);
const orderOf = (name) => lines('orders').find((one) => one.order_id === name);
const ask = async (path) => (await operator.request.get(new URL(path, station.address).href)).json();
const said = (page, text) => page.getByText(text).first().waitFor();

/** What the page would send, for the parts of the story that other tests show. */
async function send(page, path, data, type = 'application/json') {
  const { csrf } = await (await page.request.get(`${station.address}api/session`)).json();
  const answer = await page.request.post(new URL(path, station.address).href,
    { headers: { 'Content-Type': type, Origin: station.address.slice(0, -1), 'X-KTP-CSRF': csrf }, data });
  assert.ok(answer.ok(), `${path}: ${await answer.text()}`);
  return answer.json();
}
async function pdfText(page, href, name) {
  const answer = await page.request.get(new URL(href, station.address).href);
  assert.equal(answer.headers()['content-type'], 'application/pdf');
  const file = join(shots, `${name}.pdf`);
  writeFileSync(file, await answer.body());
  execFileSync('pdftoppm', ['-r', '60', '-png', '-singlefile', file, join(shots, name)]);
  return execFileSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8' });
}

before(async () => {
  station = await startStation({ batches: [], data: copyOfPrintedBatch() });
  browser = await startBrowser();
  const admin = await openPage(browser, station);
  await logIn(admin, 'kepala');
  for (const [name, role] of [['tono', 'operator'], ['siti', 'inspector'], ['budi', 'supervisor'], ['rina', 'supervisor'], ['ani', 'auditor']]) await addUser(admin, station, name, role);
  await admin.context().close();
  operator = await openPage(browser, station);
  await logIn(operator, 'tono');
  chief = await openPage(browser, station);
  await logIn(chief, 'budi');
});
after(async () => {
  await browser?.close();
  await station?.end();
});

test('a reprint is asked for by one person and confirmed by a supervisor who is another one', async () => {
  await operator.goto(`${station.address}#reprint`);
  await operator.locator('[aria-labelledby=possible] tbody tr').first().waitFor();
  const wrong = lines('cards').filter((one) => one.verdict === 'mismatch' && orderOf(one.order_id).state === 'held');
  assert.ok(wrong.length >= 1, 'the sample run makes one');
  const { card, order_id: order } = wrong[0];
  await shot(operator, '60-reprint-possible');
  await operator.getByRole('button', { name: `Minta cetak ulang ${card}` }).click();
  await operator.getByLabel('Alasan').fill('NIK 3216990101900001');
  await operator.keyboard.press('Enter');
  await said(operator, 'no numbers of persons');
  await operator.getByLabel('Alasan').fill('foto orang lain');
  await operator.keyboard.press('Enter');
  await said(operator, `Cetak ulang ${card} menunggu penyelia`);
  assert.equal(orderOf(order).state, 'held');
  await operator.getByRole('button', { name: `Tegaskan ${card}` }).click();
  const dialog = operator.locator('dialog.ask');
  const second = async (name, word = password) => {
    await dialog.getByLabel('Nama pengguna').fill(name);
    await dialog.getByLabel('Kata sandi', { exact: true }).fill(word);
    await operator.keyboard.press('Enter');
  };
  await second('tono');
  await dialog.getByText('harus orang lain').waitFor();
  await second('siti');
  await dialog.getByText('harus penyelia').waitFor();
  await second('budi', 'salah salah salah');
  await dialog.getByText('tidak cocok').waitFor();
  assert.deepEqual(await axe(operator), []);
  await shot(operator, '61-reprint-second');
  assert.equal(orderOf(order).state, 'held');
  await second('budi');
  await said(operator, `Pesanan ${order} menunggu dicetak lagi`);
  assert.equal(orderOf(order).state, 'accepted');
  await said(operator, 'diminta tono, ditegaskan budi');
  // It can still be dropped while nothing was begun, and asked for again.
  await chief.goto(`${station.address}#reprint`);
  await chief.getByRole('button', { name: `Batalkan permintaan ${card}` }).click();
  await chief.getByLabel('Alasan').fill('orangnya sudah pindah');
  await chief.keyboard.press('Enter');
  await said(chief, `${card} tidak dicetak ulang`);
  assert.equal(orderOf(order).state, 'held');
  await send(operator, 'api/cards/reprint/ask', { card, reason: 'tidak jadi pindah' });
  // The supervisor at his own screen is the second person: no further password.
  await chief.getByRole('button', { name: `Tegaskan ${card}` }).click();
  await said(chief, `Pesanan ${order} menunggu dicetak lagi`);
  assert.equal(orderOf(order).state, 'accepted');
  // And it is printed.
  await operator.goto(`${station.address}#board`);
  await operator.getByRole('button', { name: /Mulai cetak|Lanjutkan/ }).click();
  await until(() => orderOf(order).state === 'done', 'the other card');
  const cards = lines('cards').filter((one) => one.order_id === order);
  assert.deepEqual(cards.map((one) => one.verdict), ['mismatch', 'good']);
  assert.equal(balance().discrepancy, 0);
});

test('labels for the boxes of every batch that waits', async () => {
  await until(async () => (await ask('/api/board')).run.state === 'idle', 'the machine to stand');
  await send(operator, 'api/handover/seal', { region: '' });
  await operator.goto(`${station.address}#handover`);
  await operator.getByLabel('Kotak tiap kelompok').fill('2');
  await shot(operator, '62-labels');
  const { seals } = await ask('/api/handover');
  const text = await pdfText(operator, await operator.getByRole('link', { name: 'Cetak label semua yang menunggu' }).getAttribute('href'), '62-labels-all');
  for (const { seal } of seals) assert.equal(text.match(new RegExp(seal, 'g')).length, 2, `two boxes of ${seal}`);
  assert.equal(text.match(/Kotak 2 dari 2/g).length, seals.length);
  const one = await pdfText(operator, await operator.getByRole('link', { name: `Label ${seals[0].seal}` }).getAttribute('href'), '62-labels-one');
  assert.ok(one.includes(seals[0].seal) && !one.includes(seals[1].seal));
  assert.deepEqual(await axe(operator), []);
});

let returned;
test('cards that come back go out again, into the bin, or are withdrawn', async () => {
  const { seals } = await ask('/api/handover');
  const items = [];
  for (const { seal, inside } of seals.slice(1)) {
    items.push(...await ask(`/api/handover/batch?seal=${seal}`));
    await send(operator, 'api/handover/sign', { seal, taken_by: 'Rudi', counted: String(inside) });
  }
  returned = items.slice(0, 4);
  const rows = items.flatMap(({ item }, i) => [`${item},entri,21-03-2020,`, i < 4 ? `${item},retur,25-03-2020,pindah` : `${item},terkirim,25-03-2020,ybs`]);
  await send(operator, 'api/post/import', Buffer.from(['nomor_kiriman,status,tanggal,keterangan', ...rows].join('\r\n')), 'application/octet-stream');
  await operator.goto(`${station.address}#returned`);
  await said(operator, 'Kembali dari pos: 4');
  assert.equal(await operator.getByRole('button', { name: /^Tarik/ }).count(), 0, 'withdrawing is a supervisor\'s');
  await shot(operator, '63-returned');
  const before = balance();
  await operator.getByRole('button', { name: `Terima kembali ${returned[0].card}` }).click();
  await said(operator, `${returned[0].card} kembali ke kotak Baik`);
  assert.deepEqual([cardOf(returned[0].card).state, cardOf(returned[0].card).bin, balance().good], ['sorted', 'good', before.good + 1]);
  await operator.getByRole('button', { name: `Salurkan ${returned[1].card}` }).click();
  await operator.getByLabel('Ditandatangani oleh').last().fill('Kades Sukamaju');
  await operator.keyboard.press('Enter');
  await said(operator, `${returned[1].card} disalurkan ke`);
  assert.match(execFileSync(join(process.env.KTP_BINARY_DIR, 'bin', 'ktp-station'), ['card', returned[1].card, '--data', station.folder], { encoding: 'utf8' }), /redistributed/);
  await chief.goto(`${station.address}#returned`);
  await chief.getByRole('button', { name: `Tarik ${returned[2].card}` }).click();
  await chief.getByLabel('Alasan').fill('dua kali kembali');
  await chief.keyboard.press('Enter');
  await said(chief, `${returned[2].card} ditarik`);
  assert.equal(cardOf(returned[2].card).state, 'withdrawn');
  assert.equal(balance().discrepancy, 0);
  assert.deepEqual(await axe(chief), []);
});

test('a recall goes to its end: seen first, done, and every card brought together and signed for', async () => {
  await chief.goto(`${station.address}#recall`);
  const { bins, seals } = await ask('/api/handover');
  const region = (seals[0].region ?? bins[0].code).slice(0, 8);
  await chief.getByLabel('Kode wilayah').fill(region);
  await said(chief, 'pesanan di buku besar');
  await chief.getByLabel('Alasan').fill('penggusuran');
  await chief.keyboard.press('Enter');
  await said(chief, 'yang akan terjangkau');
  await shot(chief, '64-recall-look');
  const n = Number(await chief.locator('.tally dd').first().innerText());
  assert.ok(n >= 1);
  await chief.getByRole('button', { name: new RegExp(`^Tarik ${n} kartu`) }).click();
  await said(chief, 'Tercatat. Kumpulkan');
  assert.equal(await chief.locator('.steps [aria-current]').innerText(), 'Kumpulkan setiap kartu');
  const waiting = async () => (await ask('/api/cards')).withdrawn.filter((one) => one.region.startsWith(region) && one.at === '');
  const missing = await waiting();
  assert.ok(missing.length >= n);
  assert.equal(await chief.getByRole('button', { name: /^Ditemukan/ }).first().isDisabled(), true, 'a place and a name first');
  await chief.getByLabel('Disimpan di').fill('lemari 2');
  await chief.getByLabel('Ditandatangani oleh').fill('Rudi');
  // By scanner where there is a number, else in the card's row.
  const scan = chief.getByLabel('Nomor barang atau nama kartu');
  await scan.fill('ZA999999995ID');
  await scan.press('Enter');
  await said(chief, 'ZA999999995ID tidak ada di daftar');
  for (const one of missing) {
    if (one.item) { await scan.fill(one.item.toLowerCase()); await scan.press('Enter'); } else await chief.getByRole('button', { name: `Ditemukan ${one.card}` }).click();
    await said(chief, `${one.card} ada di lemari 2`);
  }
  await said(chief, 'Semua kartu yang ditarik sudah ditemukan');
  assert.equal((await waiting()).length, 0);
  assert.equal(await chief.locator('.steps li.done').count(), 4);
  await shot(chief, '65-recall-collected');
  assert.deepEqual(await axe(chief), []);
});

test('a destruction is counted by two people who give their passwords, and its paper names every card', async () => {
  await chief.goto(`${station.address}#destroy`);
  await chief.locator('[aria-labelledby=to-destroy] tbody tr').first().waitFor();
  const { to_destroy: all } = await ask('/api/cards');
  const rejects = lines('cards').filter((one) => one.state === 'withdrawn' || (['sorted', 'spoiled'].includes(one.state) && ['damaged', 'duplicate', 'mismatch'].includes(one.bin)));
  assert.deepEqual(all.map((one) => one.card), rejects.map((one) => one.card));
  // One of them is not there: it stays.
  const left = all[0].card, n = all.length - 1, before = balance();
  await chief.getByRole('checkbox', { name: left }).uncheck();
  const fill = async (counted, name, word = password) => {
    await chief.getByLabel('Jumlah kartu yang dihitung').fill(String(counted));
    await chief.getByLabel('Tempat').fill('halaman kantor');
    await chief.getByLabel('Saksi lain').fill('Camat Sukatani, Babinsa');
    await chief.getByLabel('Nama pengguna').fill(name);
    await chief.getByLabel('Kata sandi', { exact: true }).fill(word);
    await chief.getByRole('button', { name: `Catat pemusnahan ${n} kartu` }).click();
  };
  await fill(n, 'budi');
  await said(chief, 'harus orang lain');
  await fill(n, 'tono');
  await said(chief, 'harus pemeriksa mutu atau penyelia');
  await fill(n + 1, 'siti');
  await said(chief, `${n + 1} kartu dihitung, ${n} dipilih`);
  // Nor does the station believe a page that counts otherwise.
  const { csrf } = await (await chief.request.get(`${station.address}api/session`)).json();
  const refused = await chief.request.post(`${station.address}api/cards/destroy`, { headers: { 'Content-Type': 'application/json', Origin: station.address.slice(0, -1), 'X-KTP-CSRF': csrf },
    data: { cards: all.slice(1).map((one) => one.card).join('\n'), counted: String(n + 1), place: 'halaman', manner: 'dibakar', second_name: 'siti', second_password: password } });
  assert.deepEqual([refused.status(), /nothing was done/.test(await refused.text())], [400, true]);
  assert.deepEqual(balance(), before);
  await shot(chief, '66-destroy');
  assert.deepEqual(await axe(chief), []);
  await fill(n, 'siti');
  await said(chief, `${n} kartu dimusnahkan`);
  const now = balance();
  assert.deepEqual([now.destroyed - before.destroyed, now.discrepancy], [n, 0]);
  assert.notEqual(cardOf(left).state, 'destroyed');
  const text = await pdfText(chief, await chief.getByRole('link', { name: 'Berita acara' }).first().getAttribute('href'), '67-record');
  for (const one of all.slice(1)) assert.ok(text.includes(one.card), one.card);
  assert.ok(!text.includes(left));
  for (const name of ['budi', 'siti', 'Camat Sukatani', 'Babinsa', 'halaman kantor']) assert.ok(text.includes(name), name);
  assert.doesNotMatch(text, /\d{16}/, 'a NIK is masked');
  await shot(chief, '67-destroyed');
  assert.deepEqual([...operator.problems, ...chief.problems], []);
});

test('an auditor sees all of it and can change nothing', async () => {
  const auditor = await openPage(browser, station);
  await logIn(auditor, 'ani');
  for (const [name, there] of [['returned', '#returned'], ['destroy', '#to-destroy'], ['reprint', '#possible']]) {
    await auditor.goto(`${station.address}#${name}`);
    await auditor.locator(there).waitFor();
    assert.equal(await auditor.locator('main button').count(), 0, name);
    assert.equal(await auditor.locator('main form').count(), 0, name);
  }
  assert.equal(await auditor.locator('.papers a').count(), 0);
  assert.deepEqual(auditor.problems, []);
  await auditor.context().close();
});
