import type { Board, Device, Reason } from '../api';
import { isWord, type Say } from '../i18n';

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

/** Whether a device has to be called by its name: there are others of its kind. */
export const oneOfSeveral = (board: Board, device: Device) => board.devices.filter((one) => one.kind === device.kind).length > 1;
