import { useRef, useState } from 'preact/hooks';
import { atLeast, post } from '../api';
import { useShared } from '../context';
import { textOf } from '../errors';
import { plainItem } from '../handover/data';
import { Shape } from '../shapes';
import type { Cards, Withdrawn } from './data';

/** Withdrawn cards are brought together one by one, by scanner or by name, until somebody has signed for every one. */
export function Collect({ cards, load, region = '' }: { cards: Cards; load: () => Promise<void>; region?: string }) {
  const { say, session } = useShared();
  const [at, setAt] = useState('');
  const [signed, setSigned] = useState('');
  const [message, setMessage] = useState('');
  const [refused, setRefused] = useState('');
  const scanner = useRef<HTMLInputElement>(null);
  const all = cards.withdrawn.filter((one) => region === '' || one.region === region || one.region.startsWith(`${region}.`));
  const missing = all.filter((one) => one.at === '');
  const may = atLeast(session.role, 'operator');
  const ready = at.trim() !== '' && signed.trim() !== '';

  const found = async (one: Withdrawn) => {
    setMessage('');
    setRefused('');
    try {
      await post('/api/cards/locate', { card: one.card, at: at.trim(), signed_by: signed.trim() });
      setMessage(say('collect.found', { card: one.card, at: at.trim() }));
      await load();
    } catch (error) {
      setRefused(textOf(error, say));
    }
  };
  const take = () => {
    const read = plainItem(scanner.current?.value ?? '');
    if (scanner.current) scanner.current.value = '';
    const one = all.find((other) => other.card === read || (other.item !== '' && plainItem(other.item) === read));
    if (read === '') return;
    if (one === undefined) setRefused(say('collect.foreign', { text: read })); else void found(one);
  };
  return (
    <section class="panel" aria-labelledby="collect">
      <h2 id="collect">{say('collect.title', { found: all.length - missing.length, all: all.length })}</h2>
      <p role="status" class="message">{message}</p>
      {refused && <p class="refused" role="alert">{refused}</p>}
      {all.length === 0 ? <p class="empty">{say('collect.none')}</p> : missing.length === 0 ? <p class="verdict-line"><Shape name="good" size={30} />{say('collect.complete')}</p> : may && (
        <>
          <p>{say('collect.how')}</p>
          <div class="row">
            <label>{say('collect.at')}<input value={at} maxLength={80} autocomplete="off" onInput={(event) => setAt(event.currentTarget.value)} /></label>
            <label>{say('collect.signed')}<input value={signed} maxLength={80} autocomplete="off" onInput={(event) => setSigned(event.currentTarget.value)} /></label>
            <label>{say('collect.scan')}<input ref={scanner} disabled={!ready} maxLength={40} autocomplete="off" autocapitalize="characters" spellcheck={false} onKeyDown={(event) => { if (event.key === 'Enter') { event.preventDefault(); take(); } }} /></label>
          </div>
        </>
      )}
      {all.length > 0 && (
        <div class="scroll" tabIndex={0} role="group" aria-labelledby="collect">
          <table>
            <thead><tr><th scope="col">{say('sign.card')}</th><th scope="col">{say('sign.number')}</th><th scope="col">{say('handover.desa')}</th><th scope="col">{say('recall.where')}</th>{may && <th scope="col"><span class="hidden">{say('collect.here')}</span></th>}</tr></thead>
            <tbody>
              {[...missing, ...all.filter((one) => one.at !== '')].map((one) => (
                <tr key={one.card} class={one.at ? 'seen' : ''}>
                  <th scope="row">{one.card}<small>{one.order}</small></th><td class="item">{one.item}</td><td>{one.desa}</td>
                  <td><span class={`seal-state ${one.at ? 'handed-over' : 'changed'}`}><Shape name={one.at ? 'good' : 'warning'} size={18} />{one.at || say('destroy.not-located')}</span>{one.at === '' && <small>{one.seal || say('destroy.bin', { bin: say(`verdict.${(one.bin || 'good') as 'good'}`) })}</small>}</td>
                  {may && <td>{one.at === '' && <button disabled={!ready} onClick={() => found(one)}>{say('collect.here')}<span class="hidden"> {one.card}</span></button>}</td>}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
