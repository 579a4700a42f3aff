/** What the show says to people: how far it is, and figures when it is over. */
import { SingleBar } from 'cli-progress';
import { IS_SHOW } from './show-size';

const figures: [string, string][] = [];
const startMs = Date.now();

/** Kept for the end. */
export function figure(name: string, value: number | string): void {
  figures.push([name, typeof value === 'number' ? value.toLocaleString('en-US') : value]);
}

/**
 * Does the work to each, so many at a time, and answers in their order. `step` is null where it is
 * a part of one.
 */
export async function eachOf<T, U>(
  step: string | null,
  list: readonly T[],
  work: (one: T) => Promise<U>,
  atOnce = 10,
): Promise<U[]> {
  const bar = aBar(step, list.length);
  const answers: U[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < list.length; at = next++) {
      answers[at] = await work(list[at] as T);
      bar.increment();
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(atOnce, list.length) }, worker));
  } finally {
    bar.stop();
  }
  return answers;
}

function aBar(step: string | null, total: number): Pick<SingleBar, 'increment' | 'stop'> {
  if (!IS_SHOW || step === null) return { increment: () => undefined, stop: () => undefined };
  const bar = new SingleBar({
    ...{ stream: process.stderr, noTTYOutput: true, notTTYSchedule: 15_000 },
    format: `${step.padEnd(28)} {bar} {value}/{total} · {duration_formatted}`,
  });
  bar.start(total, 0);
  return bar;
}

/** A step whose parts can't be counted. */
export async function timed<T>(step: string, work: () => Promise<T>): Promise<T> {
  const beganMs = Date.now();
  try {
    return await work();
  } finally {
    const seconds = (Date.now() - beganMs) / 1000;
    if (IS_SHOW) process.stderr.write(`${step}: ${seconds.toFixed(1)} s\n`);
    figure(`seconds: ${step}`, Math.round(seconds * 10) / 10);
  }
}

export function reportFigures(title: string): void {
  if (!IS_SHOW) return;
  figure('seconds in all', Math.round((Date.now() - startMs) / 1000));
  const width = Math.max(...figures.map(([name]) => name.length));
  const lines = figures.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
  process.stdout.write(`\n${title}\n${lines.join('\n')}\n`);
}
