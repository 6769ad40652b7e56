import { useEffect, useState } from 'preact/hooks';
import { useShared } from '../context';
import { isWord } from '../i18n';
import { Shape } from '../shapes';
import type { Sighting } from './data';

/** The photograph of the card that passed last; the station keeps no other. */
export function Photograph({ card }: { card: Sighting }) {
  const { say } = useShared();
  const [side, setSide] = useState<'front' | 'back'>('front');
  const [url, setUrl] = useState('');
  useEffect(() => { setSide('front'); }, [card.sighting]);
  useEffect(() => {
    let over = false, made = '';
    fetch(`/api/sort/picture?sighting=${card.sighting}&side=${side}`, { credentials: 'same-origin', cache: 'no-store' })
      .then((answer) => (answer.ok ? answer.blob() : null))
      .then((bytes) => { if (!over && bytes) { made = URL.createObjectURL(bytes); setUrl(made); } })
      .catch(() => undefined);
    return () => { over = true; setUrl(''); if (made) URL.revokeObjectURL(made); };
  }, [card.sighting, side]);
  return (
    <figure class="sort-photo">
      {url ? <img src={url} alt={say(`sort.photo-${side}`, { n: card.number })} data-shown={card.sighting} /> : <p class="empty">{say('sort.no-photo')}</p>}
      <figcaption>{say(`sort.photo-${side}`, { n: card.number })}{card.back && <button onClick={() => setSide(side === 'front' ? 'back' : 'front')}>{say('sort.turn')}</button>}</figcaption>
    </figure>
  );
}

/** Verdict and bin by sign, word and colour; who it is; why. */
export function Judged({ card }: { card: Sighting }) {
  const { say, language } = useShared();
  const bin = say(`verdict.${card.bin}`);
  // Said below, each by itself and in the reader's language.
  const why = card.why.filter((one) => !(one.reason === 'seen-before' && card.seen.length > 0) && !(one.reason === 'findings' && card.findings.length > 0));
  return (
    <section class={`panel judged ${card.verdict}`} aria-labelledby="judged">
      <h2 id="judged" class="sort-verdict"><Shape name={card.verdict} size={64} />{say(`verdict.${card.verdict}`)}</h2>
      <p class="sort-bin">{say('sort.put', { bin })}</p>
      <p class="sort-who">{say(`sort.who-${card.who}`)}</p>
      <dl>
        <div><dt>{say('sort.number', { n: card.number })}</dt><dd>{card.sighting}</dd></div>
        {card.order_id && <div><dt>{say('sort.order')}</dt><dd>{card.order_id}</dd></div>}
        {card.card && <div><dt>{say('sort.card')}</dt><dd>{card.card}</dd></div>}
        {card.record && <div><dt>{say('sort.record')}</dt><dd>{card.record}</dd></div>}
        {card.nik && <div><dt>{say('sort.nik')}</dt><dd>{card.nik.slice(-4)}</dd></div>}
      </dl>
      {(why.length > 0 || card.seen.length > 0 || card.findings.length > 0) && (
        <>
          <h3>{say('sort.why')}</h3>
          <ul class="places">
            {why.map((one) => <li key={one.en}>{language === 'id' ? one.id : one.en}</li>)}
            {card.seen.map((one) => <li key={`${one.box}-${one.number}`}>{say('sort.seen-before', { box: one.box, n: one.number, verdict: say(`verdict.${one.verdict}`) })}</li>)}
            {card.findings.map((one, at) => {
              const kind = `kind.${one.kind}`, field = `field.${one.field}`;
              return <li key={at}>{isWord(kind) ? say(kind) : one.kind}, {say(`side.${one.side}`)}{one.field ? `, ${isWord(field) ? say(field) : one.field}` : ''}, {one.size_mm} mm</li>;
            })}
          </ul>
        </>
      )}
      {card.doubt && <p class="named">{say('sort.doubt', { card: card.card })}</p>}
      {card.found && <p class="named">{say('sort.found', { sighting: card.sighting })}</p>}
      {card.held && <p class="named">{say('sort.held', { order: card.order_id })}</p>}
    </section>
  );
}
