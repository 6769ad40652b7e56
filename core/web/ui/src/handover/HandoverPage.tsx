import { useCallback, useState } from 'preact/hooks';
import { atLeast, get, post, type Board } from '../api';
import { useShared } from '../context';
import { textOf } from '../errors';
import { useFollowing } from '../follow';
import { Shape } from '../shapes';
import { FindUnknown } from '../unknown/UnknownDialog';
import type { Overview, Seal } from './data';
import { SealDialog } from './SealDialog';

/** What keeps every box open, and what to do about it. */
function Blocked({ overview, board }: { overview: Overview; board: Board }) {
  const { say } = useShared();
  if (overview.blocked.length === 0) return null;
  return (
    <section class="panel blocked" aria-labelledby="blocked">
      <h2 id="blocked"><Shape name="warning" size={30} />{say('handover.blocked')}</h2>
      {overview.blocked.map(({ term, n }) => (
        <p key={term}>{term === 'unknown'
          ? say('handover.blocked-unknown', { n, cards: board.unknown.map((one) => one.card).join(', ') })
          : say('handover.blocked-discrepancy', { n, reason: board.discrepancy_reason })}</p>
      ))}
      {overview.blocked.some((one) => one.term === 'discrepancy') && <p><a class="button" href="#board">{say('handover.to-board')}</a></p>}
    </section>
  );
}

