import { useState } from 'preact/hooks';
import { atLeast, post, type Board } from '../api';
import { AskDialog } from '../AskDialog';
import { useShared } from '../context';
import { textOf } from '../errors';
import { isWord } from '../i18n';
import { Shape } from '../shapes';
import { useCards, type Possible, type Reprint } from './data';

type Asking = { what: 'ask'; card: string } | { what: 'confirm' | 'drop'; one: Reprint };

/** Another card where the rule gives none: one person asks, a supervisor confirms. */
export function ReprintPage({ board }: { board: Board }) {
  const { say, session } = useShared();
  const { cards, refused: unread, load } = useCards(board.seq);
  const [asking, setAsking] = useState<Asking | null>(null);
  const [message, setMessage] = useState('');
  const [refused, setRefused] = useState('');
  if (!cards) return <p>{unread || say('app.loading')}</p>;
  const may = atLeast(session.role, 'operator'), chief = atLeast(session.role, 'supervisor');
  const act = async (path: string, body: Record<string, string>, words: string) => {
    setRefused('');
    await post(path, body);
    setMessage(words);
    await load();
  };
  // A supervisor who did not ask needs no second log-in: he is the second person.
  const confirm = (one: Reprint) => {
    if (chief && one.asked_by !== session.user)
      act('/api/cards/reprint/confirm', { card: one.card }, say('reprint.confirmed', { order: one.order })).catch((error) => setRefused(textOf(error, say)));
    else setAsking({ what: 'confirm', one });
  };
  // The ledger's own words for a place, else what somebody wrote.
  const placeOf = (at: string) => {
    const bin = /^bin (good|damaged|duplicate|mismatch|review)$/.exec(at), gone = /^destroyed with (BA-\d+)$/.exec(at);
    return bin ? say('destroy.bin', { bin: say(`verdict.${bin[1] as 'damaged'}`) }) : gone ? `${say('state.destroyed')}, ${gone[1]}` : at === 'no blank was fed for it' ? say('reprint.no-blank') : at;
  };
  const stateOf = (one: Possible) => {
    const state = `state.${one.state}`;
    const words = one.state === 'sorted' && one.verdict ? say(`verdict.${one.verdict}`) : isWord(state) ? say(state) : one.state;
    return one.at ? `${words}, ${one.at}` : words;
  };
  return (
    <div class="cards-page">
      <h1>{say('reprint.title')}</h1>
      <p>{say('reprint.what')}</p>
      <p role="status" class="message">{message}</p>
      {refused && <p class="refused" role="alert">{refused}</p>}
      <section class="panel" aria-labelledby="asked">
        <h2 id="asked">{say('reprint.asked', { n: cards.reprints.length })}</h2>
        {cards.reprints.length === 0 ? <p class="empty">{say('reprint.none-asked')}</p> : (
          <div class="scroll" tabIndex={0} role="group" aria-labelledby="asked">
            <table>
              <thead><tr><th scope="col">{say('reprint.old')}</th><th scope="col">{say('recall.where')}</th><th scope="col">{say('reprint.reason')}</th><th scope="col">{say('handover.state')}</th>{may && <th scope="col">{say('users.change')}</th>}</tr></thead>
              <tbody>
                {cards.reprints.map((one) => (
                  <tr key={one.card}>
                    <th scope="row">{one.card}<small>{one.order}</small></th><td>{placeOf(one.at)}</td><td>{one.reason}</td>
                    <td><span class={`seal-state ${one.confirmed_by ? 'handed-over' : 'changed'}`}><Shape name={one.confirmed_by ? 'good' : 'wait'} size={18} />{one.confirmed_by ? say('reprint.by-two', { one: one.asked_by, two: one.confirmed_by }) : say('reprint.by-one', { one: one.asked_by })}</span></td>
                    {may && (
                      <td class="acts-in-row">
                        {!one.confirmed_by && <button class="go" onClick={() => confirm(one)}>{say('reprint.confirm')}<span class="hidden"> {one.card}</span></button>}
                        {chief && <button onClick={() => setAsking({ what: 'drop', one })}>{say('reprint.drop')}<span class="hidden"> {one.card}</span></button>}
                      </td>
                    )}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
      <section class="panel" aria-labelledby="possible">
        <h2 id="possible">{say('reprint.possible', { n: cards.possible_total })}</h2>
        {cards.possible.length === 0 ? <p class="empty">{say('reprint.none-possible')}</p> : (
          <div class="scroll" tabIndex={0} role="group" aria-labelledby="possible">
            <table>
              <thead><tr><th scope="col">{say('reprint.old')}</th><th scope="col">{say('books.order')}</th><th scope="col">{say('handover.state')}</th>{may && <th scope="col"><span class="hidden">{say('reprint.ask')}</span></th>}</tr></thead>
              <tbody>
                {cards.possible.map((one) => (
                  <tr key={one.card}><th scope="row">{one.card}</th><td>{one.order}</td><td>{stateOf(one)}</td>
                    {may && <td><button onClick={() => setAsking({ what: 'ask', card: one.card })}>{say('reprint.ask')}<span class="hidden"> {one.card}</span></button></td>}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
      {asking?.what === 'ask' && (
        <AskDialog title={say('reprint.ask-title', { card: asking.card })} submit={say('reprint.ask')} close={() => setAsking(null)} fields={[{ name: 'reason', label: say('recall.reason'), most: 200 }]}
          act={(values) => act('/api/cards/reprint/ask', { card: asking.card, ...values }, say('reprint.waits', { card: asking.card }))}>
          <p>{say('reprint.ask-how')}</p>
        </AskDialog>
      )}
      {asking?.what === 'confirm' && (
        <AskDialog title={say('reprint.confirm-title', { card: asking.one.card })} submit={say('reprint.confirm')} close={() => setAsking(null)} fields={[]} second={say('reprint.second')}
          act={(values) => act('/api/cards/reprint/confirm', { card: asking.one.card, ...values }, say('reprint.confirmed', { order: asking.one.order }))}>
          <p>{asking.one.asked_by}: {asking.one.reason}</p>
        </AskDialog>
      )}
      {asking?.what === 'drop' && (
        <AskDialog title={say('reprint.drop-title', { card: asking.one.card })} submit={say('reprint.drop')} close={() => setAsking(null)} fields={[{ name: 'reason', label: say('recall.reason'), most: 200 }]}
          act={(values) => act('/api/cards/reprint/drop', { card: asking.one.card, ...values }, say('reprint.dropped', { card: asking.one.card }))} />
      )}
    </div>
  );
}
