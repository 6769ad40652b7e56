import { Refused } from './api';
import { isWord, type Language, type Say } from './i18n';
import { inWords } from './i18n/station-words';

/** What went wrong, in the reader's language where the catalogue knows the station's code or its words. */
export function textOf(error: unknown, say: Say): string {
  const language: Language = document.documentElement.lang === 'en' ? 'en' : 'id';
  if (error instanceof Refused) {
    const word = `error.${error.code}`;
    const text = inWords(error.message, language, say);
    return isWord(word) ? say(word, { text }) : say('error.other', { text });
  }
  return say('error.other', { text: String(error) });
}
