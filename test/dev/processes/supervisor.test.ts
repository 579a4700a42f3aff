/** Goal: a child that ends is started again, until it is stopped: then none is left, whenever. */
import { eventually } from '../../support/stack/eventually';
import type { ExitStatus, RunningChild } from '../../../src/dev/processes/child-process';
import { supervise } from '../../../src/dev/processes/supervisor';

/** It ends when it is stopped, or by `end`. */
function aChild(pid: number) {
  let isRunning = true;
  let end = (_status: ExitStatus) => {};
  const exited = new Promise<ExitStatus>((resolve) => (end = resolve));
  void exited.then(() => (isRunning = false));
  const child: RunningChild = {
    ...{ pid, exited, isRunning: () => isRunning, isReady: () => true, lastOutput: () => '' },
    stop: async () => end({ code: 0, signal: null }),
  };
  return { child, end: () => end({ code: 1, signal: null }) };
}

const records = { set: async () => undefined, remove: async () => undefined } as never;

test('a child that ends is started again', async () => {
  const children = [aChild(1), aChild(2)] as const;
  let starts = 0;
  const start = async () => (children[starts++] as (typeof children)[number]).child;
  const { stop } = await supervise({ name: 'api', start }, records, () => undefined);
  children[0].end();
  await eventually(
    () => starts,
    (count) => count === 2,
    10_000,
  );
  await stop();
  expect(children[1].child.isRunning()).toBe(false);
});

test('one that is being started again when the stop comes is stopped, too', async () => {
  const [first, second] = [aChild(1), aChild(2)];
  let ready = () => {};
  const isReady = new Promise<void>((resolve) => (ready = resolve));
  let starts = 0;
  const start = async () => {
    starts += 1;
    if (starts === 1) return first.child;
    await isReady;
    return second.child;
  };
  const { stop } = await supervise({ name: 'api', start }, records, () => undefined);
  first.end();
  await eventually(
    () => starts,
    (count) => count === 2,
    10_000,
  );
  const stopped = stop();
  ready();
  await stopped;
  expect(second.child.isRunning()).toBe(false);
});
