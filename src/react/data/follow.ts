/**
 * Keeps what is shown up to date while somebody looks at it: by the stream of events, and where
 * that can't be had, by asking again every ten seconds.
 */
import type { Client } from './client';
import { eventsOf } from './event-stream';
import type { DashboardView } from './view';

/** The API says something every five seconds. */
const QUIET_MS = 15_000;
const AGAIN_MS = 10_000;

export interface Follower {
  onView(view: DashboardView): void;
  /** The stream broke, or nobody has looked for a while: what is shown may be old. */
  onGap(): void;
}

/** Answers how to end it. */
export function follow(client: Client, follower: Follower): () => void {
  let leaving: AbortController | undefined;
  const stop = () => leaving?.abort();
  const start = () => {
    leaving = new AbortController();
    void keepFollowing(client, follower, leaving.signal);
  };
  const onVisible = () => {
    stop();
    if (document.hidden) return;
    follower.onGap();
    start();
  };
  document.addEventListener('visibilitychange', onVisible);
  if (!document.hidden) start();
  return () => {
    document.removeEventListener('visibilitychange', onVisible);
    stop();
  };
}

async function keepFollowing(
  client: Client,
  follower: Follower,
  leaving: AbortSignal,
): Promise<void> {
  while (!leaving.aborted) {
    const isExpired = await readStream(client, follower, leaving).catch(() => false);
    // Another token is asked for at once; all else waits, as whoever is asked may be in trouble.
    if (!isExpired) await pause(leaving);
    if (!leaving.aborted) follower.onGap();
  }
}

/** Whether it has ended as its token did. */
async function readStream(
  client: Client,
  follower: Follower,
  leaving: AbortSignal,
): Promise<boolean> {
  const broken = new AbortController();
  const end = () => broken.abort();
  leaving.addEventListener('abort', end);
  let quiet = setTimeout(end, QUIET_MS);
  try {
    const response = await client.events(broken.signal);
    for await (const { name, data } of eventsOf(response)) {
      clearTimeout(quiet);
      quiet = setTimeout(end, QUIET_MS);
      if (name === 'expired') return true;
      if (name === 'view' && !leaving.aborted) follower.onView(JSON.parse(data) as DashboardView);
    }
    return false;
  } finally {
    clearTimeout(quiet);
    leaving.removeEventListener('abort', end);
    end();
  }
}

const pause = (leaving: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, AGAIN_MS);
    leaving.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
