import { id, type Word } from './id';
import { en } from './en';

export type { Word };
export type Language = 'id' | 'en';

const catalogues: Record<Language, Record<Word, string>> = { id, en };

export const languages: { code: Language; name: string }[] = [
  { code: 'id', name: 'Bahasa Indonesia' },
  { code: 'en', name: 'English' },
];

/** The words of one language; `{name}` in a text is replaced by values[name]. */
export function wordsOf(language: Language) {
  const words = catalogues[language];
  return (word: Word, values: Record<string, string | number> = {}): string =>
    words[word].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
}

export type Say = ReturnType<typeof wordsOf>;

/** A word that the station made: its text if the catalogue has it, or nothing. */
export function isWord(word: string): word is Word {
  return word in id;
}
