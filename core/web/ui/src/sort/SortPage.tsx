import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { atLeast, bins, get, post, type Board } from '../api';
import { soundVerdict } from '../board/sound';
import { useShared } from '../context';
import { textOf } from '../errors';
import { LivePicture } from '../LivePicture';
import { Shape } from '../shapes';
import { Boxes } from './Boxes';
import { Judged, Photograph } from './CardShown';
import type { SortState } from './data';

function Begin({ now, done }: { now: SortState; done: () => void }) {
  const { say } = useShared();
  const [refused, setRefused] = useState('');
  const [asking, setAsking] = useState(false);
  const begin = async (event: Event) => {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    const body: Record<string, string> = {};
    for (const name of ['box', 'cards', 'again', 'printer', 'sides']) body[name] = String(data.get(name) ?? '').trim();
    setAsking(true);
    setRefused('');
    try { await post('/api/sort/begin', body); done(); } catch (error) { setRefused(textOf(error, say)); } finally { setAsking(false); }
  };
  return (
    <section class="panel" aria-labelledby="begin">
      <h2 id="begin">{say('sort.begin-title')}</h2>
      <p>{say('sort.about')}</p>
      <form class="sort-begin" onSubmit={begin}>
        <label>{say('sort.box')}<input name="box" maxLength={40} autocomplete="off" spellcheck={false} /><small>{say('sort.box-how')}</small></label>
        <label>{say('sort.cards')}<input name="cards" type="number" inputMode="numeric" min={1} max={1_000_000} autocomplete="off" /><small>{say('sort.cards-how')}</small></label>
        <label>{say('sort.again')}<select name="again"><option value="">{say('sort.again-none')}</option>{now.boxes.filter((one) => !one.replaced).map((one) => <option key={one.box} value={one.box}>{one.box}</option>)}</select></label>
        <label>{say('sort.sides')}<select name="sides"><option value="both">{say('sort.sides-both')}</option><option value="front">{say('sort.sides-front')}</option></select></label>
        {now.printers.length > 1 && <label>{say('sort.printer')}<select name="printer">{now.printers.map((one) => <option key={one.camera} value={one.name}>{one.camera}</option>)}</select></label>}
        <div class="buttons"><button class="big go" type="submit" disabled={asking}><Shape name="play" size={28} />{say('sort.begin')}</button></div>
      </form>
      {refused && <p class="refused" role="alert">{refused}</p>}
    </section>
  );
}

/** Cards printed earlier under the camera: who, verdict, bin; the next. */
export function SortPage({ board, sound }: { board: Board; sound: boolean }) {
  const { say, session } = useShared();
  const [now, setNow] = useState<SortState | null>(null);
  const [message, setMessage] = useState('');
  const may = atLeast(session.role, 'operator');
  const heard = useRef<string | null>(null);

  const load = useCallback(async () => {
    try { setNow(await get<SortState>('/api/sort')); } catch (error) { setMessage(textOf(error, say)); }
  }, [say]);
  useEffect(() => { void load(); }, [board.sort.version, load]);

  const card = now?.cards[0];
  useEffect(() => {
    if (!now) return;
    const last = card?.sighting ?? '';
    if (heard.current !== null && last && last !== heard.current && sound) soundVerdict(card!.verdict === 'good');
    heard.current = last;
  }, [now, card?.sighting, sound]);

  if (!now) return <p>{message || say('app.loading')}</p>;
  const busy = !now.passing && ['running', 'stopping'].includes(board.run.state);
  const camera = now.printers.find((one) => one.name === now.printer)?.camera ?? now.printers[0]?.camera ?? '';
  const line = say(now.state ? `sort.state-${now.state}` : 'sort.state-wait', { bin: card ? say(`verdict.${card.bin}`) : '' });
  const end = async () => {
    try { await post('/api/sort/end'); } catch (error) { setMessage(textOf(error, say)); }
  };
  return (
    <div class="sort-page">
      <h1>{say('sort.title')}</h1>
      {message && <p class="message" role="status">{message}</p>}
      {!now.passing && now.error && <p class="refused" role="alert">{say('sort.failed', { text: now.error })}</p>}
      {!now.passing && now.closed !== null && now.box && <p class="message" role="status">{say('sort.passing', { box: now.box })}: {say(now.closed ? 'sort.ended-closed' : 'sort.ended-differs')}</p>}
      {(now.passing || card) && (
        <section class="panel sort-head" aria-labelledby="sort-box">
          <h2 id="sort-box">{say('sort.passing', { box: now.box })}</h2>
          <p class="sort-count"><strong>{now.counted > 0 ? say('sort.seen-of', { n: now.seen, all: now.counted }) : say('sort.seen', { n: now.seen })}</strong></p>
          <ul class="sort-tally">{bins.map((bin) => <li key={bin} class={bin}><Shape name={bin} size={22} />{say(`verdict.${bin}`)} <strong>{now.tally[bin] ?? 0}</strong></li>)}</ul>
          {now.passing && may && <button class="big stop" disabled={board.run.state === 'stopping'} onClick={() => void end()}><Shape name="stop" size={28} />{say('sort.end')}</button>}
          {now.passing && <p class={`sort-line ${now.state}`} role="status">{line}</p>}
        </section>
      )}
      {(now.passing || card) && (
        <div class="sort-desk">
          <div class="sort-pictures">
            {may && card && <Photograph card={card} />}
            {may && now.passing && camera && <LivePicture camera={camera} />}
          </div>
          <div>
            <p class="spoken" role="alert">{card ? `${say(`verdict.${card.verdict}`)}. ${say('sort.put', { bin: say(`verdict.${card.bin}`) })}` : ''}</p>
            {card ? <Judged card={card} /> : <p class="panel empty">{say('sort.none-yet')}</p>}
            {now.cards.length > 1 && (
              <section class="panel" aria-labelledby="sort-last">
                <h2 id="sort-last">{say('sort.last')}</h2>
                <ol class="sort-last">{now.cards.slice(1).map((one) => (
                  <li key={one.sighting} class={one.verdict}><Shape name={one.verdict} size={22} /><strong>{say(`verdict.${one.verdict}`)}</strong><span>{say('sort.number', { n: one.number })}</span><span>{one.order_id}</span></li>
                ))}</ol>
              </section>
            )}
          </div>
        </div>
      )}
      {may && !now.passing && (busy
        ? <p class="panel">{say('sort.machine-busy')} <a class="button" href="#board">{say('sort.machine-stop')}</a></p>
        : <Begin now={now} done={() => { setMessage(''); void load(); }} />)}
      <Boxes boxes={now.boxes} passing={now.passing ? now.box : ''} may={may && !now.passing} said={(text) => { setMessage(text); void load(); }} />
    </div>
  );
}
