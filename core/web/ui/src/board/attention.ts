import type { Board, Device, Reason } from '../api';
import { isWord, type Say } from '../i18n';
import { wordsOfPause } from './Pauses';
import { wordsOfTurn } from './Turning';

/** What a device's IPP keyword means and what to do, in words. The device's own text where the catalogue has none. */
export function wordsOfReason(reason: Reason, say: Say): { what: string; todo: string } {
  const keyword = reason.keyword.replace(/-(report|warning|error)$/, '');
  const what = `reason.${keyword}`;
  const todo = `reason.${keyword}.do`;
  return {
    what: isWord(what) ? say(what) : say('reason.other', { keyword }),
    todo: isWord(todo) ? say(todo) : reason.text,
  };
}

export interface Need { device: Device; reason: Reason }

/** What stands in the way of work: the first thing a person has to do something about. */
export function firstNeed(board: Board): Need | null {
  for (const device of board.devices)
    for (const reason of device.reasons)
      if (reason.severity === 'error') return { device, reason };
  return null;
}

/** What a person has to do first, in words; `key` changes when it is something else. Turning a card over is work, not trouble: not urgent. */
export interface Ask { key: string; what: string; todo: string; urgent: boolean }
export function firstAsk(board: Board, say: Say): Ask | null {
  const need = firstNeed(board);
  if (need) {
    const words = wordsOfReason(need.reason, say);
    const which = oneOfSeveral(board, need.device) ? `${need.device.name}: ` : '';
    return { key: `${need.device.name}:${need.reason.keyword}`, what: `${which}${words.what}`, todo: words.todo, urgent: true };
  }
  const [turn] = board.turns, [pause] = board.paused;
  if (turn) return { key: `turn:${turn.camera}:${turn.card}:${turn.up}`, ...wordsOfTurn(turn, say), urgent: turn.seen === 'wrong' };
  return pause ? { key: `paused:${pause.camera}:${pause.time}`, ...wordsOfPause(pause, say), urgent: true } : null;
}

/** Whether a device has to be called by its name: there are others of its kind. */
export const oneOfSeveral = (board: Board, device: Device) => board.devices.filter((one) => one.kind === device.kind).length > 1;
