import { useRef, useState } from 'preact/hooks';
import { atLeast, postBytes } from '../api';
import { useShared } from '../context';
import { textOf } from '../errors';
import { Shape } from '../shapes';

interface Outcome {
  rows: number; entered: number; delivered: number; returned: number; known: number;
  shown: { row: number; item: string; card: string; what: 'entered' | 'delivered' | 'returned' | 'known' }[];
  refused: { row: number; reason: string }[];
}

/** What the post office says: dropped, every row looked at, then booked. */
export function PostPage() {
  const { say, session } = useShared();
  const [over, setOver] = useState(false);
  const [file, setFile] = useState<File | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [booked, setBooked] = useState(false);
  const [refused, setRefused] = useState('');
  const [working, setWorking] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const may = atLeast(session.role, 'operator');

  const send = async (what: 'preview' | 'import', which: File) => {
    setWorking(true);
    setRefused('');
    try {
      const said = await postBytes<Outcome>(`/api/post/${what}`, which);
      setOutcome(said);
      setBooked(what === 'import');
    } catch (error) {
      setOutcome(null);
      setRefused(textOf(error, say));
    } finally {
      setWorking(false);
    }
  };
  const look = (list: FileList | null) => {
    const one = list?.[0];
    if (!one || working) return;
    setFile(one);
    setBooked(false);
    void send('preview', one);
  };
  if (!may) return <section class="panel"><p>{say('post.login')}</p></section>;
  const fresh = outcome ? outcome.entered + outcome.delivered + outcome.returned : 0;
  return (
    <div class="post-page batch">
      <section class="panel">
        <h1>{say('post.title')}</h1>
        <div class={`drop ${over ? 'over' : ''}`}
          onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)}
          onDrop={(event) => { event.preventDefault(); setOver(false); look(event.dataTransfer?.files ?? null); }}>
          <p>{say('post.drop')}</p>
          <div class="buttons"><button onClick={() => input.current?.click()}>{say('post.choose')}</button></div>
          <input ref={input} type="file" class="hidden" tabIndex={-1} aria-hidden="true" accept=".csv,text/csv" onChange={(event) => { look(event.currentTarget.files); event.currentTarget.value = ''; }} />
        </div>
        <p role="status" class="message">{working ? say('post.working') : ''}</p>
        {refused && <p class="refused" role="alert">{refused}</p>}
      </section>
      {outcome && file && (
        <section class="panel" aria-labelledby="post-outcome">
          <h2 id="post-outcome">{file.name}: {say(booked ? 'post.booked' : 'post.preview', { rows: outcome.rows })}</h2>
          <dl class="tally">
            {(['entered', 'delivered', 'returned', 'known'] as const).map((what) => <div key={what}><dt>{say(`post.${what}`)}</dt><dd>{outcome[what]}</dd></div>)}
            <div class={outcome.refused.length > 0 ? 'bad' : ''}><dt>{say('post.refused')}</dt><dd>{outcome.refused.length}</dd></div>
          </dl>
          {booked
            ? <p class="verdict-line" role="status"><Shape name="good" size={30} />{say('post.done', { n: fresh })}</p>
            : (
              <>
                <p>{say('post.nothing-yet')}</p>
                <button class="go big" disabled={working || fresh === 0} onClick={() => send('import', file)}>{say('post.book', { n: fresh })}</button>
              </>
            )}
          {outcome.refused.length > 0 && (
            <div class="refused-rows">
              <h3 id="post-refused"><Shape name="warning" />{say('post.refused-rows', { n: outcome.refused.length })}</h3>
              <div class="scroll" tabIndex={0} role="group" aria-labelledby="post-refused">
                <table>
                  <thead><tr><th scope="col">{say('batch.row')}</th><th scope="col">{say('batch.reason')}</th></tr></thead>
                  <tbody>{outcome.refused.slice(0, 500).map((one) => <tr key={one.row}><td>{one.row}</td><td lang="en">{one.reason}</td></tr>)}</tbody>
                </table>
              </div>
            </div>
          )}
          {outcome.shown.length > 0 && (
            <>
              <h3 id="post-rows">{say('post.rows', { n: outcome.shown.length })}</h3>
              <div class="scroll" tabIndex={0} role="group" aria-labelledby="post-rows">
                <table>
                  <thead><tr><th scope="col">{say('batch.row')}</th><th scope="col">{say('sign.number')}</th><th scope="col">{say('sign.card')}</th><th scope="col">{say('post.does')}</th></tr></thead>
                  <tbody>{outcome.shown.map((one) => <tr key={one.row}><td>{one.row}</td><td class="item">{one.item}</td><td>{one.card}</td><td>{say(`post.${one.what}`)}</td></tr>)}</tbody>
                </table>
              </div>
            </>
          )}
        </section>
      )}
    </div>
  );
}
