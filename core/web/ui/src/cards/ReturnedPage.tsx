import { useState } from 'preact/hooks';
import { atLeast, post, type Board } from '../api';
import { AskDialog } from '../AskDialog';
import { useShared } from '../context';
import { textOf } from '../errors';
import { isWord } from '../i18n';
import { Collect } from './Collect';
import { useCards, type Returned } from './data';

type Asking = { what: 'redistribute' | 'withdraw'; one: Returned };

/** Cards that the post brought back: out once more, to the kecamatan or desa, or withdrawn to be destroyed. */
export function ReturnedPage({ board }: { board: Board }) {
  const { say, session } = useShared();
  const { cards, refused: unread, load } = useCards(board.seq);
  const [asking, setAsking] = useState<Asking | null>(null);
  const [message, setMessage] = useState('');
  const [refused, setRefused] = useState('');
  if (!cards) return <p>{unread || say('app.loading')}</p>;
  const may = atLeast(session.role, 'operator'), mayWithdraw = atLeast(session.role, 'supervisor');
  const reasonOf = (reason: string) => { const word = `returned.${reason}`; return isWord(word) ? say(word) : reason; };
  const act = async (path: string, body: Record<string, string>, words: string) => {
    await post(path, body);
    setMessage(words);
    await load();
  };
  const receive = (one: Returned) => {
    setRefused('');
    act('/api/cards/receive-back', { card: one.card }, say('back.received', { card: one.card })).catch((error) => setRefused(textOf(error, say)));
  };
  return (
    <div class="cards-page">
      <h1>{say('back.title')}</h1>
      <p role="status" class="message">{message}</p>
      {refused && <p class="refused" role="alert">{refused}</p>}
      <section class="panel" aria-labelledby="returned">
        <h2 id="returned">{say('back.waiting', { n: cards.returned_total })}</h2>
        {cards.returned.length === 0 ? <p class="empty">{say('back.none')}</p> : (
          <>
            {may && <p>{say('back.how')}</p>}
            <div class="scroll" tabIndex={0} role="group" aria-labelledby="returned">
              <table>
                <thead><tr><th scope="col">{say('sign.card')}</th><th scope="col">{say('sign.number')}</th><th scope="col">{say('handover.desa')}</th><th scope="col">{say('back.when')}</th><th scope="col">{say('books.reason')}</th>{may && <th scope="col">{say('users.change')}</th>}</tr></thead>
                <tbody>
                  {cards.returned.map((one) => (
                    <tr key={one.card}>
                      <th scope="row">{one.card}<small>{one.order}</small></th><td class="item">{one.item}</td><td>{one.desa}</td><td>{one.date}</td><td>{reasonOf(one.reason)}</td>
                      {may && (
                        <td class="acts-in-row">
                          <button onClick={() => receive(one)}>{say('back.receive')}<span class="hidden"> {one.card}</span></button>
                          <button onClick={() => setAsking({ what: 'redistribute', one })}>{say('back.redistribute')}<span class="hidden"> {one.card}</span></button>
                          {mayWithdraw && <button onClick={() => setAsking({ what: 'withdraw', one })}>{say('back.withdraw')}<span class="hidden"> {one.card}</span></button>}
                        </td>
                      )}
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </>
        )}
      </section>
      <Collect cards={cards} load={load} />
      {asking?.what === 'redistribute' && (
        <AskDialog title={say('back.redistribute-title', { card: asking.one.card })} submit={say('back.redistribute')} close={() => setAsking(null)}
          fields={[{ name: 'to', label: say('back.to'), value: asking.one.desa }, { name: 'signed_by', label: say('back.signed-by') }]}
          act={(values) => act('/api/cards/redistribute', { card: asking.one.card, ...values }, say('back.redistributed', { card: asking.one.card, to: values.to ?? '' }))}>
          <p>{say('back.redistribute-how')}</p>
        </AskDialog>
      )}
      {asking?.what === 'withdraw' && (
        <AskDialog title={say('back.withdraw-title', { card: asking.one.card })} submit={say('back.withdraw')} close={() => setAsking(null)}
          fields={[{ name: 'reason', label: say('recall.reason'), most: 200 }]}
          act={(values) => act('/api/cards/withdraw', { card: asking.one.card, ...values }, say('back.withdrawn', { card: asking.one.card }))}>
          <p>{say('back.withdraw-how')}</p>
        </AskDialog>
      )}
    </div>
  );
}
