import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useShared } from './context';
import { textOf } from './errors';

export interface Field { name: string; label: string; most?: number; value?: string; proposals?: string[] }

/** Name and password of the second person, who confirms in place. */
export function SecondPerson({ legend }: { legend: string }) {
  const { say } = useShared();
  return (
    <fieldset>
      <legend>{legend}</legend>
      <label>{say('login.name')}<input name="second_name" required maxLength={32} autocomplete="off" autocapitalize="none" spellcheck={false} /></label>
      <label>{say('login.password')}<input name="second_password" type="password" required maxLength={1024} autocomplete="off" /></label>
    </fieldset>
  );
}

/** What a form holds; a password as it was typed, everything else without spaces around it. */
export function valuesOf(form: HTMLFormElement): Record<string, string> {
  return Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, name.includes('password') ? String(value) : String(value).trim()]));
}

/** Asks for a few words before something is done; stays open, with the reason, when it is refused. */
export function AskDialog({ title, fields, second, submit, act, close, children }: {
  title: string; fields: Field[]; second?: string; submit: string; act: (values: Record<string, string>) => Promise<void>; close: () => void; children?: ComponentChildren;
}) {
  const { say } = useShared();
  const [refused, setRefused] = useState('');
  const [asking, setAsking] = useState(false);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => { dialog.current?.showModal(); }, []);
  const send = async (event: Event) => {
    event.preventDefault();
    setAsking(true);
    setRefused('');
    try { await act(valuesOf(event.target as HTMLFormElement)); close(); } catch (error) { setRefused(textOf(error, say)); setAsking(false); }
  };
  return (
    <dialog ref={dialog} class="ask" aria-labelledby="ask-title" onClose={close}>
      <form onSubmit={send}>
        <h2 id="ask-title">{title}</h2>
        {children}
        {fields.map((field, index) => (
          <label key={field.name}>{field.label}
            <input name={field.name} required maxLength={field.most ?? 80} defaultValue={field.value ?? ''} autocomplete="off" autofocus={index === 0} list={field.proposals ? `ask-${field.name}` : undefined} />
            {field.proposals && <datalist id={`ask-${field.name}`}>{field.proposals.map((one) => <option key={one} value={one} />)}</datalist>}
          </label>
        ))}
        {second && <SecondPerson legend={second} />}
        {refused && <p class="refused" role="alert">{refused}</p>}
        <div class="buttons">
          <button class="go" type="submit" disabled={asking}>{submit}</button>
          <button type="button" onClick={() => dialog.current?.close()}>{say('login.cancel')}</button>
        </div>
      </form>
    </dialog>
  );
}
