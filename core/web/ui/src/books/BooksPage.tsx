import { useCallback, useState } from 'preact/hooks';
import { get, type Board } from '../api';
import { termName, terms } from '../board/Numbers';
import { useShared } from '../context';
import { textOf } from '../errors';
import { useFollowing } from '../follow';
import { isWord, type Word } from '../i18n';
import { Shape } from '../shapes';
import { FindUnknown } from '../unknown/UnknownDialog';

interface Balance { at: string; terms: Record<string, number>; sums: boolean; closes: boolean }
interface Report { id: string; en: string; figures: Record<string, number> & { returned_by_reason: Record<string, number> } }
type Next = 'decide' | 'print' | 'find' | 'seal' | 'review' | 'destroy' | 'hand-over' | 'wait-for-post' | 'take-back' | 'locate' | 'look-at' | 'hand-on' | 'go-on';
interface Open {
  total: number; groups: { next: Next; n: number; oldest: string }[];
  items: { card: string; order: string; state: string; bin: string; seal: string; since: string; detail: string; next: Next }[];
}

/** The page where the next step is taken, if there is one. */
const places: Partial<Record<Next, string>> = { print: '#board', find: '#board', 'go-on': '#board', seal: '#handover', 'hand-over': '#handover', review: '#review', 'wait-for-post': '#post', 'take-back': '#returned', locate: '#returned', destroy: '#destroy' };

const when = (time: string, language: string) => new Date(time).toLocaleString(language === 'id' ? 'id-ID' : 'en-GB', { dateStyle: 'medium', timeStyle: 'short' });
const ageOf = (time: string) => Math.max(0, Math.floor((Date.now() - Date.parse(time)) / 86_400_000));

