/** Keeps a child running: when it ends by itself it is started again, until it is stopped. */
import type { RunningChild } from './child-process';
import type { Progress } from '../cache';
import type { ProcessRecords } from './process-records';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
/** A child that ran this long was well: the next failure starts with a short pause again. */
const HEALTHY_MS = 10_000;

export interface SupervisedChild {
  readonly name: string;
  /** Starts it and waits until it is ready. The same ports and files each time. */
  readonly start: (onSpawn: (pid: number) => Promise<void>) => Promise<RunningChild>;
  readonly stopSignal?: NodeJS.Signals;
}

export interface Supervisor {
  stop(): Promise<void>;
}

export async function supervise(
  { name, start, stopSignal }: SupervisedChild,
  records: ProcessRecords,
  progress: Progress,
): Promise<Supervisor> {
  let isStopping = false;
  let wake = () => {};
  const begin = () => start((pid) => records.set(name, pid, stopSignal));
  let child = await begin();

  const watch = async () => {
    for (let pauseMs = FIRST_PAUSE_MS; ;) {
      const startedAt = Date.now();
      const { code, signal } = await child.exited;
      if (isStopping) return;
      if (Date.now() - startedAt > HEALTHY_MS) pauseMs = FIRST_PAUSE_MS;
      progress(`${name} ended (${signal ?? `exit code ${code}`}); starting it again`);
      for (;;) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          setTimeout(resolve, pauseMs);
        });
        if (isStopping) return;
        pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
        try {
          child = await begin();
          // The stop came while it started, and ended the one before.
          if (isStopping) return await child.stop();
          progress(`${name} is back`);
          break;
        } catch (error) {
          progress(error instanceof Error ? error.message : String(error));
        }
      }
    }
  };
  const watcher = watch();
  return {
    stop: async () => {
      isStopping = true;
      wake();
      await child.stop();
      await watcher;
      await records.remove(name);
    },
  };
}
