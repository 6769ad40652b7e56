import { useEffect, useState } from 'preact/hooks';
import { get, post } from '../api';
import { useShared } from '../context';
import { textOf } from '../errors';
import { isWord } from '../i18n';

interface Setting { name: string; value: string; running: string; kind: 'text' | 'number'; least: number; most: number }
interface Settings { file: string; writable: boolean; problem: string; settings: Setting[] }

/** The few settings that the page may change; checked as a whole, in the log, and valid from the next start on. */
export function SettingsPage() {
  const { say } = useShared();
  const [all, setAll] = useState<Settings | null>(null);
  const [values, setValues] = useState<Record<string, string>>({});
  const [message, setMessage] = useState('');
  const [refused, setRefused] = useState('');
  const [asking, setAsking] = useState(false);
  useEffect(() => { get<Settings>('/api/settings').then(setAll).catch((error) => setRefused(textOf(error, say))); }, []);
  if (!all) return <p>{refused || say('app.loading')}</p>;
  const changed = all.settings.filter((one) => values[one.name] !== undefined && values[one.name]!.trim() !== one.value);
  const nameOf = (name: string) => { const word = `settings.${name.replace('limits.', '')}`; return isWord(word) ? say(word) : name; };
  const submit = async (event: Event) => {
    event.preventDefault();
    setAsking(true);
    setMessage('');
    setRefused('');
    try {
      setAll(await post<Settings>('/api/settings', Object.fromEntries(changed.map((one) => [one.name, values[one.name]!.trim()]))));
      setValues({});
      setMessage(say('settings.saved'));
    } catch (error) {
      setRefused(textOf(error, say));
    } finally {
      setAsking(false);
    }
  };
  return (
    <section class="panel settings">
      <h1>{say('settings.title')}</h1>
      <p>{say('settings.what', { file: all.file })}</p>
      {!all.writable && <p class="refused">{say('settings.read-only')}</p>}
      {all.problem && <p class="refused" role="alert">{say('settings.problem', { text: all.problem })}</p>}
      <p role="status" class="message">{message}</p>
      {refused && <p class="refused" role="alert">{refused}</p>}
      <form onSubmit={submit}>
        {all.settings.map((one) => (
          <label key={one.name}>{nameOf(one.name)}
            {one.kind === 'text'
              ? <input value={values[one.name] ?? one.value} required maxLength={80} disabled={!all.writable} autocomplete="off" onInput={(event) => setValues({ ...values, [one.name]: event.currentTarget.value })} />
              : <input type="number" inputMode="numeric" value={values[one.name] ?? one.value} required min={one.least} max={one.most} disabled={!all.writable} onInput={(event) => setValues({ ...values, [one.name]: event.currentTarget.value })} />}
            <small>{one.kind === 'number' && say('settings.range', { least: one.least, most: one.most })} {one.running !== one.value && <strong>{say('settings.running', { value: one.running })}</strong>}</small>
          </label>
        ))}
        <div class="buttons"><button class="go" type="submit" disabled={asking || changed.length === 0 || !all.writable}>{say('settings.save', { n: changed.length })}</button></div>
      </form>
    </section>
  );
}
