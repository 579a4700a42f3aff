/** How far memory that nobody can let go of grows while something is done. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const MEGABYTE = 1_048_576;
/** A collection takes a while: so many of them say enough of whatever takes long. */
const SAMPLES_MAX = 30;

export interface Growth {
  /** Beyond what lived before, after a collection each time. */
  readonly liveMegabytes: number;
  readonly residentMegabytes: number;
}

/** `work` calls `sample` now and then; between the answers of a database a timer does. */
export async function growthOf(work: (sample: () => void) => Promise<unknown>): Promise<Growth> {
  collect();
  const before = process.memoryUsage();
  let [live, resident] = [0, 0];
  const measure = () => {
    collect();
    live = Math.max(live, process.memoryUsage().heapUsed - before.heapUsed);
  };
  const sampler = () => {
    let [samples, nextAt, calls] = [0, 1, 0];
    return () => {
      resident = Math.max(resident, process.memoryUsage().rss - before.rss);
      calls += 1;
      if (calls < nextAt || samples >= SAMPLES_MAX) return;
      // The longer it takes, the rarer: the last one is near the end, however many there are.
      [samples, nextAt] = [samples + 1, Math.ceil(calls * 1.6)];
      measure();
    };
  };
  const timer = setInterval(sampler(), 20);
  try {
    await work(sampler());
  } finally {
    clearInterval(timer);
  }
  return { liveMegabytes: live / MEGABYTE, residentMegabytes: resident / MEGABYTE };
}
