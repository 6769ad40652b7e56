// Both languages say everything, with the same values in it, and no word is kept that the page never says.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { source } from './station.mjs';

const ui = join(source, 'core', 'web', 'ui', 'src');
const catalogue = (language) =>
  new Map(readdirSync(join(ui, 'i18n')).filter((file) => file === `${language}.ts` || file.startsWith(`${language}-`)).flatMap((file) =>
    [...readFileSync(join(ui, 'i18n', file), 'utf8').matchAll(/^ {2}'([\w.-]+)': (['"])(.*)\2,$/gm)].map((one) => [one[1], one[3]])));
const id = catalogue('id'), en = catalogue('en');
// Words that both languages share.
const shared = new Set(['role.operator', 'role.administrator', 'note.info']);

test('every word is there in both languages', () => {
  assert.ok(id.size > 150);
  assert.deepEqual([...en.keys()].sort(), [...id.keys()].sort());
});

test('no text was left untranslated or empty', () => {
  for (const [word, text] of id) {
    assert.notEqual(text.trim(), '', word);
    if (!shared.has(word)) assert.notEqual(text, en.get(word), word);
  }
});

test('the same values stand in both', () => {
  const values = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((one) => one[1]).sort();
  for (const [word, text] of id) assert.deepEqual(values(text), values(en.get(word)), word);
});

test('every word is said somewhere', () => {
  const files = (folder) => readdirSync(folder, { withFileTypes: true }).flatMap((one) =>
    one.isDirectory() ? (one.name === 'i18n' ? [] : files(join(folder, one.name))) : [join(folder, one.name)]);
  const code = files(ui).filter((one) => /\.tsx?$/.test(one)).map((one) => readFileSync(one, 'utf8')).join('\n');
  // A word may be put together: `verdict.${verdict}`.
  const stems = new Set([...code.matchAll(/`([\w.-]+[.-])\$\{/g)].map((one) => one[1]));
  for (const word of id.keys()) {
    const stem = [...stems].some((one) => word.startsWith(one));
    assert.ok(code.includes(`'${word}'`) || code.includes(`"${word}"`) || stem, `${word} is never used`);
  }
});
