import { useEffect, useRef } from 'preact/hooks';

/** Calls `load` at once and again whenever the log has grown, but never more often than a person can read. */
export function useFollowing(seq: number, load: () => Promise<unknown>, atMostEveryMs = 1500): void {
  const latest = useRef(load);
  latest.current = load;
  const last = useRef(0);
  const pending = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(() => {
    if (pending.current !== null) return;
    const wait = Math.max(0, last.current + atMostEveryMs - Date.now());
    pending.current = setTimeout(() => {
      pending.current = null;
      last.current = Date.now();
      void latest.current();
    }, wait);
  }, [seq]);
  useEffect(() => () => { if (pending.current !== null) clearTimeout(pending.current); pending.current = null; }, []);
}
