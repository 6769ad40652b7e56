import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Session } from './api';
import { wordsOf, type Language, type Say } from './i18n';

export interface Shared {
  say: Say;
  language: Language;
  session: Session;
  /** Opens the log-in dialogue. */
  login: () => void;
  /** Asks the station again who is logged in. */
  renew: () => Promise<void>;
}

export const SharedContext = createContext<Shared>({
  say: wordsOf('id'), language: 'id', session: { user: '', role: 'nobody', csrf: '', first_start: false },
  login: () => undefined, renew: async () => undefined,
});
export const useShared = () => useContext(SharedContext);
