import { useState } from 'preact/hooks';
import { atLeast, type Board, type Turn } from '../api';
import { useShared } from '../context';
import type { Say } from '../i18n';
import { LivePicture } from '../LivePicture';
import { Shape } from '../shapes';

const clock = (seconds: number) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;

/** What a person has to do with the card under the camera, in words. */
export function wordsOfTurn(turn: Turn, say: Say): { what: string; todo: string } {
  return {
    what: say(turn.seen === 'wrong' ? `turn.wrong-${turn.up}` : `turn.${turn.up}`, { card: turn.card }),
    todo: say(`turn.todo-${turn.up}`),
  };
}

/** How a side of a card is told from the other: the front has the portrait. */
function Face({ side, x }: { side: 'front' | 'back'; x: number }) {
  return (
    <g transform={`translate(${x} 6)`}>
      <rect class="body" width="86" height="54" rx="4" />
      {side === 'front'
        ? <><path d="M8 8h52M8 14h40" /><rect class="portrait" x="62" y="10" width="18" height="24" /><circle class="portrait" cx="71" cy="18" r="4" /><path class="portrait" d="M64 33c1-6 4-8 7-8s6 2 7 8M8 24h46M8 30h40M8 36h46M8 42h30" /></>
        : <><path d="M8 12h70M8 18h60M8 24h66M8 30h54M8 36h62" /><rect class="chip" x="8" y="41" width="14" height="8" /></>}
    </g>
  );
}

function Sides({ turn }: { turn: Turn }) {
  const { say } = useShared();
  const other = turn.up === 'front' ? 'back' : 'front';
  return (
    <svg class="turn-sides" viewBox="0 0 236 66" role="img" aria-label={say(`turn.picture-${turn.up}`)}>
      <Face side={other} x={2} />
      <path class="turn-arrow" d="M96 33c8-18 34-18 42 0M138 33l-11-4M138 33l3-12" />
      <Face side={turn.up} x={148} />
    </svg>
  );
}

function Turning({ turn }: { turn: Turn }) {
  const { say, session } = useShared();
  const [watching, setWatching] = useState(false);
  const words = wordsOfTurn(turn, say);
  return (
    <section class={`panel turn ${turn.seen}`} aria-label={say('turn.region', { camera: turn.camera })}>
      <div>
        <h2><Shape name={turn.seen === 'wrong' ? 'warning' : 'duplicate'} size={30} />{words.what}</h2>
        <p class="turn-todo">{words.todo}</p>
        <p class="turn-seen" role="status"><Shape name="camera" />{say(`turn.seen-${turn.seen}`)}</p>
        <p class="turn-left"><Shape name="wait" />{say('turn.left', { time: clock(turn.left_s) })} <small>{say('turn.then')}</small></p>
        {atLeast(session.role, 'operator') && <button aria-expanded={watching} onClick={() => setWatching(!watching)}><Shape name="camera" />{say(watching ? 'live.hide' : 'live.show')}<span class="hidden"> {turn.camera}</span></button>}
      </div>
      {watching ? <LivePicture camera={turn.camera} /> : <Sides turn={turn} />}
    </section>
  );
}

/** Cards that a person has to turn over, one a camera. */
export function Turns({ board }: { board: Board }) {
  return <>{board.turns.map((turn) => <Turning key={turn.camera} turn={turn} />)}</>;
}
