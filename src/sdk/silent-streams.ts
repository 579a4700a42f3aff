/**
 * Streams that an app has left without anybody saying so, as frameworks let it happen: one that is
 * silent for long, or until the recorder is closed, has ended for us.
 */
import type { UsageRecorder } from './usage-recorder';

/** No client of a provider waits longer. */
const LEFT_AFTER_MS = 600_000;

export interface SilentStream {
  /** Something came. */
  heard(): void;
  ended(): void;
}

const streams = new WeakMap<UsageRecorder, Set<() => void>>();

/** `leave` is called once, unless the stream ends. */
export function watchSilence(recorder: UsageRecorder, leave: () => void): SilentStream {
  const open = streams.get(recorder) ?? openOf(recorder);
  const end = () => {
    ended();
    leave();
  };
  const timer = setTimeout(end, LEFT_AFTER_MS).unref();
  const ended = () => {
    clearTimeout(timer);
    open.delete(end);
  };
  open.add(end);
  return { heard: () => void timer.refresh(), ended };
}

function openOf(recorder: UsageRecorder): Set<() => void> {
  const open = new Set<() => void>();
  streams.set(recorder, open);
  recorder.beforeClose(() => {
    for (const end of [...open]) end();
  });
  return open;
}
