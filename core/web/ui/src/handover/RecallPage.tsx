import { useEffect, useState } from 'preact/hooks';
import { get, post, type Board } from '../api';
import { Collect } from '../cards/Collect';
import { useCards } from '../cards/data';
import { useShared } from '../context';
import { textOf } from '../errors';
import { isWord } from '../i18n';
import { Shape } from '../shapes';

interface Reached { card: string; order: string; was: string; bin: string; seal: string; item: string }
interface Region { code: string; name: string; orders: number }
interface Recall { done: boolean; name: string; withdrawn: number; out_of_reach: number; held: number; cards: Reached[]; delivered: Reached[] }

const steps = ['recall.step-where', 'recall.step-look', 'recall.step-do', 'recall.step-collect'] as const;

/** A region is recalled, step by step: which one, what that reaches and where each card lies, the deed, and every card brought together. */
export function RecallPage({ board }: { board: Board }) {
  const { say } = useShared();
  const [region, setRegion] = useState('');
  const [reason, setReason] = useState('');
  const [seen, setSeen] = useState<Recall | null>(null);
  const [refused, setRefused] = useState('');
  const [asking, setAsking] = useState(false);
  const [regions, setRegions] = useState<Region[]>([]);
  const { cards, load } = useCards(board.seq);
  useEffect(() => { get<Region[]>('/api/handover/regions').then(setRegions).catch((error) => setRefused(textOf(error, say))); }, []);
  const collected = seen?.done === true && cards !== null && cards.withdrawn.every((one) => one.at !== '' || !(one.region === region.trim() || one.region.startsWith(`${region.trim()}.`)));
  const step = seen === null ? 0 : !seen.done ? 1 : collected ? 4 : 3;
  const chosen = regions.find((one) => one.code === region.trim());

  const ask = async (what: 'look' | 'recall') => {
    setAsking(true);
    setRefused('');
    try { setSeen(await post<Recall>('/api/handover/recall', { region: region.trim(), reason: reason.trim(), do: what })); } catch (error) { setSeen(null); setRefused(textOf(error, say)); } finally { setAsking(false); }
    if (what === 'recall') await load();
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
        <ol class="steps">
          {steps.map((word, index) => <li key={word} class={index < step ? 'done' : ''} aria-current={index === step ? 'step' : undefined}>{index < step && <Shape name="good" size={18} />}{say(word)}</li>)}
        </ol>
        <p>{say('recall.what')}</p>
        <form class="row" onSubmit={(event) => { event.preventDefault(); void ask('look'); }}>
          <label>{say('recall.region')}<input value={region} required maxLength={13} pattern="[0-9]{2}([.][0-9]{2}){0,2}([.][0-9]{4})?" placeholder="32.16.06" autocomplete="off" list="recall-regions" onInput={(event) => { setRegion(event.currentTarget.value); setSeen(null); }} /></label>
          <datalist id="recall-regions">{regions.map((one) => <option key={one.code} value={one.code}>{`${one.name} (${one.orders})`}</option>)}</datalist>
          <label>{say('recall.reason')}<input value={reason} required maxLength={200} autocomplete="off" onInput={(event) => { setReason(event.currentTarget.value); setSeen(null); }} /></label>
          <button type="submit" disabled={asking}>{say('recall.look')}</button>
        </form>
        {chosen && !seen && <p>{say('recall.chosen', { name: chosen.name, n: chosen.orders })}</p>}
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
      {cards && (seen === null || seen.done) && cards.withdrawn.length > 0 && <Collect cards={cards} load={load} region={seen?.done ? region.trim() : ''} />}
    </div>
  );
}
