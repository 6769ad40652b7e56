import { useState } from 'preact/hooks';
import { atLeast, post, type Board } from '../api';
import { useShared } from '../context';
import { textOf } from '../errors';
import { Shape } from '../shapes';
import { Said } from './Lists';
import { firstAsk } from './attention';

const clock = (seconds: number) => `${Math.floor(seconds / 60)}:${String(Math.round(seconds) % 60).padStart(2, '0')}`;

/** State in words, what to do next, and the one thing to press. Readable from two metres. */
export function Hero({ board }: { board: Board }) {
  const { say, session, login } = useShared();
  const [refused, setRefused] = useState('');
  const [asking, setAsking] = useState(false);
  const { run } = board;
  const ask = firstAsk(board, say);
  const next = board.queue.find((one) => one.state === 'stopped' || one.state === 'failed') ?? board.queue.find((one) => one.state === 'waiting');
  const begun = next !== undefined && next.state !== 'waiting';
  const busy = run.state === 'running' || run.state === 'stopping';

  // Other lanes may go on; what a person has to do comes first.
  const mood = ask?.urgent ? 'attention' : run.state;
  const shape = ask?.urgent || run.state === 'failed' ? 'warning' : run.state === 'running' ? 'printer' : run.state === 'sorting' ? 'camera' : run.state === 'stopping' ? 'wait' : 'good';
  const headline = ask ? (ask.urgent ? `${say('run.attention')}: ${ask.what}` : ask.what) : say(`run.${run.state}`);
  const todo = ask ? ask.todo
    : run.state === 'ready' && next ? say('run.next-ready', { orders: run.orders_total - run.orders_done, batch: next.file })
    : say(`run.next-${run.state}`, { orders: 0, batch: '' });

  const act = async (path: string) => {
    setAsking(true);
    setRefused('');
    try { await post(path); } catch (error) { setRefused(textOf(error, say)); } finally { setAsking(false); }
  };
  const may = atLeast(session.role, 'operator');
  const share = run.orders_total > 0 ? run.orders_done / run.orders_total : 0;

  return (
    <section class={`hero ${mood}`} aria-labelledby="state">
      <div class="hero-sign"><Shape name={shape} size={72} /></div>
      <div class="hero-words">
        <h1 id="state">{headline}</h1>
        <p class="todo">{todo}</p>
        {run.state === 'failed' && run.error && <p class="detail"><Said text={run.error} /></p>}
        {refused && <p class="refused" role="alert">{refused}</p>}
      </div>
      <div class="hero-act">
        {run.state === 'sorting' ? <a class="button" href="#sort">{say('run.sort-open')}</a> : busy
          ? <button class="big stop" disabled={!may || asking || run.state === 'stopping'} onClick={() => act('/api/run/stop')}>
              <Shape name="stop" size={28} />{say('run.stop')}
            </button>
          : next && (may
            ? <button class="big go" disabled={asking} onClick={() => act('/api/run/start')}>
                <Shape name="play" size={28} />{say(begun ? 'run.resume' : 'run.start')}
              </button>
            : session.role !== 'auditor' && <button class="big go" onClick={login}><Shape name="person" size={28} />{say('run.login-to-start')}</button>)}
      </div>
      {run.orders_total > 0 && (
        <div class="hero-progress">
          <progress aria-label={say('run.progress', { done: run.orders_done, total: run.orders_total })} value={share} max={1} />
          <p>
            <strong>{say('run.progress', { done: run.orders_done, total: run.orders_total })}</strong>
            {busy && run.eta_s >= 0 && <span>{say('run.eta', { time: clock(run.eta_s) })}</span>}
            {busy && run.cards_per_minute > 0 && <span>{say('run.rate', { n: Math.round(run.cards_per_minute) })}</span>}
            {run.cards_printed > 0 && <span>{say('run.printed', { n: run.cards_printed })}</span>}
          </p>
        </div>
      )}
    </section>
  );
}
