import { useEffect, useRef, useState } from 'preact/hooks';
import { get, type Board } from './api';

const silentAfterMs = 25_000; // the station beats every 10 s

/** The board, live. `connected` is false from the moment the station has not been heard of for too long. */
export function useBoard(): { board: Board | null; connected: boolean } {
  const [board, setBoard] = useState<Board | null>(null);
  const [connected, setConnected] = useState(true);
  const heard = useRef(Date.now());

  useEffect(() => {
    let source: EventSource | null = null;
    const open = () => {
      source?.close();
      source = new EventSource('/api/events');
      source.addEventListener('board', (event) => {
        heard.current = Date.now();
        setConnected(true);
        setBoard(JSON.parse((event as MessageEvent<string>).data) as Board);
      });
      source.addEventListener('beat', () => { heard.current = Date.now(); setConnected(true); });
      source.onerror = () => {
        setConnected(false);
        // A browser gives up after some answers; a station that comes back must be found by itself.
        if (source?.readyState === EventSource.CLOSED) setTimeout(open, 2000);
      };
    };
    // A page in the background needs no stream: browsers allow only a few connections to one address.
    const visibility = () => {
      if (document.hidden) { source?.close(); source = null; } else if (!source) { heard.current = Date.now(); open(); }
    };
    get<Board>('/api/board').then(setBoard).catch(() => undefined);
    open();
    document.addEventListener('visibilitychange', visibility);
    const watch = setInterval(() => { if (!document.hidden && Date.now() - heard.current > silentAfterMs) { setConnected(false); open(); heard.current = Date.now(); } }, 2000);
    return () => { source?.close(); clearInterval(watch); document.removeEventListener('visibilitychange', visibility); };
  }, []);
  return { board, connected };
}
