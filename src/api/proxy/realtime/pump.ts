/**
 * Two sockets that hand each other their messages, in order and one at a time: who reads slowly is
 * sent no faster, and nothing piles up here. It ends when either does, or when it has to.
 */
import type { RawData, WebSocket } from 'ws';

/** A message with sound has 15 MiB at most. */
export const MESSAGE_BYTES_MAX = 20 * 1024 * 1024;

export interface Passing {
  readonly text: string;
  readonly isBinary: boolean;
}

export interface PumpSides {
  readonly client: WebSocket;
  readonly provider: WebSocket;
  /** Resolves to whether the client's message goes on. */
  fromClient(message: Passing): Promise<boolean>;
  /** Resolves when the provider's message may go on. */
  fromProvider(message: Passing): Promise<void>;
  /** Resolves to why the session may not go on, in a few words; undefined: it may. */
  whyNot(): Promise<string | undefined>;
}

export interface PumpLimits {
  /** So long nothing may come from either. */
  readonly idleMs: number;
  readonly lifeMs: number;
  /** Whether it may go on is looked at so often. */
  readonly lookMs: number;
}

export const PUMP_LIMITS: PumpLimits = {
  ...{ idleMs: 15 * 60_000, lifeMs: 65 * 60_000, lookMs: 10_000 },
};

/** Resolves when both are closed. */
export async function pump(
  { client, provider, fromClient, fromProvider, whyNot }: PumpSides,
  signal: AbortSignal,
  { idleMs, lifeMs, lookMs }: PumpLimits = PUMP_LIMITS,
): Promise<void> {
  const end = (code: number, reason: string) => {
    for (const side of [client, provider]) closeSoon(side, code, reason);
  };
  const idle = setTimeout(() => end(1001, 'nothing came for too long'), idleMs);
  const life = setTimeout(() => end(1001, 'the session took too long'), lifeMs);
  const look = setInterval(
    () => void whyNot().then((reason) => reason !== undefined && end(1008, reason)),
    lookMs,
  );
  const stopped = () => end(1001, 'this process is stopping');
  signal.addEventListener('abort', stopped, { once: true });
  const heard = () => void idle.refresh();
  const ends = [
    passAll(client, provider, { heard, mayPass: fromClient }),
    passAll(provider, client, { heard, mayPass: (m) => fromProvider(m).then(() => true) }),
  ];
  if (signal.aborted) stopped();
  await Promise.all(ends).finally(() => {
    clearTimeout(idle);
    clearTimeout(life);
    clearInterval(look);
    signal.removeEventListener('abort', stopped);
  });
}

interface Passage {
  heard(): void;
  mayPass(message: Passing): Promise<boolean>;
}

/** Resolves when the one that is read is closed, and what had come of it has gone on. */
function passAll(from: WebSocket, to: WebSocket, { heard, mayPass }: Passage): Promise<void> {
  let last: Promise<void> = Promise.resolve();
  let messages = 0;
  const pass = async (data: RawData, isBinary: boolean): Promise<void> => {
    const text = isBinary ? '' : String(data);
    if (await mayPass({ text, isBinary })) await send(to, data, isBinary);
  };
  from.on('message', (data, isBinary) => {
    heard();
    messages += 1;
    from.pause();
    last = last
      .then(() => pass(data, isBinary))
      .catch(() => from.terminate())
      .finally(() => {
        messages -= 1;
        if (messages === 0) from.resume();
      });
  });
  // What is wrong with it is in its close.
  from.on('error', () => undefined);
  from.resume();
  return new Promise((resolve) => {
    from.once('close', (code, reason) => {
      void last.finally(() => {
        closeSoon(to, code, reason.toString('utf8'));
        resolve();
      });
    });
  });
}

/** Resolves when it was taken, or when nobody is there to take it. */
function send(to: WebSocket, data: RawData, isBinary: boolean): Promise<void> {
  return new Promise((resolve) => {
    if (to.readyState !== to.OPEN) return resolve();
    const done = () => {
      to.off('close', done);
      resolve();
    };
    // One that reads nothing calls nobody back when it is cut off.
    to.once('close', done);
    to.send(data as Buffer, { binary: isBinary }, done);
  });
}

const CLOSE_MS = 2_000;
/** Codes that are told to nobody: 1005 is none, 1006 a line that broke. */
const isTold = (code: number): boolean =>
  code >= 1000 && code < 5000 && ![1004, 1005, 1006, 1015].includes(code);

function closeSoon(side: WebSocket, code: number, reason: string): void {
  if (side.readyState === side.CLOSED) return;
  // A paused one would not read that the other has closed.
  side.resume();
  if (isTold(code)) side.close(code, reason.slice(0, 120));
  else side.close();
  const timer = setTimeout(() => side.terminate(), CLOSE_MS).unref();
  side.once('close', () => clearTimeout(timer));
}
