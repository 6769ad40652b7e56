import { useEffect, useState } from 'preact/hooks';
import { atLeast, post, type Board, type Pause } from '../api';
import { useShared } from '../context';
import { textOf } from '../errors';
import { isWord, type Say } from '../i18n';
import { Shape } from '../shapes';

/** What a paused lane's cards have in common, in words. */
export function wordsOfPause(pause: Pause, say: Say): { what: string; todo: string } {
  const kind = `kind.${pause.kind}`;
  const side = pause.side === 'back' ? say('side.back') : say('side.front');
  return {
    what: say('pause.what', { camera: pause.camera, n: pause.cards.length, kind: isWord(kind) ? say(kind) : pause.kind, side }),
    todo: say('pause.todo'),
  };
}

const card = { width: 85.6, height: 53.98 }; // mm, ISO/IEC 7810 ID-1
const shape = card.width / card.height;

/** Where on the card it is, without anybody's card: for whoever passes. */
function Place({ pause }: { pause: Pause }) {
  const { say } = useShared();
  const { width } = pause, [x, y, w, h] = pause.box, height = width / shape, least = width * 0.04;
  const cx = x + w / 2, cy = y + h / 2, r = Math.max(w, h, least) / 2 + width * 0.02;
  return (
    <svg class="pause-place" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={say('pause.place', { x: Math.round((100 * cx) / width), y: Math.round((100 * cy) / height) })}>
      <rect class="body" x={width * 0.005} y={width * 0.005} width={width * 0.99} height={height - width * 0.01} rx={width * 0.037} />
      <circle cx={cx} cy={cy} r={r} />
    </svg>
  );
}

/** The photograph of the last of these cards, with a box where the finding is. Seeing it is a look at a person's card: on demand. */
function Photograph({ pause }: { pause: Pause }) {
  const { say } = useShared();
  const name = pause.cards[pause.cards.length - 1] ?? '';
  const [url, setUrl] = useState('');
  const [size, setSize] = useState<[number, number] | null>(null);
  const [refused, setRefused] = useState('');
  useEffect(() => {
    let over = false, made = '';
    void (async () => {
      const answer = await fetch(`/api/picture?card=${encodeURIComponent(name)}&side=${pause.side}&what=aligned`, { credentials: 'same-origin', cache: 'no-store' });
      if (!answer.ok) throw new Error(String(answer.status));
      const bytes = await answer.blob();
      if (over) return;
      made = URL.createObjectURL(bytes);
      setUrl(made);
    })().catch(() => { if (!over) setRefused(say('pause.no-photo')); });
    return () => { over = true; if (made) URL.revokeObjectURL(made); };
  }, [name, pause.side]);
  if (refused) return <p class="refused" role="alert">{refused}</p>;
  const [x, y, w, h] = pause.box;
  const share = (pixels: number, of: number) => `${(100 * pixels) / of}%`;
  return (
    <figure class="pause-photo">
      {url && <img src={url} alt={say('pause.alt', { card: name })} onLoad={(event) => {
        const { naturalWidth, naturalHeight } = event.currentTarget;
        setSize([naturalWidth, naturalHeight]);
      }} />}
      {size && <div class="finding chosen" style={{ left: share(x, size[0]), top: share(y, size[1]), width: share(w, size[0]), height: share(h, size[1]) }} />}
    </figure>
  );
}

function Paused({ pause }: { pause: Pause }) {
  const { say, session, login } = useShared();
  const [looking, setLooking] = useState(false);
  const [asking, setAsking] = useState(false);
  const [refused, setRefused] = useState('');
  const words = wordsOfPause(pause, say);
  const id = `pause-${pause.camera}`;
  const resume = async () => {
    setAsking(true);
    setRefused('');
    try { await post('/api/run/resume-lane', { camera: pause.camera }); } catch (error) { setRefused(textOf(error, say)); } finally { setAsking(false); }
  };
  return (
    <section class="panel pause" aria-labelledby={id}>
      <div>
        <h2 id={id}><Shape name="camera" size={30} />{words.what}</h2>
        <p>{say('pause.why')}</p>
        <ol>
          <li>{say('pause.step-clean')}</li>
          <li>{say('pause.step-look')}</li>
          <li>{say('pause.step-resume')}</li>
        </ol>
        <p class="cards">{say('pause.cards', { cards: pause.cards.join(', ') })}</p>
        <p>{say('pause.again')}</p>
        {refused && <p class="refused" role="alert">{refused}</p>}
        <div class="buttons">
          {atLeast(session.role, 'operator')
            ? <button class="big go" disabled={asking} onClick={() => void resume()}><Shape name="play" size={28} />{say('pause.resume')}</button>
            : session.role !== 'auditor' && <button class="big go" onClick={login}><Shape name="person" size={28} />{say('pause.login')}</button>}
          {atLeast(session.role, 'auditor') && <button aria-expanded={looking} onClick={() => setLooking(!looking)}><Shape name="review" />{say(looking ? 'pause.hide' : 'pause.show')}</button>}
        </div>
      </div>
      {looking ? <Photograph pause={pause} /> : pause.width > 0 && <Place pause={pause} />}
    </section>
  );
}

/** Lanes that stand because card after card was flagged at one spot. */
export function Pauses({ board }: { board: Board }) {
  return <>{board.paused.map((pause) => <Paused key={pause.camera} pause={pause} />)}</>;
}
