import { useCallback, useState } from 'preact/hooks';
import { get, type Board } from '../api';
import { useShared } from '../context';
import { textOf } from '../errors';
import { useFollowing } from '../follow';
import { isWord } from '../i18n';
import { Chart } from './Chart';

type Counts = Record<string, number>;
interface Day { date: string; verdicts: Counts; kinds: Counts; printers: Record<string, Counts>; custody: Counts }
interface Agreement { agreed: number; good: number; other: number }
interface Statistics { days: Day[]; kinds: (Agreement & { kind: string; flagged: number })[]; inspectors: (Agreement & { name: string })[] }

const notGood = ['damaged', 'mismatch', 'duplicate', 'review', 'spoiled'] as const;
const colours = { damaged: '--bad', mismatch: '--other', duplicate: '--double', review: '--warn', spoiled: '--grey' } as const;
const spans = [7, 30, 0] as const;

const sum = (counts: Counts) => Object.values(counts).reduce((a, b) => a + b, 0);
function added(all: Counts[]): Counts {
  const total: Counts = {};
  for (const one of all) for (const [name, n] of Object.entries(one)) total[name] = (total[name] ?? 0) + n;
  return total;
}
const percent = (part: number, whole: number) => (whole === 0 ? 0 : Math.round((1000 * part) / whole) / 10);

