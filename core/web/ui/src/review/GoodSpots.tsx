import { useEffect, useState } from 'preact/hooks';
import { get } from '../api';
import { useShared } from '../context';
import { textOf } from '../errors';
import type { Finding, Ready } from './data';

interface Part { card: string; url: string }

const room = 30; // pixels of the expected picture around the finding

async function part(card: string, finding: Finding): Promise<Part> {
  const [x, y, w, h] = finding.box.map(Math.round) as [number, number, number, number];
  const box = { x: Math.max(0, x - room), y: Math.max(0, y - room), w: w + 2 * room, h: h + 2 * room };
  const answer = await fetch(`/api/review/spot?card=${encodeURIComponent(card)}&side=${finding.side}&x=${box.x}&y=${box.y}&w=${box.w}&h=${box.h}`, { cache: 'no-store' });
  if (!answer.ok) throw new Error(String(answer.status));
  return { card, url: URL.createObjectURL(await answer.blob()) };
}

/** The spot of a finding on this card, and the same spot on the last good ones: is it the print, or the glass? */
export function GoodSpots({ ready, finding }: { ready: Ready; finding: Finding }) {
  const { say } = useShared();
  const [parts, setParts] = useState<Part[] | null>(null);
  const [refused, setRefused] = useState('');
  useEffect(() => {
    let gone = false;
    const made: Part[] = [];
    void (async () => {
      const cards = await get<string[]>('/api/review/good');
      // A picture that a later card has pushed out of the ten meanwhile is left out.
      const all = await Promise.all(cards.map((card) => part(card, finding).catch(() => null)));
      for (const one of all) if (one) made.push(one);
      if (gone) made.forEach((one) => URL.revokeObjectURL(one.url)); else setParts(made);
    })().catch((error) => { if (!gone) setRefused(textOf(error, say)); });
    return () => { gone = true; made.forEach((one) => URL.revokeObjectURL(one.url)); };
  }, [ready.card.card, finding]);

  const [x, y, w, h] = finding.box;
  const own = ready.urls[`${finding.side}-aligned`];
  return (
    <section class="good-spots" aria-labelledby="good-spots">
      <h3 id="good-spots">{say('spots.title')}</h3>
      {refused && <p class="refused" role="alert">{refused}</p>}
      {parts !== null && parts.length === 0 && <p class="empty">{say('spots.none')}</p>}
      <ul data-parts={parts?.length ?? ''}>
        {own && <li class="own"><Own url={own} box={[Math.max(0, Math.round(x) - room), Math.max(0, Math.round(y) - room), Math.round(w) + 2 * room, Math.round(h) + 2 * room]} label={say('spots.this', { card: ready.card.card })} /><span aria-hidden="true">{say('spots.this', { card: ready.card.card })}</span></li>}
        {parts?.map((one) => <li key={one.card}><img src={one.url} alt={say('spots.good', { card: one.card })} /><span aria-hidden="true">{one.card}</span></li>)}
      </ul>
    </section>
  );
}

/** The card's own picture is in memory already: its part is cut out here. */
function Own({ url, box, label }: { url: string; box: [number, number, number, number]; label: string }) {
  const [cut, setCut] = useState('');
  useEffect(() => {
    const whole = new Image();
    whole.onload = () => {
      const [x, y] = box, w = Math.min(box[2], whole.width - x), h = Math.min(box[3], whole.height - y);
      if (w <= 0 || h <= 0) return;
      const canvas = document.createElement('canvas');
      canvas.width = w;
      canvas.height = h;
      canvas.getContext('2d')?.drawImage(whole, x, y, w, h, 0, 0, w, h);
      setCut(canvas.toDataURL());
    };
    whole.src = url;
  }, [url, box.join()]);
  return cut ? <img src={cut} alt={label} /> : null;
}
