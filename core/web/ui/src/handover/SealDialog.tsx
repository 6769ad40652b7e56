import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { get, post } from '../api';
import { useShared } from '../context';
import { textOf } from '../errors';
import { isWord } from '../i18n';
import { Shape } from '../shapes';
import { plainItem, type Difference, type Seal, type SealedCard } from './data';

/** One sealed batch: its cards, countersigning by count or by scan, taking a card out. */
export function SealDialog({ seal, may, changed, close, done }: { seal: Seal; may: boolean; changed: () => Promise<void>; close: () => void; done: (words: string) => void }) {
  const { say } = useShared();
  const [cards, setCards] = useState<SealedCard[]>([]);
  const [how, setHow] = useState<'count' | 'scan'>('count');
  const [scanned, setScanned] = useState<string[]>([]);
  const [difference, setDifference] = useState<Difference | null>(null);
  const [taking, setTaking] = useState('');
  const [said, setSaid] = useState('');
  const [refused, setRefused] = useState('');
  const [asking, setAsking] = useState(false);
  const dialog = useRef<HTMLDialogElement>(null);
  const scanner = useRef<HTMLInputElement>(null);
  const load = () => get<SealedCard[]>(`/api/handover/batch?seal=${seal.seal}`).then(setCards).catch((error) => setRefused(textOf(error, say)));
  useEffect(() => { dialog.current?.showModal(); void load(); }, []);
  useLayoutEffect(() => { if (how === 'scan') scanner.current?.focus(); }, [how]);

  const open = may && !seal.taken_by && seal.inside > 0;
  const inside = cards.filter((one) => one.state === 'sealed');
  const seen = new Set(scanned);
  const foreign = scanned.filter((item) => !inside.some((one) => one.item === item));

  /** A scanner types the number and presses Enter; so may a person. */
  const take = () => {
    const item = plainItem(scanner.current?.value ?? '');
    if (scanner.current) scanner.current.value = '';
    if (!item) return;
    setDifference(null);
    setSaid(seen.has(item) ? say('sign.again', { item }) : inside.some((one) => one.item === item) ? say('sign.one-more', { item }) : say('sign.not-of-it', { item }));
    if (!seen.has(item)) setScanned([...scanned, item]);
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    const value = (name: string) => String(data.get(name) ?? '').trim();
    const body: Record<string, string> = { seal: seal.seal, taken_by: value('taken_by') };
    if (how === 'count') body.counted = value('counted'); else body.scanned = scanned.join('\n');
    setAsking(true);
    setRefused('');
    setSaid('');
    try {
      const answer = await post<Difference>('/api/handover/sign', body);
      if (answer.handed_over) done(say('sign.done', { seal: seal.seal, n: answer.sealed, who: body.taken_by ?? '' }));
      else setDifference(answer);
    } catch (error) {
      setRefused(textOf(error, say));
    } finally {
      setAsking(false);
    }
  };
  const takeOut = async (event: Event) => {
    event.preventDefault();
    const reason = String(new FormData(event.target as HTMLFormElement).get('reason') ?? '').trim();
    setAsking(true);
    setRefused('');
    try {
      await post('/api/handover/unseal', { card: taking, reason });
      setSaid(say('unseal.done', { card: taking }));
      setTaking('');
      setDifference(null);
      await load();
      await changed();
    } catch (error) {
      setRefused(textOf(error, say));
    } finally {
      setAsking(false);
    }
  };
  const stateOf = (one: SealedCard) => { const word = `state.${one.state}`; return isWord(word) ? say(word) : one.state; };
  return (
    <dialog ref={dialog} class="sign" aria-labelledby="sign-title" onClose={close}>
      <h2 id="sign-title">{seal.seal}: {seal.desa || seal.region}, {say('handover.cards', { n: seal.taken_by ? seal.cards : seal.inside })}</h2>
      {seal.taken_by && <p>{say('sign.taken', { who: seal.taken_by })}</p>}
      {open && (
        <form onSubmit={submit}>
          <div class="choices" role="group" aria-label={say('sign.how')}>
            <button type="button" aria-pressed={how === 'count'} onClick={() => { setHow('count'); setDifference(null); }}>{say('sign.count')}</button>
            <button type="button" aria-pressed={how === 'scan'} onClick={() => { setHow('scan'); setDifference(null); }}>{say('sign.scan')}</button>
          </div>
          <div class="row">
            <label>{say('sign.taken-by')}<input name="taken_by" required minLength={2} maxLength={80} autocomplete="off" /></label>
            {how === 'count'
              ? <label key="count">{say('sign.counted')}<input name="counted" type="number" inputMode="numeric" required min={1} max={1_000_000} autocomplete="off" /></label>
              : <label key="scan">{say('sign.item')}<input ref={scanner} maxLength={40} autocomplete="off" autocapitalize="characters" spellcheck={false} onKeyDown={(event) => { if (event.key === 'Enter') { event.preventDefault(); take(); } }} /></label>}
            <button class="go" type="submit" disabled={asking || (how === 'scan' && scanned.length === 0)}>{say('sign.submit')}</button>
          </div>
          {how === 'scan' && <p class="scanned"><strong>{say('sign.progress', { n: scanned.length - foreign.length, all: inside.length })}</strong>{foreign.length > 0 && <span class="refused"> {say('sign.foreign', { items: foreign.join(', ') })} <button type="button" onClick={() => setScanned(scanned.filter((item) => !foreign.includes(item)))}>{say('sign.forget')}</button></span>}</p>}
        </form>
      )}
      <p role="status" class="message">{said}</p>
      {refused && <p class="refused" role="alert">{refused}</p>}
      {difference && (
        <section class="difference" role="alert">
          <h3><Shape name="warning" />{say('sign.differs', { counted: difference.counted, sealed: difference.sealed })}</h3>
          {how === 'count' ? <p>{say('sign.scan-to-find')}</p> : (
            <>
              {difference.missing.length > 0 && <p>{say('sign.missing')}</p>}
              <ul>{difference.missing.map((one) => <li key={one.card}>{one.card}, {one.item}, {say('way.order', { order: one.order })}</li>)}</ul>
              {difference.foreign.length > 0 && <p>{say('sign.foreign', { items: difference.foreign.join(', ') })}</p>}
            </>
          )}
        </section>
      )}
      {taking && (
        <form class="take-out" onSubmit={takeOut}>
          <label>{say('unseal.reason', { card: taking })}<input name="reason" required maxLength={200} autocomplete="off" autofocus /></label>
          <div class="buttons"><button class="go" type="submit" disabled={asking}>{say('unseal.submit')}</button><button type="button" onClick={() => setTaking('')}>{say('login.cancel')}</button></div>
        </form>
      )}
      <div class="scroll" tabIndex={0} role="group" aria-label={say('sign.cards')}>
        <table>
          <thead><tr><th scope="col">{say('sign.card')}</th><th scope="col">{say('sign.number')}</th><th scope="col">{say('handover.state')}</th>{open && <th scope="col"><span class="hidden">{say('unseal.submit')}</span></th>}</tr></thead>
          <tbody>
            {cards.map((one) => (
              <tr key={one.card} class={seen.has(one.item) ? 'seen' : ''}>
                <th scope="row">{one.card}</th>
                <td class="item">{one.item}</td>
                <td>{seen.has(one.item) ? <span class="seal-state handed-over"><Shape name="good" size={18} />{say('sign.seen')}</span> : stateOf(one)}</td>
                {open && <td>{one.state === 'sealed' && <button type="button" onClick={() => { setTaking(one.card); setSaid(''); }}>{say('unseal.open')}<span class="hidden"> {one.card}</span></button>}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div class="buttons"><button type="button" onClick={() => dialog.current?.close()}>{say('app.close')}</button></div>
    </dialog>
  );
}
