import { useEffect, useState } from 'preact/hooks';
import { useShared } from './context';
import { textOf } from './errors';
import { Refused } from './api';

const everyMs = 400; // the station makes a picture at most every 300 ms

/** What lies under a camera now. One picture is kept, and asked for only while somebody can see it. */
export function LivePicture({ camera }: { camera: string }) {
  const { say } = useShared();
  const [shown, setShown] = useState('');
  const [heard, setHeard] = useState(false);
  const [refused, setRefused] = useState('');
  useEffect(() => {
    let over = false, number = 0, url = '';
    let timer: ReturnType<typeof setTimeout>;
    const drop = () => { if (url) URL.revokeObjectURL(url); url = ''; };
    const look = async () => {
      if (!document.hidden) {
        try {
          const answer = await fetch(`/api/camera/picture?camera=${encodeURIComponent(camera)}&after=${number}`, { credentials: 'same-origin', cache: 'no-store' });
          if (over) return;
          if (!answer.ok) {
            const said = await answer.json().catch(() => ({})) as { error?: string; text?: string };
            throw new Refused(said.error ?? 'other', said.text ?? String(answer.status));
          }
          const now = Number(answer.headers.get('X-KTP-Picture') ?? 0);
          if (now > 0) {
            const bytes = answer.status === 200 ? await answer.blob() : null;
            if (over) return;
            number = now;
            drop();
            if (bytes) url = URL.createObjectURL(bytes);
            setShown(url);
            setHeard(true);
          }
          setRefused('');
        } catch (error) {
          if (!over) setRefused(textOf(error instanceof Refused ? error : new Refused('network', ''), say));
        }
      }
      if (!over) timer = setTimeout(() => void look(), everyMs);
    };
    void look();
    return () => { over = true; clearTimeout(timer); drop(); setShown(''); };
  }, [camera, say]);
  return (
    <figure class="live">
      {shown ? <img src={shown} alt={say('live.alt', { camera })} /> : <p class="empty">{say(heard ? 'live.nothing' : 'live.waiting')}</p>}
      <figcaption>{refused ? <span class="refused" role="alert">{say('live.failed', { text: refused })}</span> : say('live.note')}</figcaption>
    </figure>
  );
}
