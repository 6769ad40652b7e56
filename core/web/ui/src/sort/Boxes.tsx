import { useEffect, useRef, useState } from 'preact/hooks';
import { post } from '../api';
import { useShared } from '../context';
import { textOf } from '../errors';
import type { Box } from './data';

/** The count by hand, made without seeing what the camera saw. */
function CountDialog({ box, close }: { box: Box; close: (said: string) => void }) {
  const { say } = useShared();
  const [refused, setRefused] = useState('');
  const dialog = useRef<HTMLDialogElement>(null);
  const said = useRef('');
  useEffect(() => { dialog.current?.showModal(); }, []);
  const count = async (event: Event) => {
    event.preventDefault();
    const counted = String(new FormData(event.target as HTMLFormElement).get('counted') ?? '');
    try {
      const answer = await post<{ closed: boolean; seen: number }>('/api/sort/close', { box: box.box, counted });
      said.current = say(answer.closed ? 'sort.count-same' : 'sort.count-differs', { box: box.box, n: counted, seen: answer.seen });
      dialog.current?.close();
    } catch (error) { setRefused(textOf(error, say)); }
  };
  return (
    <dialog ref={dialog} aria-labelledby="count-title" onClose={() => close(said.current)}>
      <h2 id="count-title">{say('sort.count-title', { box: box.box })}</h2>
      <p>{say('sort.count-how')}</p>
      <form onSubmit={count}>
        <label>{say('sort.count-number')}<input name="counted" type="number" inputMode="numeric" required min={1} max={1_000_000} autocomplete="off" autofocus /></label>
        {refused && <p class="refused" role="alert">{refused}</p>}
        <div class="buttons"><button class="go" type="submit">{say('sort.count-do')}</button><button type="button" onClick={() => dialog.current?.close()}>{say('app.close')}</button></div>
      </form>
    </dialog>
  );
}

export function Boxes({ boxes, passing, may, said }: { boxes: Box[]; passing: string; may: boolean; said: (text: string) => void }) {
  const { say } = useShared();
  const [counting, setCounting] = useState<Box | null>(null);
  if (boxes.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="boxes">
      <h2 id="boxes">{say('sort.boxes')}</h2>
      <div class="scroll" tabIndex={0}>
        <table>
          <thead><tr><th scope="col">{say('sort.box')}</th><th scope="col">{say('sort.box-seen')}</th><th scope="col">{say('sort.box-counted')}</th><th scope="col">{say('sort.box-state')}</th></tr></thead>
          <tbody>
            {boxes.map((one) => {
              const open = one.counted === 0 && !one.replaced;
              return (
                <tr key={one.box}>
                  <th scope="row">{one.box}</th>
                  <td class="number">{one.seen}</td>
                  <td class="number">{one.counted > 0 ? one.counted : '–'}</td>
                  <td>{say(one.replaced ? 'sort.box-replaced' : open ? 'sort.box-open' : 'sort.box-closed')}{' '}
                    {may && open && one.box !== passing && <button onClick={() => setCounting(one)}>{say('sort.count')}<span class="hidden"> {one.box}</span></button>}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {counting && <CountDialog box={counting} close={(text) => { setCounting(null); if (text) said(text); }} />}
    </section>
  );
}
