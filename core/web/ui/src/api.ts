// What the station answers, and how it is asked.

export type Verdict = 'good' | 'damaged' | 'duplicate' | 'mismatch' | 'review' | 'spoiled';
export const bins = ['good', 'damaged', 'duplicate', 'mismatch', 'review'] as const;

export interface Reason { keyword: string; severity: 'report' | 'warning' | 'error'; text: string }
export interface Supply { level: number; max: number; unit: string }
export interface Device {
  name: string;
  kind: 'printer' | 'camera' | 'reader';
  plugin: string;
  state: 'idle' | 'processing' | 'stopped';
  alive: boolean;
  restarts: number;
  card_at: string;
  reasons: Reason[];
  supplies: Record<string, Supply>;
}
export interface Batch {
  batch: string; file: string; rows: number; accepted: number; known: number; refused: number; held: number;
  state: 'waiting' | 'running' | 'stopped' | 'aside' | 'done' | 'failed';
}
export interface Unknown { card: string; order: string; device: string }
/** A lane that stands: cards in a row were flagged at one spot. `box` in pixels of the expected picture, `width` wide. */
export interface Pause {
  camera: string; printer: string; kind: string; side: 'front' | 'back'; box: [number, number, number, number]; width: number;
  cards: string[]; time: string;
}
/** What the operator is asked to do with the card under a camera that takes both sides. */
export interface Turn {
  camera: string; card: string; up: 'front' | 'back'; seen: 'untouched' | 'nothing' | 'moving' | 'wrong'; left_s: number;
}
export interface Board {
  station: string;
  test_mode: boolean;
  seq: number;
  today: Partial<Record<Verdict, number>>;
  cards: { card: string; order: string; step: 'print' | 'photograph' | 'sort' }[];
  unknown: Unknown[];
  paused: Pause[];
  turns: Turn[];
  recent: { card: string; order: string; verdict: Verdict; kind: string; field: string; time: string }[];
  balance: Record<string, number>;
  closes: boolean;
  discrepancy_reason: string;
  devices: Device[];
  queue: Batch[];
  run: {
    state: 'idle' | 'ready' | 'running' | 'stopping' | 'sorting' | 'failed';
    orders_total: number; orders_done: number; cards_printed: number;
    eta_s: number; cards_per_minute: number; error: string;
  };
  review: { open: number; version: number };
  sort: { box: string; seen: number; version: number };
  notes: { n: number; kind: 'info' | 'warning' | 'attention'; text: string; time: string }[];
}

export type Role = 'nobody' | 'auditor' | 'operator' | 'inspector' | 'supervisor' | 'administrator';
const ranks: Role[] = ['nobody', 'auditor', 'operator', 'inspector', 'supervisor', 'administrator'];
export const atLeast = (role: Role, least: Role) => ranks.indexOf(role) >= ranks.indexOf(least);

export interface Session { user: string; role: Role; csrf: string; first_start: boolean }

/** What the station refused, by the code it gave; the page's catalogues have a text for each. */
export class Refused extends Error {
  constructor(readonly code: string, text: string) { super(text); }
}

let csrf = '';

async function ask(path: string, init: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, { ...init, credentials: 'same-origin', cache: 'no-store' });
  } catch {
    throw new Refused('network', '');
  }
  if (!answer.ok) {
    const said = await answer.json().catch(() => ({})) as { error?: string; text?: string };
    throw new Refused(said.error ?? 'other', said.text ?? String(answer.status));
  }
  return answer;
}

export async function get<T>(path: string): Promise<T> {
  return (await ask(path, { method: 'GET' })).json() as Promise<T>;
}

export async function post<T = { ok: true }>(path: string, body: Record<string, string> = {}): Promise<T> {
  const answer = await ask(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-KTP-CSRF': csrf },
    body: JSON.stringify(body),
  });
  return answer.json() as Promise<T>;
}

/** An answer that is a file. */
export async function postForBytes(path: string, body: Record<string, string>): Promise<Blob> {
  return (await ask(path, { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-KTP-CSRF': csrf }, body: JSON.stringify(body) })).blob();
}

export async function postBytes<T = { ok: true }>(path: string, bytes: Blob): Promise<T> {
  const answer = await ask(path, { method: 'POST', headers: { 'Content-Type': 'application/octet-stream', 'X-KTP-CSRF': csrf }, body: bytes });
  return answer.json() as Promise<T>;
}

export async function session(): Promise<Session> {
  const now = await get<Session>('/api/session');
  csrf = now.csrf;
  return now;
}
