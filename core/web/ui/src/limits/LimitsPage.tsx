import { useCallback, useEffect, useState } from 'preact/hooks';
import { atLeast, get, post } from '../api';
import { AskDialog } from '../AskDialog';
import { useShared } from '../context';
import { textOf } from '../errors';
import { isWord } from '../i18n';
import { Shape } from '../shapes';

interface Limits {
  configured: string; in_force: string; undo: boolean; damaged: string[];
  cards: { card: string; reason: string; by: string; confirmed_by: string; time: string; used: boolean }[];
  history: { profile: string; time: string; by: string; confirmed_by: string; cards: number }[];
}
interface Preview {
  cards: string[]; version: string;
  moves: { limit: string; unit: string; before: number; after: number; wanted: number }[];
  not_reached: { card: string; why: string }[];
  looked_at: number; not_comparable: number; damaged_before: number; damaged_after: number;
  pass: { card: string; was: string; decided: string }[];
  lost: string[];
}

const short = (value: number) => String(Number(value.toPrecision(4)));

function Effect({ seen, may, apply }: { seen: Preview; may: boolean; apply: () => void }) {
  const { say } = useShared();
  const decided = (word: string) => {
    const verdict = `verdict.${word}`;
    return word === '' ? say('limits.decided-nobody') : word === 'good' ? say('limits.decided-good') : word === 'damaged' ? say('limits.decided-damaged')
      : say('limits.decided-other', { verdict: isWord(verdict) ? say(verdict) : word });
  };
  return (
    <section class="panel effect" aria-labelledby="effect">
      <h2 id="effect">{say('limits.effect')}</h2>
      {seen.moves.length === 0 ? <p class="named">{say('limits.nothing')}</p> : (
        <>
          <div class="scroll" tabIndex={0}>
            <table>
              <thead><tr><th scope="col">{say('limits.limit')}</th><th scope="col">{say('limits.before')}</th><th scope="col">{say('limits.after')}</th></tr></thead>
              <tbody>{seen.moves.map((one) => {
                const word = `limit.${one.limit}`;
                return <tr key={one.limit}><th scope="row">{isWord(word) ? say(word) : one.limit}<small>{one.limit}</small></th><td class="number">{short(one.before)}</td><td class="number">{short(one.after)}{one.wanted > one.after && <small>{say('limits.capped', { wanted: short(one.wanted) })}</small>}</td></tr>;
              })}</tbody>
            </table>
          </div>
          <p class="named">{say('limits.last', { n: seen.looked_at, before: seen.damaged_before, after: seen.damaged_after })}</p>
          {seen.not_comparable > 0 && <p>{say('limits.not-comparable', { n: seen.not_comparable })}</p>}
          <h3>{say('limits.would-pass')}</h3>
          {seen.pass.length === 0 ? <p>{say('limits.pass-none')}</p>
            : <ul class="places">{seen.pass.map((one) => <li key={one.card} class={one.decided}>{one.card}: {decided(one.decided)}</li>)}</ul>}
        </>
      )}
      {seen.not_reached.length > 0 && <ul class="places">{seen.not_reached.map((one) => {
        const kind = `kind.${one.why}`;
        return <li key={one.card}>{say('limits.not-reached', { card: one.card, why: isWord(kind) ? say(kind) : one.why })}</li>;
      })}</ul>}
      {seen.lost.length > 0 && <p class="refused" role="alert"><Shape name="warning" />{say('limits.lost', { cards: seen.lost.join(', ') })}</p>}
      {may && seen.moves.length > 0 && seen.lost.length === 0 && <div class="buttons"><button class="go" onClick={apply}>{say('limits.apply')}</button></div>}
    </section>
  );
}

