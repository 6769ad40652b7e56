import { useState } from 'preact/hooks';
import { atLeast, post, type Board } from '../api';
import { SecondPerson, valuesOf } from '../AskDialog';
import { useShared } from '../context';
import { textOf } from '../errors';
import { Shape } from '../shapes';
import { useCards, type ToDestroy } from './data';

interface Destroyed { record: string; cards: number; paper: string }

/** Rejects and withdrawn cards are destroyed before two people who give their passwords, with a berita acara. */
export function DestroyPage({ board }: { board: Board }) {
  const { say, language, session } = useShared();
  const { cards, refused: unread, load } = useCards(board.seq);
  const [left, setLeft] = useState<Set<string>>(new Set());
  const [done, setDone] = useState<Destroyed | null>(null);
  const [refused, setRefused] = useState('');
  const [asking, setAsking] = useState(false);
  if (!cards) return <p>{unread || say('app.loading')}</p>;
  const may = atLeast(session.role, 'supervisor');
  const chosen = cards.to_destroy.filter((one) => !left.has(one.card));
  const toggle = (card: string) => setLeft((now) => { const next = new Set(now); if (!next.delete(card)) next.add(card); return next; });
  const whyOf = (one: ToDestroy) => (one.why === 'withdrawn' ? say('state.withdrawn') : say(`verdict.${one.why}`));
  const whereOf = (one: ToDestroy) => (one.why === 'withdrawn' ? one.at || say('destroy.not-located') : say('destroy.bin', { bin: say(`verdict.${one.bin as 'damaged'}`) }));

  const submit = async (event: Event) => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const body = valuesOf(form);
    setDone(null);
    setRefused('');
    if (Number(body.counted) !== chosen.length) { setRefused(say('destroy.differs', { counted: body.counted ?? '', n: chosen.length })); return; }
    setAsking(true);
    try {
      body.witnesses = (body.witnesses ?? '').split(',').map((one) => one.trim()).filter(Boolean).join('\n');
      setDone(await post<Destroyed>('/api/cards/destroy', { ...body, cards: chosen.map((one) => one.card).join('\n') }));
      setLeft(new Set());
      form.reset();
      await load();
    } catch (error) {
      setRefused(textOf(error, say));
    } finally {
      setAsking(false);
    }
  };
  return (
    <div class="cards-page">
      <h1>{say('destroy.title')}</h1>
      {done && <p class="verdict-line" role="status"><Shape name="good" size={30} />{say('destroy.done', { record: done.record, n: done.cards })} <a class="button" href={`/api/cards/record?number=${done.record}`} target="_blank" rel="noopener">{say('destroy.paper')}</a></p>}
      {done?.paper && <p class="refused" role="alert">{say('destroy.paper-later', { text: done.paper })}</p>}
      <section class="panel" aria-labelledby="to-destroy">
        <h2 id="to-destroy">{say('destroy.waiting', { n: cards.to_destroy_total })}</h2>
        {cards.to_destroy.length === 0 ? <p class="empty">{say('destroy.none')}</p> : (
          <>
            {cards.to_destroy.length < cards.to_destroy_total && <p>{say('destroy.some', { n: cards.to_destroy.length })}</p>}
            <div class="scroll" tabIndex={0} role="group" aria-labelledby="to-destroy">
              <table>
                <thead><tr>{may && <th scope="col">{say('destroy.take')}</th>}<th scope="col">{say('sign.card')}</th><th scope="col">{say('books.order')}</th><th scope="col">{say('destroy.why')}</th><th scope="col">{say('recall.where')}</th></tr></thead>
                <tbody>
                  {cards.to_destroy.map((one) => (
                    <tr key={one.card}>
                      {may && <td><input type="checkbox" aria-label={one.card} checked={!left.has(one.card)} onChange={() => toggle(one.card)} /></td>}
                      <th scope="row">{one.card}</th><td>{one.order}</td>
                      <td><span class="seal-state"><Shape name={one.why === 'withdrawn' ? 'warning' : one.why} size={18} />{whyOf(one)}</span></td>
                      <td>{whereOf(one)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
            {may && (
              <form class="destroying" onSubmit={submit}>
                <p>{say('destroy.how')}</p>
                <div class="row">
                  <label>{say('destroy.counted')}<input name="counted" type="number" inputMode="numeric" required min={1} max={1_000_000} autocomplete="off" /></label>
                  <label>{say('destroy.place')}<input name="place" required maxLength={80} autocomplete="off" /></label>
                  <label>{say('destroy.manner')}<input name="manner" required maxLength={80} defaultValue={say('destroy.burnt')} autocomplete="off" /></label>
                  <label>{say('destroy.witnesses')}<input name="witnesses" maxLength={400} autocomplete="off" /></label>
                </div>
                <SecondPerson legend={say('destroy.second', { who: session.user })} />
                {refused && <p class="refused" role="alert">{refused}</p>}
                <div class="buttons"><button class="go big" type="submit" disabled={asking || chosen.length === 0}>{say('destroy.do', { n: chosen.length })}</button></div>
              </form>
            )}
          </>
        )}
      </section>
      <section class="panel" aria-labelledby="records">
        <h2 id="records">{say('destroy.records', { n: cards.records.length })}</h2>
        {cards.records.length === 0 ? <p class="empty">{say('destroy.no-records')}</p> : (
          <div class="scroll" tabIndex={0} role="group" aria-labelledby="records">
            <table>
              <thead><tr><th scope="col">{say('destroy.number')}</th><th scope="col">{say('destroy.when')}</th><th scope="col" class="number">{say('handover.count')}</th><th scope="col">{say('destroy.names')}</th><th scope="col">{say('destroy.place')}</th><th scope="col">{say('destroy.paper')}</th></tr></thead>
              <tbody>
                {cards.records.map((one) => (
                  <tr key={one.record}>
                    <th scope="row">{one.record}</th>
                    <td>{new Date(one.time).toLocaleString(language === 'id' ? 'id-ID' : 'en-GB', { dateStyle: 'medium', timeStyle: 'short' })}</td>
                    <td class="number">{one.count}</td><td>{one.names.join(', ')}</td><td>{one.place}<small>{one.manner}</small></td>
                    <td class="papers">{atLeast(session.role, 'operator') ? <a href={`/api/cards/record?number=${one.record}`} target="_blank" rel="noopener">PDF<span class="hidden"> {one.record}</span></a> : '-'}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
    </div>
  );
}
