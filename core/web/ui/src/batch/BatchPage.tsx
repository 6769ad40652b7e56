import { useRef, useState } from 'preact/hooks';
import { atLeast, get, post } from '../api';
import { useShared } from '../context';
import { textOf } from '../errors';
import { chosen, dropped, send, type Named } from './files';

interface Checked { file: string; rows: number; good: { row: number; order: string }[]; refused: { row: number; reason: string }[] }
interface Taken { batch: string; rows: number; accepted: number; known: number; held: number; refused: { row: number; order: string; reason: string }[] }

const shownAtOnce = 200;

/** Refused rows as a file: what the sender has to put right. */
function download(name: string, refused: { row: number; reason: string }[]) {
  const quoted = (text: string) => `"${(/^[=+\-@\t]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  const text = ['row,reason', ...refused.map((one) => `${one.row},${quoted(one.reason)}`)].join('\r\n');
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob(['\ufeff', text, '\r\n'], { type: 'text/csv' }));
  link.download = `${name.replace(/\.csv$/i, '')}-refused.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function Refused({ name, rows }: { name: string; rows: { row: number; reason: string }[] }) {
  const { say } = useShared();
  if (rows.length === 0) return null;
  return (
    <section class="refused-rows" aria-label={say('batch.refused', { n: rows.length })}>
      <h2>{say('batch.refused', { n: rows.length })} <button onClick={() => download(name, rows)}>{say('batch.download')}</button></h2>
      <table>
        <thead><tr><th scope="col">{say('batch.row')}</th><th scope="col">{say('batch.reason')}</th></tr></thead>
        <tbody>{rows.slice(0, shownAtOnce).map((one) => <tr key={one.row}><td>{one.row}</td><td lang="en">{one.reason}</td></tr>)}</tbody>
      </table>
    </section>
  );
}

/** Bringing a batch: drop it, see every row checked and any face drawn, take it in. Nothing is printed here. */
export function BatchPage() {
  const { say, session, login } = useShared();
  const [over, setOver] = useState(false);
  const [progress, setProgress] = useState<{ done: number; all: number } | null>(null);
  const [message, setMessage] = useState('');
  const [drop, setDrop] = useState('');
  const [checked, setChecked] = useState<Checked | null>(null);
  const [taken, setTaken] = useState<Taken | null>(null);
  const [row, setRow] = useState(0);
  const [working, setWorking] = useState(false);
  const folder = useRef<HTMLInputElement>(null);
  const files = useRef<HTMLInputElement>(null);
  if (!atLeast(session.role, 'operator')) return <section class="panel"><p>{say('batch.login')}</p><button class="go" onClick={login}>{say('app.login')}</button></section>;

  const bring = async (named: Named[]) => {
    if (named.length === 0 || working) return;
    setWorking(true);
    setMessage('');
    setChecked(null);
    setTaken(null);
    setRow(0);
    try {
      const name = await send(named, (done, all) => setProgress({ done, all }));
      setProgress(null);
      setMessage(say('batch.checking'));
      const result = await get<Checked>(`/api/drop/check?drop=${name}`);
      setDrop(name);
      setChecked(result);
      setRow(result.good[0]?.row ?? 0);
      setMessage('');
    } catch (error) {
      setMessage(textOf(error, say));
    } finally {
      setProgress(null);
      setWorking(false);
    }
  };
  const takeIn = async () => {
    setWorking(true);
    setMessage(say('batch.taking-in'));
    try {
      setTaken(await post<Taken>('/api/drop/take-in', { drop }));
      setMessage('');
    } catch (error) {
      setMessage(textOf(error, say));
    } finally {
      setWorking(false);
    }
  };
  return (
    <div class="batch">
      <section class="panel">
        <h1>{say('batch.title')}</h1>
        <div class={`drop ${over ? 'over' : ''}`}
          onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)}
          onDrop={(event) => { event.preventDefault(); setOver(false); if (event.dataTransfer) void dropped(event.dataTransfer).then(bring); }}>
          <p>{say('batch.drop')}</p>
          <div class="buttons">
            <button onClick={() => folder.current?.click()}>{say('batch.choose-folder')}</button>
            <button onClick={() => files.current?.click()}>{say('batch.choose-files')}</button>
          </div>
          <input ref={folder} type="file" class="hidden" tabIndex={-1} aria-hidden="true" {...{ webkitdirectory: true }} onChange={(event) => { const list = event.currentTarget.files; if (list) void bring(chosen(list)); }} />
          <input ref={files} type="file" class="hidden" tabIndex={-1} aria-hidden="true" multiple accept=".csv,.zip,.jpg,.jpeg,.png" onChange={(event) => { const list = event.currentTarget.files; if (list) void bring(chosen(list)); }} />
        </div>
        {progress && <p role="status"><progress aria-label={say('batch.sending', progress)} value={progress.done} max={progress.all} /> {say('batch.sending', progress)}</p>}
        <p role="status" class="message">{message}</p>
      </section>
      {checked && !taken && (
        <section class="panel">
          <h2>{checked.file}: {say('batch.checked', { rows: checked.rows, good: checked.good.length, refused: checked.refused.length })}</h2>
          <p>{say('batch.nothing-printed')}</p>
          <button class="go big" disabled={working || checked.good.length === 0} onClick={takeIn}>{say('batch.take-in', { n: checked.good.length })}</button>
          <Refused name={checked.file} rows={checked.refused} />
          {checked.good.length > 0 && (
            <div class="preview">
              <label>{say('batch.preview')}
                <select value={row} onChange={(event) => setRow(Number(event.currentTarget.value))}>
                  {checked.good.slice(0, 2000).map((one) => <option key={one.row} value={one.row}>{one.row}: {one.order}</option>)}
                </select>
              </label>
              {row > 0 && (['front', 'back'] as const).map((side) => (
                <figure key={side}><img src={`/api/drop/face?drop=${drop}&row=${row}&side=${side}`} alt={`${say('review.expected')}, ${say(`side.${side}`)}`} /><figcaption>{say(`side.${side}`)}</figcaption></figure>
              ))}
            </div>
          )}
        </section>
      )}
      {taken && checked && (
        <section class="panel">
          <h2>{say('batch.taken', { accepted: taken.accepted, known: taken.known, held: taken.held, refused: taken.refused.length })}</h2>
          <p><a class="button go" href="#board">{say('batch.to-board')}</a></p>
          <Refused name={checked.file} rows={taken.refused} />
        </section>
      )}
    </div>
  );
}
