/**
 * The thread in which workflows run, and how many of them it keeps. Temporal's SDK notes of each
 * promise of a workflow where it was made, for the query `__stack_trace`: a quarter of the worker's
 * processor and half of what a waiting workflow takes of memory
 * (docs/explain/decisions/0078-workflows-note-no-stack-traces.md).
 */
import { dirname, join } from 'node:path';
import { getHeapStatistics } from 'node:v8';
import threads from 'node:worker_threads';
import type { WorkerOptions as ThreadOptions } from 'node:worker_threads';

/** The SDK's file, which it starts a thread with. */
const THREAD_FILE = 'workflow-worker-thread.js';

/**
 * Runs in the thread, before the SDK does. Where a later SDK has no such method the notes are made,
 * and workflows run as before.
 */
const withoutStackTraces = (file: string): string => `
  const { GlobalHandlers } = require(${JSON.stringify(join(dirname(file), 'vm-shared.js'))});
  if (GlobalHandlers?.prototype?.setPromiseHook) GlobalHandlers.prototype.setPromiseHook = () => {};
  require(${JSON.stringify(file)});`;

const { Worker: Thread } = threads;

class WorkflowThread extends Thread {
  constructor(file: string | URL, options?: ThreadOptions) {
    if (typeof file !== 'string' || !file.endsWith(THREAD_FILE)) super(file, options);
    else super(withoutStackTraces(file), { ...options, eval: true });
  }
}

/** Threads of workflows that are made meanwhile note no stack traces. */
export async function notingNoStackTraces<T>(create: () => Promise<T>): Promise<T> {
  threads.Worker = WorkflowThread;
  try {
    return await create();
  } finally {
    threads.Worker = Thread;
  }
}

const MEGABYTE = 2 ** 20;
/** A customer who has been there for a while takes so much (docs/explain/figures.md). */
const MEGABYTES_OF_WORKFLOW = 1;
const SHARE_OF_HEAP = 1 / 3;
const CACHED_LEAST = 100;

/** How many workflows a thread keeps without filling its heap, which Node sizes by the machine. */
export const cachedWorkflowsOf = (heapBytes = getHeapStatistics().heap_size_limit): number =>
  Math.max(
    CACHED_LEAST,
    Math.floor((heapBytes * SHARE_OF_HEAP) / (MEGABYTES_OF_WORKFLOW * MEGABYTE)),
  );
