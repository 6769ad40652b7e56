// Everybody can use it: axe-core finds nothing on any page or dialogue, in both languages, light and dark, on three screens.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { axe, copyOfPrintedBatch, logIn, openPage, shot, startBrowser, startStation } from './station.mjs';

let station, browser, known;
before(async () => {
  station = await startStation({ batches: [], data: copyOfPrintedBatch() });
  browser = await startBrowser();
  const page = await openPage(browser, station);
  await logIn(page, 'kepala');
  known = await page.context().storageState();
  await page.context().close();
});
after(async () => {
  await browser?.close();
  await station?.end();
});

const pages = { board: '.board', batch: '.batch', sort: '.sort-begin', limits: '#limits-set', person: '.cards-page form', review: '.compare[data-shown^=C]', handover: '.good-bins li li', post: '.post-page .drop', recall: '.recall form', returned: '#returned', destroy: '#to-destroy', reprint: '#possible', books: '.next-steps li', reports: '.chart [data-drawn]', audit: '.audit tbody tr', doctor: '.doctor tbody tr', settings: '.settings form', users: '.users' };
for (const language of ['id', 'en'])
  for (const colorScheme of ['light', 'dark'])
    test(`no violation: ${language}, ${colorScheme}`, async () => {
      let page = await openPage(browser, station, { colorScheme, storageState: known });
      await page.locator('.top select').selectOption(language);
      for (const [name, there] of Object.entries(pages)) {
        await page.goto(`${station.address}#${name}`);
        await page.locator(there).first().waitFor();
        assert.deepEqual(await axe(page), [], name);
        await shot(page, `look-${name}-${language}-${colorScheme}`);
        if (name !== 'review') continue;
        await page.keyboard.press('g');
        await page.locator('dialog.decide').waitFor();
        assert.deepEqual(await axe(page), [], 'decision');
        await page.keyboard.press('Escape');
      }
      assert.deepEqual(page.problems, []);
      await page.context().close();
      // Somebody else's browser, where nobody is logged in.
      page = await openPage(browser, station, { colorScheme });
      await page.locator('.top select').selectOption(language);
      await page.getByRole('button', { name: language === 'id' ? 'Masuk' : 'Log in', exact: true }).click();
      await page.locator('dialog').waitFor();
      assert.deepEqual(await axe(page), [], 'log-in');
      await page.context().close();
    });

test('a telephone shows it without scrolling sideways', async () => {
  const page = await openPage(browser, station, { viewport: { width: 390, height: 844 }, storageState: known });
  for (const [name, there] of Object.entries(pages)) {
    await page.goto(`${station.address}#${name}`);
    await page.locator(there).first().waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390, name);
    await shot(page, `telephone-${name}`);
  }
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
