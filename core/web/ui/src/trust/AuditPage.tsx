import { useCallback, useEffect, useState } from 'preact/hooks';
import { get, type Board } from '../api';
import { useShared } from '../context';
import { textOf } from '../errors';
import { Shape } from '../shapes';

type Event = Record<string, unknown> & { seq: number; time: string; type: string; actor: string; card?: string; order_id?: string };
interface Proof { whole: boolean; first: string; events: number; checkpoint: string; key: string }

const columns = new Set(['seq', 'time', 'type', 'actor', 'card', 'order_id', 'token', 'uid', 'person', 'content']);

/** What the event says beside who, when and about what. */
function detail(event: Event): string {
  return Object.entries(event).filter(([name]) => !columns.has(name))
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`).join('; ').slice(0, 300);
}

/** The log, newest first, and its proof. */
export function AuditPage({ board }: { board: Board }) {
  const { say, language } = useShared();
  const [events, setEvents] = useState<Event[] | null>(null);
  const [more, setMore] = useState(false);
  const [asked, setAsked] = useState('');
  const [proof, setProof] = useState<Proof | null>(null);
  const [proving, setProving] = useState(false);
  const [refused, setRefused] = useState('');

  const load = useCallback(async (query: string, keep: Event[] = []) => {
    setRefused('');
    try {
      const answer = await get<{ events: Event[]; more: boolean }>(`/api/audit${query}`);
      setEvents([...keep, ...answer.events]);
      setMore(answer.more);
    } catch (error) {
      setRefused(textOf(error, say));
    }
  }, [say]);
  useEffect(() => { void load(''); }, []);

  const search = (event: SubmitEvent) => {
    event.preventDefault();
    const text = String(new FormData(event.target as HTMLFormElement).get('what') ?? '').trim();
    setAsked(text);
    void load(text === '' ? '' : /^C\d{7,}$/i.test(text) ? `?card=${text.toUpperCase()}` : `?order=${encodeURIComponent(text)}`);
  };
  const prove = async () => {
    setProving(true);
    setRefused('');
    try { setProof(await get<Proof>('/api/audit/proof')); } catch (error) { setProof(null); setRefused(textOf(error, say)); } finally { setProving(false); }
  };
  const last = events?.[events.length - 1];
  return (
    <div class="audit">
      <h1>{say('audit.title', { n: board.seq })}</h1>
      <section class={`panel proof ${proof ? (proof.whole ? 'closes' : 'open') : ''}`} aria-labelledby="proof">
        <h2 id="proof">{say('audit.proof')}</h2>
        {proof
          ? (
            <>
              <p class="verdict-line" role="status"><Shape name={proof.whole ? 'good' : 'warning'} size={30} />{say(proof.whole ? 'audit.whole' : 'audit.broken', { n: proof.events })}</p>
              {!proof.whole && <p class="refused" role="alert" lang="en">{proof.first}</p>}
              <p>{say('audit.keep')}</p>
              <pre tabIndex={0} aria-label={say('audit.checkpoint')}>{proof.checkpoint}</pre>
            </>
          )
          : <p>{say('audit.what')}</p>}
        <button class={proof ? '' : 'go'} disabled={proving} onClick={prove}>{say(proving ? 'audit.proving' : 'audit.prove')}</button>
      </section>
      {refused && <p class="refused" role="alert">{refused}</p>}
      <section class="panel" aria-labelledby="events">
        <h2 id="events">{asked ? say('audit.of', { what: asked }) : say('audit.newest')}</h2>
        <form class="row" onSubmit={search}>
          <label>{say('audit.search')}<input name="what" maxLength={64} autocomplete="off" spellcheck={false} /></label>
          <button type="submit">{say('audit.show')}</button>
        </form>
        {events && events.length === 0 && <p class="empty">{say('audit.none')}</p>}
        {events && events.length > 0 && (
          <div class="scroll" tabIndex={0} role="group" aria-labelledby="events">
            <table>
              <thead><tr><th scope="col">{say('audit.number')}</th><th scope="col">{say('audit.time')}</th><th scope="col">{say('audit.event')}</th><th scope="col">{say('audit.by')}</th><th scope="col">{say('sign.card')}</th><th scope="col">{say('books.order')}</th><th scope="col">{say('audit.detail')}</th></tr></thead>
              <tbody>
                {events.map((event) => (
                  <tr key={event.seq}>
                    <td class="number">{event.seq}</td><td><time dateTime={event.time}>{new Date(event.time).toLocaleString(language === 'id' ? 'id-ID' : 'en-GB', { dateStyle: 'short', timeStyle: 'medium' })}</time></td>
                    <td lang="en">{event.type}</td><td>{event.actor}</td><td>{event.card ?? ''}</td><td>{event.order_id ?? ''}</td><td lang="en" class="event-detail">{detail(event)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
        {more && last && <button onClick={() => load(`?before=${last.seq}`, events ?? [])}>{say('audit.older')}</button>}
      </section>
    </div>
  );
}
