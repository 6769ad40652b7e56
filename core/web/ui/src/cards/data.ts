import { useCallback, useState } from 'preact/hooks';
import { get, type Verdict } from '../api';
import { useShared } from '../context';
import { textOf } from '../errors';
import { useFollowing } from '../follow';

export interface ToDestroy { card: string; order: string; why: Verdict | 'withdrawn'; at: string; bin: string }
export interface DestructionRecord { record: string; time: string; names: string[]; place: string; manner: string; count: number }
export interface Returned { card: string; order: string; item: string; date: string; reason: string; desa: string }
export interface Withdrawn { card: string; order: string; item: string; region: string; desa: string; bin: string; seal: string; at: string }
export interface Reprint { card: string; order: string; reason: string; at: string; asked_by: string; confirmed_by: string }
export interface Possible { card: string; order: string; state: string; verdict: Verdict | ''; bin: string; at: string }
export interface Cards {
  to_destroy: ToDestroy[]; to_destroy_total: number; records: DestructionRecord[];
  returned: Returned[]; returned_total: number; withdrawn: Withdrawn[]; withdrawn_total: number;
  reprints: Reprint[]; possible: Possible[]; possible_total: number;
}

/** Cards that ask for an act of a person, following the log; and what went wrong with asking. */
export function useCards(seq: number): { cards: Cards | null; refused: string; load: () => Promise<void> } {
  const { say } = useShared();
  const [cards, setCards] = useState<Cards | null>(null);
  const [refused, setRefused] = useState('');
  const load = useCallback(async () => {
    try { setCards(await get<Cards>('/api/cards')); setRefused(''); } catch (error) { setRefused(textOf(error, say)); }
  }, [say]);
  useFollowing(seq, load, 3000); // it reads every card
  return { cards, refused, load };
}
