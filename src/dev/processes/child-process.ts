/** A long-running child with its output in a file, ended gently first and then for certain. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, openSync, closeSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

const LAST_LINES = 12;

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
  /** What asks it to end; SIGTERM unless told. */
  readonly stopSignal?: NodeJS.Signals;
  /** The child is killed after it; 10 s unless told. */
  readonly stopGraceMs?: number;
  /** The child gets a channel over which it may say `ready`, and learn that we are gone. */
  readonly channel?: boolean;
  /** Told as soon as there is a process, before it is ready. */
  readonly onSpawn?: (pid: number) => Promise<void>;
}

export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningChild {
  readonly pid: number;
  readonly exited: Promise<ExitStatus>;
  isRunning(): boolean;
  /** It said `ready` over its channel. */
  isReady(): boolean;
  /** Asks it to end, waits for the grace, then kills. Resolves when the child is gone. */
  stop(): Promise<void>;
  /** The end of what it printed, for an error message. */
  lastOutput(): string;
}

/** If we ourselves end by an error, nobody else would end these. */
const livingChildren = new Map<ChildProcess, NodeJS.Signals>();
process.on('exit', () => livingChildren.forEach((signal, child) => child.kill(signal)));

export function endWithUs(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): void {
  livingChildren.set(child, signal);
  child.once('exit', () => livingChildren.delete(child));
  child.once('error', () => livingChildren.delete(child));
}

export async function startChild(options: ChildOptions): Promise<RunningChild> {
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, 'a');
  const child = spawn(options.command, [...options.args], {
    cwd: options.cwd,
    env: options.env,
    uid: options.uid,
    gid: options.gid,
    stdio: ['ignore', log, log, ...(options.channel ? (['ipc'] as const) : [])],
    // Its own process group: a terminal's Ctrl-C reaches only us, and we stop children in order.
    detached: process.platform !== 'win32',
  });
  closeSync(log);
  const { stopSignal = 'SIGTERM', stopGraceMs = 10_000 } = options;
  endWithUs(child, stopSignal);
  let running = true;
  let ready = false;
  child.on('message', (message) => (ready ||= message === 'ready'));
  const exit = new Promise<ExitStatus>((resolve) => {
    child.once('exit', (code, signal) => {
      running = false;
      resolve({ code, signal });
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  const pid = Number(child.pid);
  await options.onSpawn?.(pid);
  return {
    pid,
    exited: exit,
    isRunning: () => running,
    isReady: () => ready,
    stop: async () => {
      if (!running) return;
      child.kill(stopSignal);
      const timer = setTimeout(() => child.kill('SIGKILL'), stopGraceMs);
      await exit;
      clearTimeout(timer);
    },
    lastOutput: () => lastLines(options.logFile),
  };
}

function lastLines(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-LAST_LINES).join('\n');
}

/** Waits until the child answers `isReady`; throws with its last output if it ends before. */
export async function untilReady(
  child: RunningChild,
  name: string,
  isReady: () => Promise<boolean>,
  limitMs: number,
): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await isReady())) {
    if (!child.isRunning()) {
      throw new Error(`${name} ended while it was starting. It said:\n${child.lastOutput()}`);
    }
    if (Date.now() > deadline) {
      const seconds = Math.round(limitMs / 1000);
      throw new Error(`${name} was not ready in ${seconds} s. It said:\n${child.lastOutput()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
