import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { atLeast, get, post, type Verdict } from '../api';
import { useShared } from '../context';
import { textOf } from '../errors';
import { isWord } from '../i18n';
import { Shape } from '../shapes';
import { AcceptDialog, type Same } from './AcceptDialog';
import { Compare, modes, type Mode } from './Compare';
import { prepare, type Queue, type Ready, type Side } from './data';
import { DecideDialog } from './DecideDialog';
import { GoodSpots } from './GoodSpots';

/** The inspector's desk: one card after the other, by keyboard alone if he likes. */
export function ReviewPage({ version }: { version: number }) {
  const { say, session } = useShared();
  const [queue, setQueue] = useState<Queue | null>(null);
  const [chosen, setChosen] = useState('');
  const [ready, setReady] = useState<Ready | null>(null);
  const [side, setSide] = useState<Side>('front');
  const [mode, setMode] = useState<Mode>('beside');
  const [focus, setFocus] = useState(-1);
  const [deciding, setDeciding] = useState<Verdict | null>(null);
  const [last, setLast] = useState<string[]>([]);
  const [same, setSame] = useState<Same[]>([]);
  const [accepting, setAccepting] = useState(false);
  const [spots, setSpots] = useState(false);
  const [message, setMessage] = useState('');
  const busy = useRef(false);
  // Decided here; the station's list follows its log a moment later and would bring them back for that moment.
  const decidedHere = useRef(new Set<string>());
  const may = atLeast(session.role, 'inspector');

  const load = useCallback(async () => {
    try {
      const now = await get<Queue>('/api/review');
      for (const card of decidedHere.current) if (!now.open.some((one) => one.card === card)) decidedHere.current.delete(card);
      now.open = now.open.filter((one) => !decidedHere.current.has(one.card));
      setQueue(now);
      return now;
    } catch (error) {
      setMessage(textOf(error, say));
      return null;
    }
  }, [say]);
  useEffect(() => { void load(); }, [version]);

  const open = queue?.open ?? [];
  useEffect(() => {
    if (queue && !chosen) setChosen(queue.open[0]?.card ?? '');
  }, [queue, chosen]);

  // The chosen card, and the next two in memory before they are asked for.
  useEffect(() => {
    if (!chosen) { setReady(null); return; }
    let gone = false;
    let later: ReturnType<typeof setTimeout> | undefined;
    void prepare(chosen, true).then((one) => {
      if (gone) return;
      setReady(one);
      const worst = one.card.findings[0];
      setSide(worst?.side ?? 'front');
      setFocus(-1);
      // What else has this finding on this spot: dust on the glass comes with many cards.
      setSame([]);
      // Asked when the pictures are there: nothing may stand in their way.
      if (may && worst) later = setTimeout(() => { get<Same[]>(`/api/review/same?card=${encodeURIComponent(chosen)}`).then((all) => { if (!gone) setSame(all); }).catch(() => undefined); }, 250);
    }).catch((error) => { if (!gone) setMessage(textOf(error, say)); });
    return () => { gone = true; clearTimeout(later); };
  }, [chosen]);
  useEffect(() => {
    const at = open.findIndex((one) => one.card === chosen);
    for (const next of open.slice(at + 1, at + 3)) void prepare(next.card).catch(() => undefined);
  }, [queue, chosen]);

  const go = useCallback((step: number) => {
    const at = open.findIndex((one) => one.card === chosen);
    const next = open[Math.min(Math.max(at + step, 0), open.length - 1)];
    if (next) setChosen(next.card);
  }, [open, chosen]);

  /** After a decision: the next card at once; the list follows. */
  const advance = useCallback((...done: string[]) => {
    const at = open.findIndex((one) => one.card === done[0]);
    const rest = open.filter((one) => !done.includes(one.card));
    setLast(done);
    for (const card of done) decidedHere.current.add(card);
    setQueue((now) => now && { open: rest, decided: now.decided });
    setChosen(rest[Math.min(Math.max(at, 0), rest.length - 1)]?.card ?? '');
    setDeciding(null);
    void load();
  }, [open, load]);

  const act = async (path: string, card: string, then: () => void) => {
    if (busy.current) return;
    busy.current = true;
    setMessage('');
    try { await post(path, { card }); then(); } catch (error) { setMessage(textOf(error, say)); } finally { busy.current = false; }
  };
  const agree = () => {
    if (!ready || !may || ready.card.card !== chosen) return; // the next card is still on its way
    if (ready.card.verdict === 'review') setMessage(say('review.needs-verdict'));
    else void act('/api/review/agree', ready.card.card, () => { setMessage(say('review.agreed', { card: ready.card.card })); advance(ready.card.card); });
  };
  const undo = () => {
    const card = last.at(-1);
    if (!card || !may) return;
    // Cards that were accepted together come back one by one.
    void act('/api/review/take-back', card, () => { decidedHere.current.delete(card); setMessage(say('review.taken-back', { card })); setChosen(card); setLast(last.slice(0, -1)); void load(); });
  };
  const decide = (verdict: Verdict) => {
    if (!ready || !may || ready.card.card !== chosen || ready.card.verdict === verdict) return;
    setMessage('');
    setDeciding(verdict);
  };

  const able = same.filter((one) => one.can);
  const together = may && able.length > 1 && able.some((one) => one.card === chosen);
  const accept = () => { if (together && ready?.card.card === chosen) { setMessage(''); setAccepting(true); } };
  const looked = ready?.card.findings[Math.max(focus, 0)];

  // What a key does follows what is on the screen: renewed with every rendering, not some time after it.
  const key = useRef<(event: KeyboardEvent) => void>(() => undefined);
  key.current = (event) => {
    if (deciding || accepting || event.ctrlKey || event.altKey || event.metaKey) return;
    const on = event.target as HTMLElement;
    if (on instanceof HTMLInputElement || on instanceof HTMLSelectElement || on.closest('dialog')) return;
    const findings = ready?.card.findings ?? [];
    const keys: Record<string, () => void> = {
      a: agree, g: () => decide('good'), d: () => decide('damaged'), m: () => decide('mismatch'), u: () => decide('duplicate'), z: undo,
      b: accept, l: () => setSpots(!spots),
      j: () => go(1), ArrowDown: () => go(1), k: () => go(-1), ArrowUp: () => go(-1),
      s: () => setSide(side === 'front' ? 'back' : 'front'),
      f: () => {
        if (findings.length === 0) return;
        const next = (focus + 1) % findings.length;
        setSide(findings[next]!.side);
        setFocus(next);
      },
      1: () => setMode('beside'), 2: () => setMode('flicker'), 3: () => setMode('slider'), 4: () => setMode('difference'),
    };
    const found = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (found) { event.preventDefault(); found(); }
  };
  useEffect(() => {
    const hear = (event: KeyboardEvent) => key.current(event);
    addEventListener('keydown', hear);
    return () => removeEventListener('keydown', hear);
  }, []);

  if (!queue) return <p>{say('app.loading')}</p>;
  const kindOf = (kind: string) => { const word = `kind.${kind}`; return isWord(word) ? say(word) : kind; };
  const fieldOf = (field: string) => { const word = `field.${field}`; return isWord(word) ? say(word) : field; };
  return (
    <div class="review-page">
      <section class="panel review-queue" aria-labelledby="review-title">
        <h1 id="review-title">{say('review.title', { n: open.length })}</h1>
        <ol>
          {open.map((one) => (
            <li key={one.card} class={one.verdict}>
              <button aria-current={one.card === chosen ? 'true' : undefined} onClick={() => setChosen(one.card)}>
                <Shape name={one.verdict} size={22} />
                <span><strong>{say(`verdict.${one.verdict}`)}</strong> {one.card}<small>{kindOf(one.kind)}{one.field && `, ${fieldOf(one.field)}`}</small></span>
              </button>
            </li>
          ))}
        </ol>
        {queue.decided.length > 0 && <h2>{say('review.decided')}</h2>}
        <ul class="decided">
          {queue.decided.map((one) => (
            <li key={one.card}>{one.card}: {say(one.decided === 'reviewed' ? 'review.was-agreed' : 'review.was-changed', { verdict: say(`verdict.${one.verdict}`) })}, {one.by}</li>
          ))}
        </ul>
      </section>
      <section class="panel review-card" aria-live="polite">
        <p role="status" class="message">{message}</p>
        {!ready || !chosen ? <p class="empty">{say('review.empty')}</p> : (
          <>
            <header>
              <h2><Shape name={ready.card.verdict} size={30} /><span>{say(`verdict.${ready.card.verdict}`)}: {ready.card.card}</span><small>{say('way.order', { order: ready.card.order })}</small></h2>
              <div class="choices" role="group" aria-label={say('review.view')}>
                {modes.map((one, index) => (
                  <button key={one} aria-pressed={mode === one} onClick={() => setMode(one)}><kbd>{index + 1}</kbd>{say(`review.mode-${one}`)}</button>
                ))}
                <button aria-pressed={spots} onClick={() => setSpots(!spots)}><kbd>L</kbd>{say('spots.open')}</button>
                <button onClick={() => setSide(side === 'front' ? 'back' : 'front')}><kbd>S</kbd>{say(`side.${side}`)}</button>
              </div>
            </header>
            <Compare ready={ready} side={side} mode={mode} focus={focus} />
            {spots && looked && looked.box[2] > 0 && <GoodSpots ready={ready} finding={looked} />}
            <div class="below">
              <div class="findings">
                <h3>{say('review.why')}</h3>
                {ready.card.findings.length === 0 ? <p>{ready.card.why || say('review.no-finding')}</p> : (
                  <table>
                    <thead><tr><th scope="col">#</th><th scope="col">{say('review.kind')}</th><th scope="col">{say('review.where')}</th><th scope="col">{say('review.score')}</th><th scope="col">{say('review.limit')}</th></tr></thead>
                    <tbody>
                      {ready.card.findings.map((finding, index) => (
                        <tr key={index} class={index === focus ? 'chosen' : ''}>
                          <td><button onClick={() => { setSide(finding.side); setFocus(index); }} aria-label={`${say('review.show')} ${index + 1}`}>{index + 1}</button></td>
                          <td>{kindOf(finding.kind)}{finding.size_mm > 0 && ` ${finding.size_mm.toFixed(1)} mm`}</td>
                          <td>{say(`side.${finding.side}`)}{finding.field && `, ${fieldOf(finding.field)}`}</td>
                          <td>{finding.score.toFixed(2)}</td>
                          <td>{finding.limit.toFixed(2)}</td>
                        </tr>
                      ))}
                    </tbody>
                  </table>
                )}
              </div>
              {may && (
                <div class="acts" role="group" aria-label={say('review.decision')}>
                  {ready.card.verdict !== 'review' && <button class="go" onClick={agree}><kbd>A</kbd>{say('review.agree')}</button>}
                  <button onClick={() => decide('good')}><kbd>G</kbd>{say('verdict.good')}</button>
                  {(['damaged', 'mismatch', 'duplicate'] as const).filter((one) => one !== ready.card.verdict).map((one) => (
                    <button key={one} onClick={() => decide(one)}><kbd>{one === 'damaged' ? 'D' : one === 'mismatch' ? 'M' : 'U'}</kbd>{say(`verdict.${one}`)}</button>
                  ))}
                  {together && <button onClick={accept}><kbd>B</kbd>{say('accept.open', { n: able.length })}</button>}
                  <button disabled={last.length === 0} onClick={undo}><kbd>Z</kbd>{say('review.undo')}</button>
                </div>
              )}
            </div>
            <p class="keys">{say('review.keys')}</p>
          </>
        )}
        {!chosen && may && last.length > 0 && <button onClick={undo}><kbd>Z</kbd>{say('review.undo')}</button>}
      </section>
      {accepting && ready && <AcceptDialog card={ready.card.card} same={same} finding={kindOf(ready.card.findings[0]?.kind ?? '')} close={() => setAccepting(false)} decided={(cards) => { setMessage(say('accept.done', { n: cards.length })); advance(...cards); }} />}
      {deciding && ready && <DecideDialog card={ready.card.card} verdict={deciding} close={() => setDeciding(null)} decided={() => { setMessage(say('review.changed', { card: ready.card.card })); advance(ready.card.card); }} />}
    </div>
  );
}
