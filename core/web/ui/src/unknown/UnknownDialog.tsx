import { useEffect, useRef, useState } from 'preact/hooks';
import { atLeast, post, type Board, type Unknown } from '../api';
import { useShared } from '../context';
import { textOf } from '../errors';
import type { Word } from '../i18n';
import { Shape } from '../shapes';

const places: Word[] = ['unknown.tray', 'unknown.inside', 'unknown.camera', 'unknown.reject', 'unknown.floor'];

type Step = 'machine' | 'look' | 'where' | 'count' | 'second' | 'search' | 'done';

/** One question after the other, until something settles what became of the card. */
function UnknownDialog({ one, board, close }: { one: Unknown; board: Board; close: () => void }) {
  const { say } = useShared();
  const busy = board.run.state === 'running' || board.run.state === 'stopping';
  const waits = board.queue.some((batch) => ['stopped', 'failed', 'waiting'].includes(batch.state));
  const [step, setStep] = useState<Step>(busy || waits ? 'machine' : 'look');
  const [where, setWhere] = useState('');
  const [counted, setCounted] = useState('');
  const [fed, setFed] = useState<'all-fed' | 'unclear'>('all-fed');
  const [settled, setSettled] = useState<'found' | 'not-fed'>('found');
  const [refused, setRefused] = useState('');
  const [asking, setAsking] = useState(false);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => { dialog.current?.showModal(); }, []);
  // The printer, or somebody at another screen, may have settled it meanwhile.
  const open = board.unknown.some((other) => other.card === one.card);

  const act = async (what: () => Promise<void>) => {
    setAsking(true);
    setRefused('');
    try { await what(); } catch (error) { setRefused(textOf(error, say)); } finally { setAsking(false); }
  };
  const go = (next: Step) => { setRefused(''); setStep(next); };
  const found = (event: Event) => {
    event.preventDefault();
    void act(async () => { await post('/api/unknown/found', { card: one.card, where }); setSettled('found'); setStep('done'); });
  };
  const count = (event: Event) => {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    const second = step === 'second';
    void act(async () => {
      const body: Record<string, string> = { card: one.card, counted };
      if (second) { body.second_name = String(data.get('second_name') ?? '').trim(); body.second_password = String(data.get('second_password') ?? ''); }
      const answer = await post<{ says: 'none-fed' | 'all-fed' | 'unclear'; settled: boolean }>('/api/unknown/count', body);
      if (answer.settled) { setSettled('not-fed'); setStep('done'); } else if (answer.says === 'none-fed') setStep('second');
      else { setFed(answer.says); setStep('search'); }
    });
  };
  const printer = one.device || 'printer';
  return (
    <dialog ref={dialog} class="unknown" aria-labelledby="unknown-title" onClose={close}>
      <h2 id="unknown-title">{say('unknown.title', { card: one.card })}</h2>
      <p>{say('unknown.about', { card: one.card, order: one.order, printer })}</p>
      {!open && step !== 'done' ? <p class="verdict-line"><Shape name="good" size={30} />{say('unknown.settled-meanwhile', { card: one.card })}</p> : (
        <>
          {step === 'machine' && (
            <>
              <h3>{say('unknown.machine-question')}</h3>
              <p>{say(busy ? 'unknown.machine-runs' : 'unknown.machine-stands')}</p>
              <div class="buttons">
                {busy
                  ? <button disabled={asking || board.run.state === 'stopping'} onClick={() => act(async () => { await post('/api/run/stop'); })}>{say('run.stop')}</button>
                  : <button class="go" disabled={asking} onClick={() => act(async () => { await post('/api/run/start'); })}>{say('unknown.ask-machine')}</button>}
                <button disabled={busy} onClick={() => go('look')}>{say('unknown.look-now')}</button>
              </div>
            </>
          )}
          {step === 'look' && (
            <>
              <h3>{say('unknown.look-question', { card: one.card })}</h3>
              <ul class="places">{places.map((place) => <li key={place}>{say(place)}</li>)}</ul>
              <p>{say('unknown.look-how')}</p>
              <div class="buttons">
                <button class="go" onClick={() => go('where')}>{say('unknown.yes')}</button>
                <button onClick={() => go('count')}>{say('unknown.no')}</button>
              </div>
            </>
          )}
          {step === 'where' && (
            <form onSubmit={found}>
              <label>{say('unknown.where')}<input value={where} required maxLength={200} autocomplete="off" autofocus onInput={(event) => setWhere(event.currentTarget.value)} /></label>
              <div class="reasons">{places.map((place) => <button type="button" key={place} onClick={() => setWhere(say(place))}>{say(place)}</button>)}</div>
              <p>{say('unknown.carry')}</p>
              <div class="buttons"><button class="go" type="submit" disabled={asking}>{say('unknown.found')}</button><button type="button" onClick={() => go('look')}>{say('unknown.back')}</button></div>
            </form>
          )}
          {step === 'count' && (
            <form onSubmit={count}>
              <h3>{say('unknown.count-question', { printer })}</h3>
              <p>{say('unknown.count-how')}</p>
              <label>{say('unknown.counted')}<input type="number" inputMode="numeric" required min={0} max={100_000} value={counted} autocomplete="off" autofocus onInput={(event) => setCounted(event.currentTarget.value)} /></label>
              <div class="buttons"><button class="go" type="submit" disabled={asking}>{say('unknown.compare')}</button><button type="button" onClick={() => go('look')}>{say('unknown.back')}</button></div>
            </form>
          )}
          {step === 'second' && (
            <form onSubmit={count}>
              <h3>{say('unknown.none-fed', { n: counted })}</h3>
              <fieldset>
                <legend>{say('unknown.second')}</legend>
                <label>{say('login.name')}<input name="second_name" required maxLength={32} autocomplete="off" autocapitalize="none" spellcheck={false} /></label>
                <label>{say('login.password')}<input name="second_password" type="password" required maxLength={1024} autocomplete="off" /></label>
              </fieldset>
              <div class="buttons"><button class="go" type="submit" disabled={asking}>{say('unknown.settle')}</button><button type="button" onClick={() => go('count')}>{say('unknown.back')}</button></div>
            </form>
          )}
          {step === 'search' && (
            <>
              <h3><Shape name="warning" />{say(`unknown.${fed}`, { n: counted })}</h3>
              <p>{say('unknown.search')}</p>
              <div class="buttons"><button class="go" onClick={() => go('where')}>{say('unknown.yes')}</button><button onClick={() => go('count')}>{say('unknown.count-again')}</button></div>
            </>
          )}
          {step === 'done' && (
            <>
              <p class="verdict-line" role="status"><Shape name="good" size={30} />{say(`unknown.done-${settled}`, { card: one.card })}</p>
              <p><strong>{say(board.closes ? 'balance.closes' : 'balance.open')}</strong></p>
              <p>{say('unknown.then')}</p>
            </>
          )}
        </>
      )}
      {refused && <p class="refused" role="alert">{refused}</p>}
      <div class="buttons"><button type="button" onClick={() => dialog.current?.close()}>{say('app.close')}</button></div>
    </dialog>
  );
}

/** A button for each unknown card, for those who may search for it. */
export function FindUnknown({ board }: { board: Board }) {
  const { say, session } = useShared();
  // Kept while it is open: once settled, the card is no longer in the board's list.
  const [finding, setFinding] = useState<Unknown | null>(null);
  return (
    <>
      {atLeast(session.role, 'operator') && board.unknown.length > 0 && (
        <p class="find">{board.unknown.map((one) => <button key={one.card} class="go" onClick={() => setFinding(one)}>{say('unknown.find', { card: one.card })}</button>)}</p>
      )}
      {finding && <UnknownDialog one={finding} board={board} close={() => setFinding(null)} />}
    </>
  );
}
