import { useState } from 'preact/hooks';
import { atLeast, type Board, type Device, type Supply } from '../api';
import { useShared } from '../context';
import { isWord } from '../i18n';
import { LivePicture } from '../LivePicture';
import { Shape } from '../shapes';
import { oneOfSeveral, wordsOfReason } from './attention';

function Gauge({ name, supply }: { name: string; supply: Supply }) {
  const { say } = useShared();
  const word = `device.${name}`;
  const label = isWord(word) ? say(word) : name;
  const known = supply.level >= 0;
  return (
    <div class="gauge">
      <span>{label}</span>
      {known && supply.max > 0 && <meter aria-label={label} min={0} max={supply.max} low={supply.max * 0.1} value={supply.level} />}
      <strong>{known ? say('device.left', { n: supply.level }) : say('device.unknown-level')}</strong>
    </div>
  );
}

function DeviceCard({ device, several }: { device: Device; several: boolean }) {
  const { say, session } = useShared();
  const [watching, setWatching] = useState(false);
  const may = device.kind === 'camera' && atLeast(session.role, 'operator');
  const troubled = device.reasons.some((one) => one.severity === 'error') || !device.alive || device.state === 'stopped';
  const state = device.alive ? say(`device.${device.state}`) : say('device.gone');
  return (
    <article class={`device ${troubled ? 'trouble' : device.state}`} aria-label={`${say(`device.${device.kind}`)}${several ? ` ${device.name}` : ''}: ${state}`}>
      <header>
        <Shape name={device.kind} size={40} />
        <div>
          <h3>{say(`device.${device.kind}`)}</h3>
          <small>{several ? `${device.name} · ${device.plugin}` : device.plugin}</small>
        </div>
        <strong class="device-state">{troubled && <Shape name="warning" size={22} />}{state}</strong>
      </header>
      {device.reasons.map((reason) => {
        const words = wordsOfReason(reason, say);
        return <p class={`reason ${reason.severity}`} key={reason.keyword}><strong>{words.what}.</strong> {words.todo}</p>;
      })}
      {Object.entries(device.supplies).map(([name, supply]) => <Gauge key={name} name={name} supply={supply} />)}
      {may && <button class="watch" aria-expanded={watching} onClick={() => setWatching(!watching)}><Shape name="camera" />{say(watching ? 'live.hide' : 'live.show')}{several && <span class="hidden"> {device.name}</span>}</button>}
      {may && watching && <LivePicture camera={device.name} />}
      {device.restarts > 0 && <p class="reason warning">{say('device.restarts', { n: device.restarts })}</p>}
    </article>
  );
}

export function Devices({ board }: { board: Board }) {
  const { say } = useShared();
  return (
    <section class="panel devices" aria-labelledby="devices">
      <h2 id="devices">{say('device.title')}</h2>
      {board.devices.map((device) => <DeviceCard key={device.name} device={device} several={oneOfSeveral(board, device)} />)}
    </section>
  );
}

const steps = ['print', 'photograph', 'sort'] as const;

/** Where the cards under way are. */
export function Way({ board }: { board: Board }) {
  const { say } = useShared();
  return (
    <section class="panel way" aria-labelledby="way">
      <h2 id="way">{say('way.title')}</h2>
      <ol>
        {steps.map((step) => {
          const here = board.cards.filter((one) => one.step === step);
          return (
            <li key={step} class={here.length > 0 ? 'here' : ''}>
              <span>{say(`way.${step}`)}</span>
              {here.length === 0
                ? <em>{say('way.empty')}</em>
                : here.map((one) => <strong key={one.card}>{one.card}<small>{say('way.order', { order: one.order })}</small></strong>)}
            </li>
          );
        })}
      </ol>
    </section>
  );
}
