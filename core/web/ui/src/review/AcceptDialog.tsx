import { useState } from 'preact/hooks';
import { post } from '../api';
import { AskDialog } from '../AskDialog';
import { useShared } from '../context';

export interface Same { card: string; order: string; can: boolean }

/** Cards with the same finding on the same spot (dust on the glass) are found good together, by two people. */
export function AcceptDialog({ card, same, finding, close, decided }: { card: string; same: Same[]; finding: string; close: () => void; decided: (cards: string[]) => void }) {
  const { say } = useShared();
  const [left, setLeft] = useState<Set<string>>(new Set());
  const able = same.filter((one) => one.can);
  const chosen = able.filter((one) => !left.has(one.card)).map((one) => one.card);
  const toggle = (name: string) => setLeft((now) => { const next = new Set(now); if (!next.delete(name)) next.add(name); return next; });
  return (
    <AskDialog title={say('accept.title', { n: chosen.length, finding })} submit={say('accept.submit', { n: chosen.length })} close={close} second={say('decide.second')}
      fields={[{ name: 'reason', label: say('decide.reason'), most: 200, value: say('why.dust') }]}
      act={async (values) => { await post('/api/review/accept-same', { card, cards: chosen.join('\n'), ...values }); decided(chosen); }}>
      <p>{say('accept.how')}</p>
      <ul class="accept-cards">
        {able.map((one) => <li key={one.card}><label><input type="checkbox" checked={!left.has(one.card)} onChange={() => toggle(one.card)} /> {one.card} <small>{one.order}</small></label></li>)}
      </ul>
      {able.length < same.length && <p>{say('accept.not', { cards: same.filter((one) => !one.can).map((one) => one.card).join(', ') })}</p>}
    </AskDialog>
  );
}
