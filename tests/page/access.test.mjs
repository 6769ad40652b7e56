// Everybody can use it: axe-core finds nothing on any page, in both languages, light and dark, on three screens.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { axe, firstAdministrator, openPage, shot, startBrowser, startStation } from './station.mjs';

let station, browser;
before(async () => {
  station = await startStation();
  browser = await startBrowser();
  const page = await openPage(browser, station);
  await firstAdministrator(page, station);
  await page.context().storageState({ path: `${station.folder}/state.json` });
  await page.getByRole('button', { name: 'Mulai cetak' }).click();
  await page.locator('.recent li').nth(5).waitFor({ timeout: 240_000 });
  await page.getByRole('button', { name: 'Berhenti setelah kartu ini' }).click();
  await page.getByRole('button', { name: 'Lanjutkan' }).waitFor({ timeout: 120_000 });
  await page.context().close();
});
after(async () => {
  await browser?.close();
  await station?.end();
});

const pages = ['board', 'batch', 'users'];
for (const language of ['id', 'en'])
  for (const theme of ['light', 'dark'])
    test(`no violation: ${language}, ${theme}`, async () => {
      let page = await openPage(browser, station, { colorScheme: theme, storageState: `${station.folder}/state.json` });
      await page.locator('.top select').selectOption(language);
      for (const one of pages) {
        await page.goto(`${station.address}#${one}`);
        await page.locator(one === 'board' ? '.board' : `.${one}`).waitFor();
        await page.waitForTimeout(400);
        assert.deepEqual(await axe(page), [], one);
        await shot(page, `look-${one}-${language}-${theme}`);
      }
      await page.context().close();
      // Somebody else's browser, where nobody is logged in.
      page = await openPage(browser, station, { colorScheme: theme });
      await page.locator('.top select').selectOption(language);
      await page.getByRole('button', { name: language === 'id' ? 'Masuk' : 'Log in', exact: true }).click();
      await page.locator('dialog').waitFor();
      assert.deepEqual(await axe(page), [], 'log-in');
      await page.context().close();
    });

test('a telephone shows it without scrolling sideways', async () => {
  const page = await openPage(browser, station, { viewport: { width: 390, height: 844 } });
  await page.locator('.board').waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  await shot(page, 'look-telephone');
  await page.context().close();
});

test('the state can be read from two metres, and fingers find the buttons', async () => {
  const page = await openPage(browser, station, { hasTouch: true });
  await page.locator('.board').waitFor();
  const size = await page.locator('#state').evaluate((node) => parseFloat(getComputedStyle(node).fontSize));
  assert.ok(size >= 40, `headline of ${size} px on 1366 x 768`);
  for (const button of await page.locator('button, select').all()) {
    const box = await button.boundingBox();
    assert.ok(box && box.height >= 40 && box.width >= 40, `${await button.innerText()} is ${box?.width} x ${box?.height}`);
  }
  await page.context().close();
});

test('first load is small', async () => {
  const page = await openPage(browser, station);
  await page.locator('.board').waitFor();
  const bytes = await page.evaluate(() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .filter((one) => !one.name.includes('/api/')).reduce((sum, one) => sum + one.encodedBodySize, 0));
  assert.ok(bytes > 20_000 && bytes < 300 * 1024, `${bytes} bytes, as they are sent`);
  await page.context().close();
});
