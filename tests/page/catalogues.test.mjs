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

// What the station itself says in English is said in the first language too, for as long as the station says it so.
const said = [...readFileSync(join(ui, 'i18n', 'station-words.ts'), 'utf8').matchAll(/^ {2}\['((?:[^'\\]|\\.)*)', '((?:[^'\\]|\\.)*)'\],$/gm)]
  .map((one) => [one[1], one[2]].map((text) => text.replaceAll("\\'", "'")));
const names = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((one) => one[1]);

test('each of the station\'s own texts is said with the values that it has', () => {
  assert.ok(said.length > 80);
  for (const [english, indonesian] of said) {
    for (const name of names(indonesian)) assert.ok(names(english).includes(name), `{${name}} of: ${indonesian}`);
    assert.equal(names(english).filter((name, at, all) => all.indexOf(name) !== at).length, 0, english);
  }
  assert.equal(new Set(said.map(([english]) => english)).size, said.length);
});

test('the station still says each of them', () => {
  const code = ['app', 'domain', 'handover', 'ledger', 'pipeline', 'web'].flatMap((room) => readdirSync(join(source, 'core', room)).filter((file) => file.endsWith('.cpp')).map((file) => readFileSync(join(source, 'core', room, file), 'utf8')))
    // Neighbouring pieces of one text are one text.
    .map((text) => text.replaceAll(/"\s*\n\s*"/g, '')).join('\n');
  for (const [english] of said) {
    const longest = english.split(/\{\w+\}/).map((part) => part.trim()).sort((a, b) => b.length - a.length)[0];
    assert.ok(code.includes(longest) || code.includes(longest.replace(/^\w+: /, '')), `nowhere: ${longest} (${english})`);
  }
});
