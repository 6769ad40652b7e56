import { useState } from 'preact/hooks';
import { atLeast, get, post, postForBytes } from '../api';
import { valuesOf } from '../AskDialog';
import { useShared } from '../context';
import { textOf } from '../errors';
import { isWord } from '../i18n';

interface Person { order: string; fields: Record<string, string>; cards: { card: string; state: string; verdict: string }[] }
interface Look { time: string; by: string; what: string; reason: string; card: string }

/** One person's data for whoever may see it, and for everybody who reads the log who has. Kept nowhere: leaving the page forgets it. */
export function PersonPage() {
  const { say, session, language } = useShared();
  const [person, setPerson] = useState<Person | null>(null);
  const [looks, setLooks] = useState<{ order: string; all: Look[] } | null>(null);
  const [message, setMessage] = useState('');
  const [refused, setRefused] = useState('');
  const [asking, setAsking] = useState(false);
  const may = atLeast(session.role, 'supervisor');

  const look = async (order: string) => setLooks({ order, all: await get<Look[]>(`/api/person/looks?order=${encodeURIComponent(order)}`) });
  const act = async (what: () => Promise<void>) => {
    setAsking(true);
    setRefused('');
    setMessage('');
    try { await what(); } catch (error) { setRefused(textOf(error, say)); } finally { setAsking(false); }
  };
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    const values = valuesOf(event.target as HTMLFormElement);
    const exporting = (event.submitter as HTMLButtonElement | null)?.name === 'export';
    void act(async () => {
      if (!exporting) {
        const shown = await post<Person>('/api/person/show', values);
        setPerson(shown);
        return look(shown.order);
      }
      const bytes = await postForBytes('/api/person/export', values);
      const url = URL.createObjectURL(bytes);
      const link = document.createElement('a');
      link.href = url;
      link.download = 'data.zip';
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
      setMessage(say('person.exported'));
      if (values.order) await look(values.order);
    });
  };
  const search = (event: SubmitEvent) => {
    event.preventDefault();
    void act(() => look(valuesOf(event.target as HTMLFormElement).order ?? ''));
  };
  const whatOf = (one: Look) => {
    const word = `person.what-${one.what}`;
    return isWord(word) ? say(word) : one.what;
  };
  return (
    <div class="cards-page">
      <h1>{say('person.title')}</h1>
      <p>{say('person.about')}</p>
      <p class="message" role="status">{message}</p>
      {refused && <p class="refused" role="alert">{refused}</p>}
      {may && (
        <form class="panel" onSubmit={send}>
          <div class="row">
            <label>{say('person.order')}<input name="order" maxLength={64} autocomplete="off" spellcheck={false} /></label>
            <label>{say('person.or-nik')}<input name="nik" inputMode="numeric" pattern="[0-9]{16}" maxLength={16} autocomplete="off" /></label>
            <label>{say('person.reason')}<input name="reason" required maxLength={200} autocomplete="off" /></label>
          </div>
          <div class="buttons"><button class="go" type="submit" name="show" disabled={asking}>{say('person.show')}</button><button type="submit" name="export" disabled={asking}>{say('person.export')}</button></div>
        </form>
      )}
      {!may && (
        <form class="panel row" onSubmit={search}>
          <label>{say('person.order')}<input name="order" required maxLength={64} autocomplete="off" spellcheck={false} /></label>
          <button type="submit" disabled={asking}>{say('person.looks')}</button>
        </form>
      )}
      {person && (
        <section class="panel" aria-labelledby="person-record">
          <h2 id="person-record">{say('person.record', { order: person.order })}</h2>
          <dl class="fields">{Object.entries(person.fields).filter(([, value]) => value !== '').map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
          {person.cards.length > 0 && <h3>{say('person.cards')}</h3>}
          <ul class="places">{person.cards.map((one) => {
            const state = `state.${one.state}`, verdict = `verdict.${one.verdict}`;
            return <li key={one.card}>{one.card}: {isWord(state) ? say(state) : one.state}{isWord(verdict) ? `, ${say(verdict)}` : ''}</li>;
          })}</ul>
          <div class="buttons"><button onClick={() => setPerson(null)}>{say('person.hide')}</button></div>
        </section>
      )}
      {looks && (
        <section class="panel" aria-labelledby="person-looks">
          <h2 id="person-looks">{say('person.looks-of', { order: looks.order })}</h2>
          {looks.all.length === 0 ? <p class="empty">{say('person.nobody')}</p> : (
            <div class="scroll" tabIndex={0} role="group" aria-labelledby="person-looks">
              <table>
                <thead><tr><th scope="col">{say('person.when')}</th><th scope="col">{say('person.who')}</th><th scope="col">{say('person.what')}</th><th scope="col">{say('person.reason')}</th></tr></thead>
                <tbody>{looks.all.map((one, at) => <tr key={at}><td><time dateTime={one.time}>{new Date(one.time).toLocaleString(language === 'id' ? 'id-ID' : 'en-GB')}</time></td><td>{one.by}</td><td>{whatOf(one)} {one.card}</td><td>{one.reason}</td></tr>)}</tbody>
              </table>
            </div>
          )}
        </section>
      )}
    </div>
  );
}
