import { Refused } from './api';
import { isWord, type Say } from './i18n';

/** What went wrong, in the reader's language where the catalogue knows the station's code for it. */
export function textOf(error: unknown, say: Say): string {
  if (error instanceof Refused) {
    const word = `error.${error.code}`;
    return isWord(word) ? say(word, { text: error.message }) : say('error.other', { text: error.message });
  }
  return say('error.other', { text: String(error) });
}
