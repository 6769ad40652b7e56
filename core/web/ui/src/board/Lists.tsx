import { useState } from 'preact/hooks';
import { atLeast, post, type Batch, type Board } from '../api';
import { useShared } from '../context';
import { textOf } from '../errors';
import { isWord } from '../i18n';
import { inWords } from '../i18n/station-words';
import { Shape } from '../shapes';

const timeOf = (utc: string, language: string) =>
  new Date(utc).toLocaleTimeString(language === 'id' ? 'id-ID' : 'en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

export function Queue({ board }: { board: Board }) {
  const { say, session } = useShared();
  const [refused, setRefused] = useState('');
  const may = atLeast(session.role, 'operator');
  const ask = async (path: string, body: Record<string, string>) => {
    setRefused('');
    try { await post(path, body); } catch (error) { setRefused(textOf(error, say)); }
  };
  const movable = board.queue.filter((one) => one.state !== 'done' && one.state !== 'running');
  const acts = (one: Batch) => {
    const at = movable.indexOf(one);
    return may && at >= 0 && (
      <span class="queue-acts">
        {movable.length > 1 && <button disabled={at === 0} title={say('queue.up')} aria-label={`${say('queue.up')} ${one.file}`} onClick={() => ask('/api/queue/move', { batch: one.batch, up: 'yes' })}>↑</button>}
        {movable.length > 1 && <button disabled={at === movable.length - 1} title={say('queue.down')} aria-label={`${say('queue.down')} ${one.file}`} onClick={() => ask('/api/queue/move', { batch: one.batch, up: 'no' })}>↓</button>}
        {one.state !== 'failed' && <button onClick={() => ask('/api/queue/aside', { batch: one.batch, aside: one.state === 'aside' ? 'no' : 'yes' })}>{say(one.state === 'aside' ? 'queue.take-up' : 'queue.set-aside')}<span class="hidden"> {one.file}</span></button>}
      </span>
    );
  };
  return (
    <section class="panel queue" aria-labelledby="queue">
      <h2 id="queue">{say('queue.title')}</h2>
      {refused && <p class="refused" role="alert">{refused}</p>}
      {board.queue.length === 0 ? <p>{say('queue.empty')}</p> : (
        <ol>
          {board.queue.map((one) => (
            <li key={one.batch} class={one.state}>
              <strong>{one.file}</strong>
              <span class="chip">{say(`queue.${one.state}`)}</span>
              <small>
                {say('queue.rows', { rows: one.rows })}
                {one.refused > 0 && <> · {say('queue.refused', { n: one.refused })}</>}
                {one.held > 0 && <> · {say('queue.held', { n: one.held })}</>}
              </small>
              {acts(one)}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

export function Recent({ board }: { board: Board }) {
  const { say, language } = useShared();
  return (
    <section class="panel recent" aria-labelledby="recent">
      <h2 id="recent">{say('recent.title')}</h2>
      {board.recent.length === 0 ? <p>{say('recent.none')}</p> : (
        <ol>
          {board.recent.map((one) => {
            const kind = `kind.${one.kind}`;
            return (
              <li key={one.card} class={one.verdict}>
                <Shape name={one.verdict} size={22} />
                <span class="recent-verdict">{say(`verdict.${one.verdict}`)}</span>
                <span>{one.order}</span>
                <time dateTime={one.time}>{timeOf(one.time, language)}</time>
                <span class="recent-kind">{one.verdict !== 'good' && one.kind && (isWord(kind) ? say(kind) : one.kind)}</span>
              </li>
            );
          })}
        </ol>
      )}
    </section>
  );
}

/** Words of the station itself; marked as English where there are no others. */
export function Said({ text }: { text: string }) {
  const { say, language } = useShared();
  const words = inWords(text, language, say);
  return <span lang={words === text ? 'en' : language}>{words}</span>;
}

export function Notes({ board }: { board: Board }) {
  const { say, language } = useShared();
  return (
    <details class="panel notes">
      <summary>{say('notes.title')}</summary>
      {board.notes.length === 0 ? <p>{say('notes.none')}</p> : (
        <ol>
          {[...board.notes].reverse().map((note) => (
            <li key={note.n} class={note.kind}>
              <time dateTime={note.time}>{timeOf(note.time, language)}</time> <strong>{say(`note.${note.kind}`)}</strong> <Said text={note.text} />
            </li>
          ))}
        </ol>
      )}
    </details>
  );
}