/** Cards rejected in error ask for wider limits; two people decide, with what it would have done before their eyes. */
export function LimitsPage() {
  const { say, session, language } = useShared();
  const [now, setNow] = useState<Limits | null>(null);
  const [left, setLeft] = useState<Set<string>>(new Set());
  const [seen, setSeen] = useState<Preview | null>(null);
  const [asking, setAsking] = useState(false);
  const [dialog, setDialog] = useState<'' | 'apply' | 'undo' | 'mark'>('');
  const [marking, setMarking] = useState('');
  const [message, setMessage] = useState('');
  const [refused, setRefused] = useState('');
  const may = atLeast(session.role, 'inspector');
  const load = useCallback(async () => {
    try { setNow(await get<Limits>('/api/limits')); } catch (error) { setRefused(textOf(error, say)); }
  }, [say]);
  useEffect(() => { void load(); }, [load]);
  if (!now) return <p>{refused || say('app.loading')}</p>;
  const chosen = now.cards.filter((one) => !left.has(one.card)).map((one) => one.card);
  const toggle = (name: string) => {
    setLeft((before) => { const next = new Set(before); if (!next.delete(name)) next.add(name); return next; });
    setSeen(null);
  };
  const preview = async () => {
    setAsking(true);
    setRefused('');
    setMessage('');
    try { setSeen(await post<Preview>('/api/limits/preview', { cards: chosen.join('\n') })); } catch (error) { setRefused(textOf(error, say)); } finally { setAsking(false); }
  };
  const done = async (words: string) => { setSeen(null); setMessage(words); await load(); };
  const at = (time: string) => new Date(time).toLocaleString(language === 'id' ? 'id-ID' : 'en-GB');
  return (
    <div class="cards-page limits-page">
      <h1>{say('limits.title')}</h1>
      <p>{say('limits.about')}</p>
      <p class="message" role="status">{message}</p>
      {refused && <p class="refused" role="alert">{refused}</p>}
      <section class="panel" aria-labelledby="limits-now">
        <h2 id="limits-now">{say('limits.now')}: {now.in_force}</h2>
        <p>{now.in_force === now.configured ? say('limits.configured') : say('limits.moved', { profile: now.configured })}</p>
        {may && now.undo && <div class="buttons"><button onClick={() => setDialog('undo')}>{say('limits.undo')}</button></div>}
      </section>
      <section class="panel" aria-labelledby="limits-set">
        <h2 id="limits-set">{say('limits.set')}</h2>
        {now.cards.length === 0 ? <p class="empty">{say('limits.none')}</p> : (
          <>
            <div class="scroll" tabIndex={0}>
              <table>
                <thead><tr><th scope="col">{say('limits.use')}</th><th scope="col">{say('limits.card')}</th><th scope="col">{say('limits.reason')}</th><th scope="col">{say('limits.who')}</th><th scope="col">{say('limits.when')}</th></tr></thead>
                <tbody>{now.cards.map((one) => (
                  <tr key={one.card}>
                    <td><input type="checkbox" aria-label={`${say('limits.use')} ${one.card}`} disabled={!may} checked={!left.has(one.card)} onChange={() => toggle(one.card)} /></td>
                    <th scope="row">{one.card}{one.used && <small>{say('limits.used')}</small>}</th>
                    <td>{one.reason}</td><td>{say('limits.who-two', { by: one.by, second: one.confirmed_by })}</td><td><time dateTime={one.time}>{at(one.time)}</time></td>
                  </tr>
                ))}</tbody>
              </table>
            </div>
            {may && <div class="buttons"><button class="go" disabled={asking || chosen.length === 0} onClick={() => void preview()}>{say(asking ? 'limits.previewing' : 'limits.preview')}</button></div>}
          </>
        )}
      </section>
      {may && now.damaged.length > 0 && (
        <form class="panel row" onSubmit={(event) => { event.preventDefault(); setMarking(String(new FormData(event.currentTarget).get('card'))); setDialog('mark'); }}>
          <label>{say('limits.mark-which')}<select name="card">{now.damaged.map((one) => <option key={one} value={one}>{one}</option>)}</select></label>
          <button type="submit">{say('limits.mark')}</button>
        </form>
      )}
      {seen && <Effect seen={seen} may={may} apply={() => setDialog('apply')} />}
      {now.history.length > 0 && (
        <section class="panel" aria-labelledby="limits-history">
          <h2 id="limits-history">{say('limits.history')}</h2>
          <div class="scroll" tabIndex={0}>
            <table>
              <thead><tr><th scope="col">{say('limits.profile')}</th><th scope="col">{say('limits.set')}</th><th scope="col">{say('limits.who')}</th><th scope="col">{say('limits.when')}</th></tr></thead>
              <tbody>{now.history.map((one) => (
                <tr key={one.time + one.profile}><th scope="row">{one.profile}</th><td>{say('limits.cards', { n: one.cards })}</td><td>{one.confirmed_by ? say('limits.who-two', { by: one.by, second: one.confirmed_by }) : one.by}</td><td><time dateTime={one.time}>{at(one.time)}</time></td></tr>
              ))}</tbody>
            </table>
          </div>
        </section>
      )}
      {dialog === 'apply' && seen && (
        <AskDialog title={say('limits.apply-title', { version: seen.version })} submit={say('limits.apply')} close={() => setDialog('')} second={say('limits.second')}
          fields={[{ name: 'reason', label: say('limits.reason'), most: 200 }]}
          act={async (values) => { await post('/api/limits/apply', { cards: chosen.join('\n'), version: seen.version, ...values }); await done(say('limits.applied', { version: seen.version })); }}>
          <p>{say('limits.apply-how')}</p>
        </AskDialog>
      )}
      {dialog === 'mark' && (
        <AskDialog title={say('limits.mark-title', { card: marking })} submit={say('limits.mark')} close={() => setDialog('')} second={say('decide.second')}
          fields={[{ name: 'reason', label: say('limits.reason'), most: 200 }]}
          act={async (values) => { await post('/api/limits/mark', { card: marking, ...values }); setSeen(null); await load(); }}>
          <p>{say('limits.mark-how')}</p>
        </AskDialog>
      )}
      {dialog === 'undo' && (
        <AskDialog title={say('limits.undo-title')} submit={say('limits.undo')} close={() => setDialog('')} fields={[{ name: 'reason', label: say('limits.reason'), most: 200 }]}
          act={async (values) => { await post('/api/limits/undo', values); await done(say('limits.undone')); }}>
          <p>{say('limits.undo-how')}</p>
        </AskDialog>
      )}
    </div>
  );
}
