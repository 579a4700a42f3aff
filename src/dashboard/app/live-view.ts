/**
 * The stream of views (server-sent events): says whether what is shown is live. The browser takes
 * up a broken stream by itself; one that was refused, or has gone quiet, is opened anew here.
 */
import type { DashboardView } from '../view';

export type LiveState = 'connecting' | 'live' | 'stale' | 'expired';

/** The API says something every five seconds; after this long the page can't claim to be live. */
const QUIET_MS = 15_000;
const RETRY_MS = 5_000;

/** Answers how to end it. */
export function followView(
  address: string,
  onView: (view: DashboardView) => void,
  onState: (state: LiveState) => void,
): () => void {
  let source: EventSource | undefined;
  let quiet: ReturnType<typeof setTimeout> | undefined;
  let isExpired = false;

  const close = () => {
    clearTimeout(quiet);
    source?.close();
    source = undefined;
  };
  const openAgainAfter = (delayMs: number) => {
    clearTimeout(quiet);
    quiet = setTimeout(() => {
      onState('stale');
      open();
    }, delayMs);
  };
  const heard = () => {
    onState('live');
    openAgainAfter(QUIET_MS);
  };

  function open(): void {
    close();
    // Nobody looks at it: it is opened when somebody does.
    if (isExpired || document.hidden) return;
    const opened = new EventSource(address);
    source = opened;
    opened.addEventListener('view', ({ data }: MessageEvent<string>) => {
      onView(JSON.parse(data) as DashboardView);
      heard();
    });
    opened.addEventListener('alive', heard);
    opened.addEventListener('expired', () => {
      isExpired = true;
      close();
      onState('expired');
    });
    opened.addEventListener('error', () => {
      onState('stale');
      openAgainAfter(RETRY_MS);
    });
    openAgainAfter(QUIET_MS);
  }

  document.addEventListener('visibilitychange', open);
  open();
  return () => {
    document.removeEventListener('visibilitychange', open);
    close();
  };
}
