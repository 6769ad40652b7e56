import { useEffect, useRef, useState } from 'preact/hooks';
import { post } from './api';
import { useShared } from './context';
import { textOf } from './errors';

/** Logging in, or making the first administrator with the code from the console. */
export function LoginDialog({ close }: { close: () => void }) {
  const { say, session, renew } = useShared();
  const [refused, setRefused] = useState('');
  const [asking, setAsking] = useState(false);
  const dialog = useRef<HTMLDialogElement>(null);
  const first = session.first_start;
  useEffect(() => { dialog.current?.showModal(); }, []);

  const submit = async (event: Event) => {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const value = (name: string) => String(form.get(name) ?? '');
    setAsking(true);
    setRefused('');
    try {
      if (first) await post('/api/first', { code: value('code').trim().toUpperCase(), name: value('name').trim(), password: value('password') });
      else await post('/api/login', { name: value('name').trim(), password: value('password') });
      await renew();
      close();
    } catch (error) {
      setRefused(textOf(error, say));
      await renew();
    } finally {
      setAsking(false);
    }
  };
  return (
    <dialog ref={dialog} class="login" aria-labelledby="login-title" onClose={close}>
      <form onSubmit={submit}>
        <h2 id="login-title">{say(first ? 'first.title' : 'login.title')}</h2>
        {first && <p>{say('first.text')}</p>}
        {first && <label>{say('first.code')}<input name="code" autocomplete="off" autocapitalize="characters" spellcheck={false} required maxLength={20} placeholder="ABCD-EFGH-JKLM" /></label>}
        <label>{say('login.name')}<input name="name" autocomplete="username" autocapitalize="none" spellcheck={false} required minLength={2} maxLength={32} /></label>
        <label>{say(first ? 'first.password' : 'login.password')}
          <input name="password" type="password" autocomplete={first ? 'new-password' : 'current-password'} required minLength={first ? 10 : 1} maxLength={1024} />
        </label>
        {refused && <p class="refused" role="alert">{refused}</p>}
        <div class="buttons">
          <button type="submit" class="go" disabled={asking}>{say(first ? 'first.submit' : 'login.submit')}</button>
          <button type="button" onClick={() => dialog.current?.close()}>{say('login.cancel')}</button>
        </div>
      </form>
    </dialog>
  );
}
