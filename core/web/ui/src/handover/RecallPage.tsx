import { useState } from 'preact/hooks';
import { post } from '../api';
import { useShared } from '../context';
import { textOf } from '../errors';
import { isWord } from '../i18n';
import { Shape } from '../shapes';

interface Reached { card: string; order: string; was: string; bin: string; seal: string; item: string }
interface Recall { done: boolean; name: string; withdrawn: number; out_of_reach: number; held: number; cards: Reached[]; delivered: Reached[] }

/** A region is recalled: first what that reaches and where each card lies, then the deed. */
export function RecallPage() {
  const { say } = useShared();
  const [region, setRegion] = useState('');
  const [reason, setReason] = useState('');
  const [seen, setSeen] = useState<Recall | null>(null);
  const [refused, setRefused] = useState('');
  const [asking, setAsking] = useState(false);

  const ask = async (what: 'look' | 'recall') => {
    setAsking(true);
    setRefused('');
    try { setSeen(await post<Recall>('/api/handover/recall', { region: region.trim(), reason: reason.trim(), do: what })); } catch (error) { setSeen(null); setRefused(textOf(error, say)); } finally { setAsking(false); }
  };
  const stateOf = (one: Reached) => { const word = `state.${one.was}`; return `${isWord(word) ? say(word) : one.was}${one.seal ? ` ${one.seal}` : ''}`; };
  const list = (cards: Reached[], title: string) => cards.length > 0 && (
    <>
      <h3>{title}</h3>
      <div class="scroll" tabIndex={0} role="group" aria-label={title}>
        <table>
          <thead><tr><th scope="col">{say('sign.card')}</th><th scope="col">{say('books.order')}</th><th scope="col">{say('recall.where')}</th><th scope="col">{say('sign.number')}</th></tr></thead>
          <tbody>{cards.map((one) => <tr key={one.card}><th scope="row">{one.card}</th><td>{one.order}</td><td>{stateOf(one)}</td><td class="item">{one.item}</td></tr>)}</tbody>
        </table>
      </div>
    </>
  );
  return (
    <div class="post-page batch recall">
      <section class="panel">
        <h1>{say('recall.title')}</h1>
        <p>{say('recall.what')}</p>
        <form class="row" onSubmit={(event) => { event.preventDefault(); void ask('look'); }}>
          <label>{say('recall.region')}<input value={region} required maxLength={13} pattern="[0-9]{2}([.][0-9]{2}){0,2}([.][0-9]{4})?" placeholder="32.16.06" autocomplete="off" onInput={(event) => { setRegion(event.currentTarget.value); setSeen(null); }} /></label>
          <label>{say('recall.reason')}<input value={reason} required maxLength={200} autocomplete="off" onInput={(event) => { setReason(event.currentTarget.value); setSeen(null); }} /></label>
          <button type="submit" disabled={asking}>{say('recall.look')}</button>
        </form>
        {refused && <p class="refused" role="alert">{refused}</p>}
      </section>
      {seen && (
        <section class="panel" aria-labelledby="recall-reach">
          <h2 id="recall-reach">{seen.name || region}: {say(seen.done ? 'recall.done' : 'recall.reaches')}</h2>
          <dl class="tally">
            <div><dt>{say('recall.withdrawn')}</dt><dd>{seen.withdrawn}</dd></div>
            <div><dt>{say('recall.held')}</dt><dd>{seen.held}</dd></div>
            <div class={seen.out_of_reach > 0 ? 'bad' : ''}><dt>{say('recall.out-of-reach')}</dt><dd>{seen.out_of_reach}</dd></div>
          </dl>
          {seen.done
            ? <p class="verdict-line" role="status"><Shape name="good" size={30} />{say('recall.collect')}</p>
            : (
              <>
                <p>{say('recall.nothing-yet')}</p>
                <button class="go big" disabled={asking || seen.withdrawn + seen.held === 0} onClick={() => ask('recall')}>{say('recall.do', { cards: seen.withdrawn, orders: seen.held })}</button>
              </>
            )}
          {list(seen.cards, say('recall.cards'))}
          {list(seen.delivered, say('recall.delivered'))}
        </section>
      )}
    </div>
  );
}
