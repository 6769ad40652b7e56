// How long an event takes to the screen, and what the page costs the station. Real station, real browser, ten pages.
//   KTP_SOURCE_DIR=. KTP_BINARY_DIR=build-release node tests/bench/page_live.mjs
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { firstAdministrator, openPage, startBrowser, startStation } from '../page/station.mjs';

const pages = 10, idleSeconds = 20;
const station = await startStation();
const browser = await startBrowser();
const quantile = (values, share) => values.sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];

// User and system time of the station's process, without its workers, in seconds.
const spent = () => {
  const fields = readFileSync(`/proc/${station.child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
};
const first = await openPage(browser, station);
const begun = Date.now();
await first.reload();
await first.locator('.board').waitFor();
const usable = Date.now() - begun;
await firstAdministrator(first, station);
const open = [first];
while (open.length < pages) open.push(await openPage(browser, station));
for (const page of open) {
  await page.locator('.board').waitFor();
  // From the time the ledger gave the judgement to the frame in which its card stands in the list.
  await page.evaluate(() => {
    window.delays = [];
    const seen = new Set();
    new MutationObserver(() => requestAnimationFrame(() => {
      for (const item of document.querySelectorAll('.recent li')) {
        const time = item.querySelector('time').dateTime, key = item.textContent + time;
        if (!seen.has(key)) { seen.add(key); window.delays.push(Date.now() - Date.parse(time)); }
      }
    })).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
}
const before = spent(), from = Date.now();
await new Promise((done) => setTimeout(done, idleSeconds * 1000));
const idle = (spent() - before) / ((Date.now() - from) / 1000);
await first.getByRole('button', { name: 'Mulai cetak' }).click();
await first.locator('.queue li.done').waitFor({ timeout: 900_000 });
const delays = (await Promise.all(open.map((page) => page.evaluate(() => window.delays)))).flat();
console.log(JSON.stringify({
  cores: cpus().length, pages, events: delays.length, p50_ms: quantile(delays, 0.5), p95_ms: quantile(delays, 0.95), most_ms: quantile(delays, 1),
  idle_cpu_of_one_core: Number(idle.toFixed(4)), usable_ms: usable,
}));
await browser.close();
await station.end();
