// The real station with simulated devices, and a real browser in front of it.
import { spawn } from 'node:child_process';
import { mkdtempSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const source = process.env.KTP_SOURCE_DIR;
export const build = process.env.KTP_BINARY_DIR;
const need = createRequire(join(build, 'page', 'node_modules', 'none.js'));
export const { chromium } = need('playwright-core');
export const axePath = need.resolve('axe-core/axe.min.js');

export const password = 'kata sandi panjang';
export const shots = join(build, 'page-screenshots');
mkdirSync(shots, { recursive: true });

/** Starts `ktp-station run`; resolves when it has printed the page's address. */
export async function startStation({ batches = ['samples/batch-60/B0060.csv'], config = 'config/sample-run.yaml', data } = {}) {
  const folder = data ?? mkdtempSync(join(tmpdir(), 'ktp-page-'));
  const words = ['run', ...batches.map((one) => join(source, one)), '--port', '0', '--data', folder, '--config', join(source, config)];
  const child = spawn(join(build, 'bin', 'ktp-station'), words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '', err = '';
  child.stdout.on('data', (part) => { out += part; });
  child.stderr.on('data', (part) => { err += part; });
  const ended = new Promise((done) => child.on('exit', (code, signal) => done(code ?? signal)));
  let over = false;
  void ended.then(() => { over = true; });
  const until = Date.now() + 60_000;
  while (!/page: (http:\S+)/.test(out)) {
    if (over || Date.now() > until) throw new Error(`the station did not start: ${out}${err}`);
    await new Promise((done) => setTimeout(done, 50));
  }
  await new Promise((done) => setTimeout(done, 100));
  return {
    address: /page: (http:\S+)/.exec(out)[1],
    code: /first administrator: (\S+)/.exec(out)?.[1] ?? '',
    folder,
    child,
    log: () => out + err,
    async end({ keep = false } = {}) {
      if (!over) child.kill('SIGINT');
      const timer = setTimeout(() => child.kill('SIGKILL'), 60_000);
      const code = await ended;
      clearTimeout(timer);
      if (!keep) rmSync(folder, { recursive: true, force: true });
      return code;
    },
  };
}

/** What a test needs to be root-proof and quick: no sandbox of its own, no GPU. */
export async function startBrowser() {
  return chromium.launch({ executablePath: process.env.KTP_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
}

/** A page that fails the test when it logs an error or a script of it breaks. */
export async function openPage(browser, station, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, locale: 'id-ID', ...options });
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

/** Asks again until it is so. From out here: the page's rules forbid evaluated scripts, which a wait inside it would be. */
export async function until(condition, what, ms = 30_000) {
  const end = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((done) => setTimeout(done, 5));
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
