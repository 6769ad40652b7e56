import type { Verdict } from '../api';

type SortVerdict = Exclude<Verdict, 'spoiled'>;
export type Who = 'known' | 'unknown' | 'contradiction' | 'cannot-tell';
export interface Sighting {
  box: string; number: number; sighting: string; who: Who; order_id: string; card: string; record: string; nik: string;
  verdict: SortVerdict; bin: SortVerdict; back: boolean;
  why: { reason: string; en: string; id: string }[];
  seen: { box: string; number: number; verdict: SortVerdict }[];
  findings: { kind: string; side: 'front' | 'back'; field: string; size_mm: number }[];
  doubt: boolean; found: boolean; held: boolean;
}
export interface Box { box: string; again: string; seen: number; counted: number; replaced: boolean }
export interface SortState {
  printers: { name: string; camera: string }[];
  boxes: Box[];
  passing: boolean;
  box: string; printer: string; by: string;
  state: '' | 'ready' | 'moving' | 'photographing' | 'taken' | 'take-away' | 'no-card' | 'too-early';
  seen: number; counted: number; closed: boolean | null; error: string;
  cards: Sighting[];
  tally: Partial<Record<SortVerdict, number>>;
}
