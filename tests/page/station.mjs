// The real station with simulated devices, and a real browser in front of it.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const source = process.env.KTP_SOURCE_DIR;
export const build = process.env.KTP_BINARY_DIR;
const need = createRequire(join(build, 'page', 'node_modules', 'none.js'));
export const { chromium } = need('playwright-core');
export const axePath = need.resolve('axe-core/axe.min.js');

export const password = 'kata sandi panjang';
export const shots = join(build, 'page-screenshots');
mkdirSync(shots, { recursive: true });

// A deadline ends a hang and measures nothing: a machine may be busy with other things.
export const patience = Number(process.env.KTP_PATIENCE_MS ?? 180_000);
/** The data folder of the whole batch that board.test.mjs prints; the tests after it work on copies. */
export const printedBatch = join(build, 'page-batch');

export const emptyFolder = () => mkdtempSync(join(tmpdir(), 'ktp-page-'));
export function copyOfPrintedBatch() {
  const folder = emptyFolder();
  cpSync(printedBatch, folder, { recursive: true });
  return folder;
}

/** The sample run's configuration, edited. */
function configuration(folder, edit) {
  // The whole folder: what a configuration names lies beside it.
  cpSync(join(source, 'config'), join(folder, 'config'), { recursive: true });
  const path = join(folder, 'config', 'sample-run.yaml');
  writeFileSync(path, edit(readFileSync(path, 'utf8')));
  return path;
}

/** Some rows of the sample batch, the first ones or those after `from`, with their pictures, in a folder of their own: its CSV. */
export function smallBatch(rows, from = 0, name = 'B0060') {
  const folder = emptyFolder();
  cpSync(join(source, 'samples', 'batch-60'), folder, { recursive: true });
  const lines = readFileSync(join(folder, 'B0060.csv'), 'utf8').split('\n');
  const csv = join(folder, `${name}.csv`);
  writeFileSync(csv, `${[lines[0], ...lines.slice(from + 1, from + rows + 1)].join('\n')}\n`);
  return csv;
}

/** Starts `ktp-station run`; resolves when it has printed the page's address. `edit` changes its configuration's text. */
export async function startStation({ batches = ['samples/batch-60/B0060.csv'], data = emptyFolder(), edit } = {}) {
  mkdirSync(data, { recursive: true });
  const config = edit ? configuration(data, edit) : join(source, 'config', 'sample-run.yaml');
  const words = ['run', ...batches.map((one) => resolve(source, one)), '--port', '0', '--data', data, '--config', config];
  const child = spawn(join(build, 'bin', 'ktp-station'), words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '', err = '', over = false;
  child.stdout.on('data', (part) => { out += part; });
  child.stderr.on('data', (part) => { err += part; });
  const ended = new Promise((done) => child.on('exit', (code, signal) => { over = true; done(code ?? signal); }));
  // The code's line follows the address; both are there before the station waits for anybody.
  const ready = () => /page: (http:\S+)\n/.test(out) && (/first administrator: \S+\n/.test(out) || exists(data));
  await until(() => {
    if (over) throw new Error(`the station did not start: ${out}${err}`);
    return ready();
  }, 'the address of the page').catch((error) => { child.kill('SIGKILL'); throw error; });
  return {
    address: /page: (http:\S+)/.exec(out)[1],
    code: /first administrator: (\S+)/.exec(out)?.[1] ?? '',
    folder: data,
    child,
    log: () => out + err,
    /** What `ktp-station WORDS --json` says about the same data. */
    says: (...rest) => execFileSync(join(build, 'bin', 'ktp-station'), [...rest, '--data', data, '--json'], { encoding: 'utf8' }),
    async end({ keep = false } = {}) {
      if (!over) child.kill('SIGINT');
      const timer = setTimeout(() => child.kill('SIGKILL'), patience);
      const code = await ended;
      clearTimeout(timer);
      if (!keep) rmSync(data, { recursive: true, force: true });
      return code;
    },
  };
}
function exists(data) {
  try { return JSON.parse(readFileSync(join(data, 'users.json'), 'utf8')) !== null; } catch { return false; }
}

/** No sandbox of its own, which root has not; no GPU, which a server has not. */
export async function startBrowser() {
  return chromium.launch({ executablePath: process.env.KTP_CHROMIUM ?? '/usr/bin/chromium', timeout: patience, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
}

/** A page that fails the test when it logs an error or a script of it breaks. */
export async function openPage(browser, station, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, locale: 'id-ID', reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  page.problems = [];
  page.on('pageerror', (error) => page.problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) page.problems.push(message.text());
  });
  await page.goto(station.address);
  return page;
}

export async function firstAdministrator(page, station, name = 'kepala') {
  await page.getByRole('button', { name: 'Masuk', exact: true }).click();
  await page.getByLabel('Kode sekali pakai').fill(station.code);
  await page.getByLabel('Nama pengguna').fill(name);
  await page.getByLabel('Kata sandi baru').fill(password);
  await page.getByRole('button', { name: 'Buat administrator' }).click();
  await page.getByRole('button', { name: /Keluar/ }).waitFor();
}
export async function logIn(page, name) {
  await page.getByRole('button', { name: 'Masuk', exact: true }).click();
  await page.getByLabel('Nama pengguna').fill(name);
  await page.getByLabel('Kata sandi').fill(password);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /Keluar/ }).waitFor();
}
export async function addUser(page, station, name, role) {
  await page.goto(`${station.address}#users`);
  const form = page.locator('form.row');
  await form.getByLabel('Nama').fill(name);
  await form.getByLabel('Peran').selectOption(role);
  await form.getByLabel('Kata sandi baru').fill(password);
  await form.getByRole('button').click();
  await page.getByRole('row', { name: new RegExp(name) }).waitFor();
}

/** Asks again until it is so. From out here: the page's rules forbid evaluated scripts, which a wait inside it would be. */
export async function until(condition, what, ms = patience) {
  const end = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}

/** Violations of axe-core in words; an empty list is what every page must give. */
export async function axe(page) {
  // The page's own rules allow no script but its files: axe comes in from outside the page's reach.
  await page.evaluate(readFileSync(axePath, 'utf8'));
  const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return result.violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.map((node) => node.target.join(' ')).join(', ')}`);
}

export async function shot(page, name) {
  await page.screenshot({ path: join(shots, `${name}.png`) });
}
