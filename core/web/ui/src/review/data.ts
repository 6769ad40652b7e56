import { get, type Verdict } from '../api';

export type Side = 'front' | 'back';
export type Picture = 'expected' | 'aligned' | 'photograph';

export interface Waiting {
  card: string; order: string; verdict: Verdict; kind: string; field: string; since: string;
  decided: '' | 'reviewed' | 'overridden'; by: string;
}
export interface Queue { open: Waiting[]; decided: Waiting[] }
export interface Finding {
  kind: string; side: Side; field: string; box: [number, number, number, number]; score: number; limit: number; size_mm: number;
}
export interface Step { type: string; time: string; actor: string; verdict?: string; was?: string; bin?: string; outcome?: string; reason?: string; confirmed_by?: string }
export interface Card {
  card: string; order: string; verdict: Verdict; bin: string; order_state: string; why: string; profile?: string;
  findings: Finding[]; pictures: Record<Side, Picture[]>; trail: Step[];
}

export interface Ready { card: Card; urls: Partial<Record<`${Side}-${Picture}`, string>> }

const kept = new Map<string, Promise<Ready>>();
const mostKept = 6;

async function fetchPicture(card: string, side: Side, what: Picture): Promise<string> {
  const answer = await fetch(`/api/picture?card=${encodeURIComponent(card)}&side=${side}&what=${what}`, { cache: 'no-store' });
  if (!answer.ok) throw new Error(String(answer.status));
  return URL.createObjectURL(await answer.blob());
}

/** A card with its pictures in memory. The station forbids the browser to keep them; they go when the page forgets them. */
export function prepare(card: string, again = false): Promise<Ready> {
  const known = kept.get(card);
  if (known && !again) return known;
  const ready = (async () => {
    const info = await get<Card>(`/api/review/card?card=${encodeURIComponent(card)}`);
    const before = known ? await known.catch(() => null) : null;
    const urls: Ready['urls'] = before?.urls ?? {};
    if (!before)
      await Promise.all((['front', 'back'] as const).flatMap((side) => {
        const there = info.pictures[side];
        const wanted = (['expected', there.includes('aligned') ? 'aligned' : 'photograph'] as const).filter((one) => there.includes(one));
        return wanted.map(async (what) => { urls[`${side}-${what}`] = await fetchPicture(card, side, what); });
      }));
    return { card: info, urls };
  })();
  ready.catch(() => kept.delete(card));
  kept.set(card, ready);
  while (kept.size > mostKept) {
    const [oldest, old] = kept.entries().next().value!;
    if (oldest === card) break;
    kept.delete(oldest);
    void old.then((one) => Object.values(one.urls).forEach((url) => URL.revokeObjectURL(url))).catch(() => undefined);
  }
  return ready;
}
