import { useEffect, useRef } from 'preact/hooks';
import type { Board } from '../api';
import { useShared } from '../context';
import { firstNeed, oneOfSeveral, wordsOfReason } from './attention';
import { Devices, Way } from './Devices';
import { Hero } from './Hero';
import { Notes, Queue, Recent } from './Lists';
import { Balance, Bins } from './Numbers';
import { soundFault } from './sound';

export function BoardPage({ board, sound }: { board: Board; sound: boolean }) {
  const { say } = useShared();
  const need = firstNeed(board);
  const trouble = need ? `${need.device.name}:${need.reason.keyword}` : board.run.state === 'failed' ? 'failed' : '';
  const last = useRef('');
  useEffect(() => {
    if (trouble && trouble !== last.current && sound) soundFault();
    last.current = trouble;
  }, [trouble, sound]);
  const spoken = need ? wordsOfReason(need.reason, say) : null;
  const which = need && oneOfSeveral(board, need.device) ? `${need.device.name}: ` : '';
  return (
    <>
      <p class="spoken" role="alert">{spoken ? `${say('run.attention')}: ${which}${spoken.what}. ${spoken.todo}` : ''}</p>
      <div class="board">
        <Hero board={board} />
        <Way board={board} />
        <div class="column first"><Devices board={board} /><Queue board={board} /></div>
        <div class="column"><Bins board={board} /></div>
        <div class="column last"><Balance board={board} /><Recent board={board} /></div>
        <Notes board={board} />
      </div>
    </>
  );
}