function Bins({ overview, seal, busy, may }: { overview: Overview; seal: (region: string) => void; busy: boolean; may: boolean }) {
  const { say } = useShared();
  const all = overview.bins.reduce((sum, one) => sum + one.cards, 0);
  const closed = busy || overview.blocked.length > 0;
  const button = (region: string, name: string, n: number) => may && (
    <button disabled={closed} onClick={() => seal(region)}>{say('handover.seal')} <span class="hidden">{name}, {say('handover.cards', { n })}</span></button>
  );
  return (
    <section class="panel good-bins" aria-labelledby="good-bins">
      <h2 id="good-bins">{say('handover.bins', { n: all })}</h2>
      {all === 0 ? <p class="empty">{say('handover.bins-empty')}</p> : (
        <>
          {may && <button class="go big" disabled={closed} onClick={() => seal('')}>{say('handover.seal-all', { n: all })}</button>}
          <ul>
            {overview.bins.map((kecamatan) => (
              <li key={kecamatan.code}>
                <h3><span>{say('handover.kecamatan', { name: kecamatan.name || kecamatan.code })}</span><strong>{kecamatan.cards}</strong>{button(kecamatan.code, kecamatan.name, kecamatan.cards)}</h3>
                <ul>
                  {kecamatan.desa.map((desa) => (
                    <li key={desa.code}><span>{desa.name || desa.code}<small>{desa.code}</small></span><strong>{desa.cards}</strong>{kecamatan.desa.length > 1 ? button(desa.code, desa.name, desa.cards) : <span />}</li>
                  ))}
                </ul>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

const stateOf = (seal: Seal) => (seal.taken_by ? 'handed-over' : seal.inside === 0 ? 'empty' : seal.inside < seal.cards ? 'changed' : 'sealed');

function Seals({ seals, open, may }: { seals: Seal[]; open: (seal: Seal) => void; may: boolean }) {
  const { say } = useShared();
  const [which, setWhich] = useState<'waiting' | 'gone'>('waiting');
  const [boxes, setBoxes] = useState(1);
  const waiting = seals.filter((one) => !one.taken_by);
  const shown = which === 'waiting' ? waiting : seals.filter((one) => one.taken_by).reverse();
  return (
    <section class="panel seals" aria-labelledby="seals">
      <h2 id="seals">{say('handover.seals')}</h2>
      <div class="choices" role="group" aria-label={say('handover.which')}>
        <button aria-pressed={which === 'waiting'} onClick={() => setWhich('waiting')}>{say('handover.waiting', { n: waiting.length })}</button>
        <button aria-pressed={which === 'gone'} onClick={() => setWhich('gone')}>{say('handover.gone', { n: seals.length - waiting.length })}</button>
      </div>
      {may && which === 'waiting' && waiting.some((one) => one.inside > 0) && (
        <div class="row label-row">
          <label>{say('label.boxes')}<input type="number" inputMode="numeric" min={1} max={99} value={boxes} onInput={(event) => { const n = event.currentTarget.valueAsNumber; if (n >= 1 && n <= 99) setBoxes(Math.floor(n)); }} /></label>
          <a class="button" href={`/api/handover/labels?boxes=${boxes}`} target="_blank" rel="noopener">{say('label.all')}</a>
        </div>
      )}
      {shown.length === 0 ? <p class="empty">{say(which === 'waiting' ? 'handover.none-waiting' : 'handover.none-gone')}</p> : (
        <div class="scroll" tabIndex={0} role="group" aria-labelledby="seals">
          <table>
            <thead><tr><th scope="col">{say('handover.batch')}</th><th scope="col">{say('handover.desa')}</th><th scope="col">{say('handover.count')}</th><th scope="col">{say('handover.state')}</th><th scope="col">{say('handover.list')}</th><th scope="col"><span class="hidden">{say('handover.open')}</span></th></tr></thead>
            <tbody>
              {shown.map((one) => (
                <tr key={one.seal} data-seal={one.seal}>
                  <th scope="row">{one.seal}</th>
                  <td>{one.desa || one.region}<small>{one.kecamatan}</small></td>
                  <td class="number">{one.taken_by ? one.cards : one.inside}</td>
                  <td><span class={`seal-state ${stateOf(one)}`}><Shape name={one.taken_by ? 'good' : one.inside === one.cards ? 'wait' : 'warning'} size={18} />{say(`handover.state-${stateOf(one)}`, { n: one.cards })}</span>{one.taken_by && <small>{one.taken_by}</small>}</td>
                  <td class="papers">{may ? (['pdf', 'csv', 'json'] as const).map((form) => (
                    <a key={form} href={`/api/handover/paper?seal=${one.seal}&form=${form}`} {...(form === 'pdf' ? { target: '_blank', rel: 'noopener' } : { download: '' })}>{form.toUpperCase()}<span class="hidden"> {say('handover.list')} {one.seal}</span></a>
                  )) : '-'}{may && !one.taken_by && one.inside > 0 && <a href={`/api/handover/labels?seal=${one.seal}&boxes=${boxes}`} target="_blank" rel="noopener">{say('label.one')}<span class="hidden"> {one.seal}</span></a>}</td>
                  <td><button class={one.taken_by ? '' : 'go'} onClick={() => open(one)}>{say(one.taken_by || !may ? 'handover.look' : 'handover.sign')}<span class="hidden"> {one.seal}</span></button></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

/** From the bin to the post office: seal, print the list, countersign. */
export function HandoverPage({ board }: { board: Board }) {
  const { say, session } = useShared();
  const [overview, setOverview] = useState<Overview | null>(null);
  const [message, setMessage] = useState('');
  const [refused, setRefused] = useState('');
  const [busy, setBusy] = useState(false);
  const [opened, setOpened] = useState('');
  const may = atLeast(session.role, 'operator');

  const load = useCallback(async () => {
    try { setOverview(await get<Overview>('/api/handover')); } catch (error) { setRefused(textOf(error, say)); }
  }, [say]);
  useFollowing(board.seq, load);

  const seal = async (region: string) => {
    setBusy(true);
    setMessage('');
    setRefused('');
    try {
      const made = await post<{ seal: string; cards: number; list: string }[]>('/api/handover/seal', { region });
      setMessage(made.length === 0 ? say('handover.nothing') : say('handover.sealed', { batches: made.length, n: made.reduce((sum, one) => sum + one.cards, 0) }));
      const unwritten = made.find((one) => one.list !== '');
      if (unwritten) setRefused(say('handover.list-later', { seal: unwritten.seal, text: unwritten.list }));
    } catch (error) {
      setRefused(textOf(error, say));
    } finally {
      setBusy(false);
      await load();
    }
  };
  if (!overview) return <p>{refused || say('app.loading')}</p>;
  const shown = overview.seals.find((one) => one.seal === opened);
  return (
    <div class="handover">
      <h1>{say('handover.title')}</h1>
      <p role="status" class="message">{message}</p>
      {refused && <p class="refused" role="alert">{refused}</p>}
      <Blocked overview={overview} board={board} />
      <FindUnknown board={board} />
      <Bins overview={overview} seal={seal} busy={busy} may={may} />
      <Seals seals={overview.seals} open={(one) => setOpened(one.seal)} may={may} />
      {shown && <SealDialog seal={shown} may={may} changed={load} close={() => setOpened('')} done={(words) => { setMessage(words); setOpened(''); void load(); }} />}
    </div>
  );
}