/** Damage by kind, printer and day, the way from the printer to the holder, and how often people agree with the station. */
export function ReportsPage({ board, theme }: { board: Board; theme: string }) {
  const { say, language } = useShared();
  const [all, setAll] = useState<Statistics | null>(null);
  const [span, setSpan] = useState<(typeof spans)[number]>(30);
  const [refused, setRefused] = useState('');
  const load = useCallback(async () => {
    try { setAll(await get<Statistics>('/api/statistics')); setRefused(''); } catch (error) { setRefused(textOf(error, say)); }
  }, [say]);
  useFollowing(board.seq, load, 5000);
  if (!all) return <p>{refused || say('app.loading')}</p>;

  const days = span === 0 ? all.days : all.days.slice(-span);
  const dayName = (date: string) => new Date(`${date}T12:00`).toLocaleDateString(language === 'id' ? 'id-ID' : 'en-GB', { day: 'numeric', month: 'short', year: '2-digit' });
  const kindName = (kind: string) => { const word = `kind.${kind}`; return kind === '' ? say('reports.no-finding') : isWord(word) ? say(word) : kind; };
  const dates = days.map((one) => dayName(one.date));
  const kinds = Object.entries(added(days.map((one) => one.kinds))).sort((a, b) => b[1] - a[1]);
  const printers = new Map<string, Counts>();
  for (const day of days) for (const [name, counts] of Object.entries(day.printers)) printers.set(name, added([printers.get(name) ?? {}, counts]));
  const rates = [...printers].map(([name, counts]) => ({ name: name || '-', of: sum(counts), rate: percent(sum(counts) - (counts.good ?? 0), sum(counts)) })).sort((a, b) => b.rate - a.rate);
  const growing = (values: number[]) => { let total = 0; return values.map((one) => (total += one)); };
  const printed = days.reduce((total, one) => total + sum(one.verdicts), 0), good = days.reduce((total, one) => total + (one.verdicts.good ?? 0), 0);
  return (
    <div class="reports">
      <h1>{say('reports.title')}</h1>
      {refused && <p class="refused" role="alert">{refused}</p>}
      <div class="choices" role="group" aria-label={say('reports.span')}>
        {spans.map((one) => <button key={one} aria-pressed={span === one} onClick={() => setSpan(one)}>{one === 0 ? say('reports.all-days') : say('reports.last-days', { n: one })}</button>)}
        <button onClick={() => print()}>{say('books.print')}</button>
      </div>
      {days.length === 0 ? <p class="empty">{say('reports.none')}</p> : (
        <>
          <p class="paragraph">{say('reports.summary', { from: dates[0]!, to: dates[dates.length - 1]!, n: printed, good, rate: percent(printed - good, printed) })}</p>
          <section class="panel"><Chart theme={theme} title={say('reports.by-day')} rowTitle={say('reports.day')} picture={{ kind: 'stacked', unit: '', names: dates, series: notGood.map((verdict) => ({ label: say(`verdict.${verdict}`), colour: colours[verdict], values: days.map((one) => one.verdicts[verdict] ?? 0) })) }} /></section>
          <section class="panel">{kinds.length === 0 ? <p class="empty">{say('reports.no-damage')}</p> : <Chart theme={theme} title={say('reports.by-kind')} rowTitle={say('review.kind')} picture={{ kind: 'lying', unit: '', names: kinds.map(([kind]) => kindName(kind)), series: [{ label: say('handover.count'), colour: '--bad', values: kinds.map(([, n]) => n) }] }} />}</section>
          <section class="panel"><Chart theme={theme} title={say('reports.by-printer')} rowTitle={say('reports.printer')} picture={{ kind: 'lying', unit: ' %', names: rates.map((one) => say('reports.of', { name: one.name, n: one.of })), series: [{ label: say('reports.not-good'), colour: '--accent', values: rates.map((one) => one.rate) }] }} /></section>
          <section class="panel"><Chart theme={theme} title={say('reports.way')} rowTitle={say('reports.day')} picture={{ kind: 'lines', unit: '', names: dates, series: [
            { label: say('reports.judged-good'), colour: '--good', values: growing(days.map((one) => one.verdicts.good ?? 0)) },
            { label: say('state.handed-over'), colour: '--accent', values: growing(days.map((one) => one.custody['handed-over'] ?? 0)) },
            { label: say('state.delivered'), colour: '--double', values: growing(days.map((one) => one.custody.delivered ?? 0)) },
            { label: say('state.returned'), colour: '--bad', values: growing(days.map((one) => one.custody.returned ?? 0)) }] }} /></section>
        </>
      )}
      <section class="panel agreement" aria-labelledby="agreement">
        <h2 id="agreement">{say('agree.title')}</h2>
        <p>{say('agree.what')}</p>
        {all.kinds.length === 0 ? <p class="empty">{say('reports.no-damage')}</p> : (
          <div class="scroll" tabIndex={0} role="group" aria-labelledby="agreement">
            <table>
              <thead><tr><th scope="col">{say('review.kind')}</th><th scope="col" class="number">{say('agree.flagged')}</th><th scope="col" class="number">{say('agree.agreed')}</th><th scope="col" class="number">{say('agree.good')}</th><th scope="col" class="number">{say('agree.other')}</th><th scope="col" class="number">{say('agree.rate')}</th></tr></thead>
              <tbody>{all.kinds.map((one) => <tr key={one.kind}><th scope="row">{kindName(one.kind)}</th><td class="number">{one.flagged}</td><td class="number">{one.agreed}</td><td class="number">{one.good}</td><td class="number">{one.other}</td><td class="number">{one.agreed + one.good + one.other === 0 ? '-' : `${percent(one.agreed, one.agreed + one.good + one.other)} %`}</td></tr>)}</tbody>
            </table>
          </div>
        )}
        {all.inspectors.length > 0 && (
          <div class="scroll" tabIndex={0} role="group" aria-label={say('agree.by-person')}>
            <table>
              <thead><tr><th scope="col">{say('agree.person')}</th><th scope="col" class="number">{say('agree.agreed')}</th><th scope="col" class="number">{say('agree.good')}</th><th scope="col" class="number">{say('agree.other')}</th><th scope="col" class="number">{say('agree.rate')}</th></tr></thead>
              <tbody>{all.inspectors.map((one) => <tr key={one.name}><th scope="row">{one.name}</th><td class="number">{one.agreed}</td><td class="number">{one.good}</td><td class="number">{one.other}</td><td class="number">{percent(one.agreed, one.agreed + one.good + one.other)} %</td></tr>)}</tbody>
            </table>
          </div>
        )}
      </section>
    </div>
  );
}
