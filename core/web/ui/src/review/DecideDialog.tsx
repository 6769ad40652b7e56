import { useEffect, useRef, useState } from 'preact/hooks';
import { post, type Verdict } from '../api';
import { SecondPerson } from '../AskDialog';
import { useShared } from '../context';
import { textOf } from '../errors';
import type { Word } from '../i18n';

const reasons: Record<'good' | 'other', Word[]> = {
  good: ['why.dust', 'why.light', 'why.within', 'why.camera'],
  other: ['why.damage-seen', 'why.print-seen', 'why.content-seen', 'why.double-seen'],
};

/** Another verdict: a reason is mandatory, and good takes a second person. Everything by keyboard. */
export function DecideDialog({ card, verdict, close, decided }: { card: string; verdict: Verdict; close: () => void; decided: () => void }) {
  const { say } = useShared();
  const [refused, setRefused] = useState('');
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState('');
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => { dialog.current?.showModal(); }, []);
  const good = verdict === 'good';

  const submit = async (event: Event) => {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    const value = (name: string) => String(data.get(name) ?? '').trim();
    const body: Record<string, string> = { card, verdict, reason: value('reason') };
    if (good) { body.second_name = value('second_name'); body.second_password = String(data.get('second_password') ?? ''); }
    setAsking(true);
    setRefused('');
    try {
      await post('/api/review/override', body);
      decided();
    } catch (error) {
      setRefused(textOf(error, say));
      setAsking(false);
    }
  };
  return (
    <dialog ref={dialog} class="decide" aria-labelledby="decide-title" onClose={close}>
      <form onSubmit={submit}>
        <h2 id="decide-title">{card}: {say(`verdict.${verdict}`)}</h2>
        <p>{say('decide.carry', { bin: say(`verdict.${verdict}`) })}</p>
        <label>{say('decide.reason')}
          <input name="reason" required maxLength={200} value={reason} autocomplete="off" list="reasons" autofocus onInput={(event) => setReason(event.currentTarget.value)} />
        </label>
        <div class="reasons">
          {reasons[good ? 'good' : 'other'].map((word) => (
            <button type="button" key={word} onClick={() => setReason(say(word))}>{say(word)}</button>
          ))}
        </div>
        {good && <SecondPerson legend={say('decide.second')} />}
        {refused && <p class="refused" role="alert">{refused}</p>}
        <div class="buttons">
          <button class="go" type="submit" disabled={asking}>{say('decide.submit')}</button>
          <button type="button" onClick={() => dialog.current?.close()}>{say('login.cancel')}</button>
        </div>
      </form>
    </dialog>
  );
}
