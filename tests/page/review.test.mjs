// The inspector decides every reject by keyboard alone; good takes a second person; a page that dies changes nothing.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { addUser, axe, build, copyOfPrintedBatch, logIn, openPage, password, shot, startBrowser, startStation, until } from './station.mjs';

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
  await until(async () => await page.locator('.finding').count() >= 2, 'boxed on both pictures');
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

// The story goes on, on the same station: whoever packs comes after whoever inspects.
let packer;
const ask = async (path) => (await packer.request.get(new URL(path, station.address).href)).json();
const good = () => JSON.parse(station_says('balance')).good;

test('then: every good card is sealed, and its covering list can be opened', async () => {
  packer = await openPage(browser, station);
  await logIn(packer, 'tono');
  await packer.goto(`${station.address}#handover`);
  const cards = good();
  await packer.getByRole('button', { name: `Segel semua: ${cards} kartu` }).click();
  await packer.getByText(`${cards} kartu disegel`).waitFor();
  const { seals } = await ask('/api/handover');
  assert.equal(seals.reduce((sum, one) => sum + one.inside, 0), cards);
  for (const { seal } of seals.slice(0, 3)) {
    const answer = await packer.request.get(`${station.address}api/handover/paper?seal=${seal}&form=pdf`);
    const text = execFileSync('pdftotext', ['-layout', '-', '-'], { input: await answer.body(), encoding: 'utf8' });
    for (const { item } of await ask(`/api/handover/batch?seal=${seal}`)) assert.ok(text.includes(item), `${item} on the list of ${seal}`);
  }
  await shot(packer, '50-story-sealed');
});

test('then: every batch is countersigned and gone', async () => {
  const { seals } = await ask('/api/handover');
  for (const { seal, inside } of seals) {
    await packer.getByRole('button', { name: `Serahkan ${seal}` }).click();
    const dialog = packer.locator('dialog.sign');
    await dialog.getByLabel('Diterima oleh').fill('Rudi, Kantor Pos Cikarang');
    await dialog.getByLabel('Jumlah kartu').fill(String(inside));
    await packer.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
  }
  await packer.getByText('Tidak ada kelompok yang menunggu diserahkan').waitFor();
  await shot(packer, '51-story-handed-over');
  const balance = JSON.parse(station_says('balance'));
  assert.deepEqual([balance.good, balance.handed_over], [0, seals.reduce((sum, one) => sum + one.inside, 0)]);
});

test('then: what the post office says is looked at row by row, and booked', async () => {
  const { seals } = await ask('/api/handover');
  const items = (await Promise.all(seals.map(({ seal }) => ask(`/api/handover/batch?seal=${seal}`)))).flat().map((one) => one.item);
  const day = '25-03-2020';
  const rows = items.flatMap((item, i) => [`${item},entri,21-03-2020,`, i < 3 ? `${item},retur,${day},${['pindah', 'rumah kosong', 'pindah'][i]}` : `${item},terkirim,${day},orang serumah`]);
  const bad = ['ZA999999995ID,terkirim,25-03-2020,ybs', `${items[0]},terkirim,${day},ybs`, 'NIK 3216990101900001,entri,21-03-2020,'];
  const buffer = Buffer.from(['nomor_kiriman,status,tanggal,keterangan', ...rows, ...bad].join('\r\n'));
  await packer.goto(`${station.address}#post`);
  await packer.locator('input[type=file]').setInputFiles({ name: 'hasil.csv', mimeType: 'text/csv', buffer });
  const before = station_says('balance');
  await packer.getByText(`hasil.csv: ${rows.length + bad.length} baris, ini yang akan dicatat`).waitFor();
  const tally = Object.fromEntries(await packer.locator('.tally div').evaluateAll((all) => all.map((one) => [one.querySelector('dt').textContent, Number(one.querySelector('dd').textContent)])));
  assert.deepEqual(tally, { 'masuk pos': items.length, sampai: items.length - 3, kembali: 3, 'sudah dicatat': 0, ditolak: 3 });
  assert.equal(station_says('balance'), before, 'a look books nothing');
  assert.doesNotMatch(await packer.locator('main').innerText(), /3216990101900001/);
  await shot(packer, '52-story-post-preview');
  assert.deepEqual(await axe(packer), []);
  await packer.getByRole('button', { name: `Catat ${rows.length} hasil` }).click();
  await packer.getByText(`${rows.length} hasil baru dicatat`).waitFor();
  // The same file once more adds nothing.
  await packer.locator('input[type=file]').setInputFiles({ name: 'hasil.csv', mimeType: 'text/csv', buffer });
  await packer.getByText('ini yang akan dicatat').waitFor();
  assert.equal(await packer.getByRole('button', { name: 'Catat 0 hasil' }).isDisabled(), true);
  await shot(packer, '53-story-post-known');
});

test('then: the books close, and the report says it in its own numbers', async () => {
  await packer.goto(`${station.address}#books`);
  await packer.getByText('Semua tercatat').first().waitFor();
  const report = JSON.parse(station_says('report'));
  assert.deepEqual([report.unexplained, report.under_way, report.returned], [0, 0, 3]);
  assert.equal(report.handed_over, report.delivered + report.returned);
  const shown = await packer.locator('.paragraph').innerText();
  const printed = execFileSync(join(build, 'bin', 'ktp-station'), ['report', '--data', station.folder], { encoding: 'utf8' });
  assert.equal(shown, printed.split('\n')[0], 'the page says what the command says');
  const balance = JSON.parse(station_says('balance'));
  assert.deepEqual([balance.unknown, balance.discrepancy, balance.handed_over], [0, 0, report.handed_over]);
  await packer.getByText('Terima kembali atau salurkan').first().waitFor();
  await packer.getByRole('button', { name: 'Yang mana Terima kembali' }).click();
  assert.equal(await packer.locator('.open-items tbody tr').count(), 3);
  // An hour before the first blank was received the books were empty.
  await packer.getByLabel('Bandingkan dengan saat').fill('2020-01-01T08:00');
  await packer.getByRole('button', { name: 'Lihat saat itu' }).click();
  await until(async () => (await packer.locator('.balance thead th').count()) === 3, 'the balance of that moment');
  const received = await packer.locator('.balance tr.sum td').allInnerTexts();
  assert.deepEqual(received.map(Number), [0, balance.received]);
  await shot(packer, '54-story-books');
  assert.deepEqual(packer.problems, []);
  await packer.context().close();
});