function BalanceTable({ balance, then }: { balance: Balance; then: Balance | null }) {
  const { say, language } = useShared();
  const shown = ['received', ...terms].filter((term) => (balance.terms[term] ?? 0) !== 0 || (then?.terms[term] ?? 0) !== 0 || term === 'unknown' || term === 'discrepancy');
  return (
    <table class="books-table">
      <thead><tr><th scope="col">{say('books.term')}</th>{then && <th scope="col" class="number">{when(`${then.at}Z`, language)}</th>}<th scope="col" class="number">{say('books.now')}</th></tr></thead>
      <tbody>
        {shown.map((term) => (
          <tr key={term} class={term === 'received' ? 'sum' : ''}>
            <th scope="row">{termName(term, say)}</th>
            {then && <td class="number">{then.terms[term] ?? 0}</td>}
            <td class="number">{balance.terms[term] ?? 0}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The books: the balance now and then, the report, and whatever is open with its next step. */
export function BooksPage({ board }: { board: Board }) {
  const { say, language } = useShared();
  const [balance, setBalance] = useState<Balance | null>(null);
  const [then, setThen] = useState<Balance | null>(null);
  const [report, setReport] = useState<Report | null>(null);
  const [open, setOpen] = useState<Open | null>(null);
  const [next, setNext] = useState<Next | ''>('');
  const [refused, setRefused] = useState('');

  const load = useCallback(async () => {
    try {
      const [one, two, three] = await Promise.all([get<Balance>('/api/balance'), get<Report>('/api/report'), get<Open>('/api/open')]);
      setBalance(one);
      setReport(two);
      setOpen(three);
    } catch (error) {
      setRefused(textOf(error, say));
    }
  }, [say]);
  useFollowing(board.seq, load, 5000); // it reads every card

  const lookBack = async (event: Event) => {
    event.preventDefault();
    const local = String(new FormData(event.target as HTMLFormElement).get('at') ?? '');
    setRefused('');
    if (!local) { setThen(null); return; }
    const at = new Date(local).toISOString().slice(0, 16); // the whole of that minute, UTC
    try { setThen(await get<Balance>(`/api/balance?at=${encodeURIComponent(at)}`)); } catch (error) { setRefused(textOf(error, say)); }
  };
  if (!balance || !report || !open) return <p>{refused || say('app.loading')}</p>;
  const stateOf = (state: string) => { const word = `state.${state}`; return isWord(word) ? say(word) : state; };
  const items = open.items.filter((one) => next === '' || one.next === next);
  const reasons = Object.entries(report.figures.returned_by_reason);
  return (
    <div class="books">
      <h1>{say('books.title')}</h1>
      {refused && <p class="refused" role="alert">{refused}</p>}
      <section class={`panel balance ${balance.closes ? 'closes' : 'open'}`} aria-labelledby="books-balance">
        <h2 id="books-balance">{say('balance.title')}</h2>
        <p class="verdict-line" role="status"><Shape name={balance.closes ? 'good' : 'warning'} size={30} />{say(balance.closes ? 'balance.closes' : 'balance.open')}</p>
        <FindUnknown board={board} />
        <BalanceTable balance={balance} then={then} />
        <form class="row" onSubmit={lookBack}>
          <label>{say('books.at')}<input name="at" type="datetime-local" /></label>
          <button type="submit">{say('books.look-back')}</button>
        </form>
      </section>
      <section class="panel" aria-labelledby="books-report">
        <h2 id="books-report">{say('books.report')}</h2>
        <p class="paragraph">{report[language]}</p>
        {reasons.length > 0 && (
          <table class="books-table">
            <thead><tr><th scope="col">{say('books.reason')}</th><th scope="col" class="number">{say('handover.count')}</th></tr></thead>
            <tbody>{reasons.map(([reason, n]) => { const word = `returned.${reason}`; return <tr key={reason}><th scope="row">{isWord(word) ? say(word) : reason}</th><td class="number">{n}</td></tr>; })}</tbody>
          </table>
        )}
        <p class="print-only">{board.station}, {when(new Date().toISOString(), language)}</p>
        <button onClick={() => print()}>{say('books.print')}</button>
      </section>
      <section class="panel open-items" aria-labelledby="books-open">
        <h2 id="books-open">{say('books.open', { n: open.total })}</h2>
        {open.total === 0 ? <p class="verdict-line"><Shape name="good" size={30} />{say('books.nothing-open')}</p> : (
          <>
            <ul class="next-steps">
              {open.groups.map((group) => (
                <li key={group.next}>
                  <strong>{group.n}</strong>
                  <span>{say(`next.${group.next}`)}<small>{say('books.oldest', { when: when(group.oldest, language), days: ageOf(group.oldest) })}</small></span>
                  <button aria-pressed={next === group.next} onClick={() => setNext(next === group.next ? '' : group.next)}>{say('books.which')}<span class="hidden"> {say(`next.${group.next}`)}</span></button>
                  {places[group.next] ? <a class="button" href={places[group.next]}>{say('books.go')}<span class="hidden"> {say(`next.${group.next}`)}</span></a> : <span />}
                </li>
              ))}
            </ul>
            {next !== '' && (
              <div class="scroll" tabIndex={0} role="group" aria-labelledby="books-open">
                <table>
                  <thead><tr><th scope="col">{say('books.since')}</th><th scope="col">{say('sign.card')}</th><th scope="col">{say('books.order')}</th><th scope="col">{say('handover.state')}</th></tr></thead>
                  <tbody>
                    {items.map((one) => (
                      <tr key={`${one.card} ${one.order}`}>
                        <td>{when(one.since, language)}</td><td>{one.card || '-'}{one.seal && <small>{one.seal}</small>}</td><td>{one.order}</td>
                        <td>{stateOf(one.state)}{one.bin && one.state === 'sorted' && `: ${say(`verdict.${one.bin}` as Word)}`}{one.state === 'held' && <small lang="en">{one.detail}</small>}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
                {items.length < (open.groups.find((group) => group.next === next)?.n ?? 0) && <p>{say('books.oldest-only', { n: items.length })}</p>}
              </div>
            )}
          </>
        )}
      </section>
    </div>
  );
}
