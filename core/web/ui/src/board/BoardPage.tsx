import { useEffect, useRef } from 'preact/hooks';
import type { Board } from '../api';
import { useShared } from '../context';
import { firstAsk } from './attention';
import { Devices, Way } from './Devices';
import { Hero } from './Hero';
import { Notes, Queue, Recent } from './Lists';
import { Balance, Bins } from './Numbers';
import { Pauses } from './Pauses';
import { soundFault } from './sound';
import { Turns } from './Turning';

export function BoardPage({ board, sound }: { board: Board; sound: boolean }) {
  const { say } = useShared();
  const ask = firstAsk(board, say);
  const trouble = ask?.urgent ? ask.key : board.run.state === 'failed' ? 'failed' : '';
  const last = useRef('');
  useEffect(() => {
    if (trouble && trouble !== last.current && sound) soundFault();
    last.current = trouble;
  }, [trouble, sound]);
  return (
    <>
      <p class="spoken" role="alert">{ask ? `${say('run.attention')}: ${ask.what}. ${ask.todo}` : ''}</p>
      <div class="board">
        <Hero board={board} />
        <div class="asks"><Turns board={board} /><Pauses board={board} /></div>
        <Way board={board} />
        <div class="column first"><Devices board={board} /><Queue board={board} /></div>
        <div class="column"><Bins board={board} /></div>
        <div class="column last"><Balance board={board} /><Recent board={board} /></div>
        <Notes board={board} />
      </div>
    </>
  );
}
