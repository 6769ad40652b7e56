import { bins, type Board, type Verdict } from '../api';
import { useShared } from '../context';
import { isWord, type Say } from '../i18n';
import { Shape } from '../shapes';
import { FindUnknown } from '../unknown/UnknownDialog';

const verdicts: Verdict[] = ['good', 'damaged', 'duplicate', 'mismatch', 'review', 'spoiled'];

export function termName(term: string, say: Say): string {
  const word = term === 'unknown' || term === 'discrepancy' ? `balance.${term}-term` : `balance.${term}`;
  return isWord(word) ? say(word) : term;
}

/** What lies in each bin, and what today brought. */
export function Bins({ board }: { board: Board }) {
  const { say } = useShared();
  const spoiled = board.balance.spoiled ?? 0;
  return (
    <section class="panel bins" aria-labelledby="bins">
      <h2 id="bins">{say('bins.title')}</h2>
      <ul>
        {bins.map((bin) => (
          <li key={bin} class={`bin ${bin}`}>
            <Shape name={bin} size={26} />
            <span>{say(`verdict.${bin}`)}</span>
            <strong>{(board.balance[bin] ?? 0) + (bin === 'damaged' ? spoiled : 0)}</strong>
            {bin === 'damaged' && spoiled > 0 && <small>{say('bins.damaged-note', { n: spoiled })}</small>}
          </li>
        ))}
      </ul>
      <h3>{say('today.title')}</h3>
      <dl class="today">
        {verdicts.map((verdict) => (
          <div key={verdict} class={verdict}><dt>{say(`verdict.${verdict}`)}</dt><dd>{board.today[verdict] ?? 0}</dd></div>
        ))}
      </dl>
    </section>
  );
}

export const terms = ['in_stock', 'in_machine', 'good', 'damaged', 'duplicate', 'mismatch', 'review', 'withdrawn', 'spoiled', 'destroyed',
  'handed_over', 'unknown', 'discrepancy'];

export function Balance({ board }: { board: Board }) {
  const { say } = useShared();
  const at = (term: string) => board.balance[term] ?? 0;
  return (
    <section class={`panel balance ${board.closes ? 'closes' : 'open'}`} aria-labelledby="balance">
      <h2 id="balance">{say('balance.title')}</h2>
      <p class="verdict-line" role="status"><Shape name={board.closes ? 'good' : 'warning'} size={30} />{say(board.closes ? 'balance.closes' : 'balance.open')}</p>
      {board.unknown.length > 0 && (
        <p class="named">{say('balance.unknown', { n: at('unknown'), cards: board.unknown.map((one) => one.card).join(', ') })}</p>
      )}
      <FindUnknown board={board} />
      {at('discrepancy') !== 0 && <p class="named">{say('balance.discrepancy', { n: at('discrepancy'), reason: board.discrepancy_reason })}</p>}
      {at('received') === 0
        ? <p>{say('balance.nothing')}</p>
        : (
          <table>
            <tbody>
              <tr class="sum"><th scope="row">{say('balance.received')}</th><td>{at('received')}</td></tr>
              {terms.filter((term) => at(term) !== 0).map((term) => (
                <tr key={term}><th scope="row">{termName(term, say)}</th><td>{at(term)}</td></tr>
              ))}
            </tbody>
          </table>
        )}
    </section>
  );
}
