/** Workflows as they are played in memory: what runs, in which scope, and what it waits for. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { ApplicationFailure } from '@temporalio/common';
import type { Scope } from './scopes';

export interface Execution {
  readonly id: string;
  readonly type: string;
  runs: number;
  isRunning: boolean;
  result: unknown;
  handlers: Map<string, (...args: unknown[]) => unknown>;
  validators: Map<string, (...args: unknown[]) => void>;
  handlersUnderWay: number;
  /** Gives up the updates of the run: it ends. */
  updates: ((error: Error) => void)[];
  /** Signals that came before their handler was set. */
  early: { name: string; args: unknown[] }[];
}

export interface Context {
  readonly execution: Execution;
  readonly run: number;
  scope: Scope;
  updateId?: string;
}

export interface Waiting {
  readonly check: () => boolean;
  readonly context: Context;
  readonly resolve: (isMet: boolean) => void;
  readonly at: number;
  isDone: boolean;
}

/** The run has ended: on Temporal nothing of it goes on, and nobody hears of what it had begun. */
export const isOver = ({ execution, run }: Pick<Context, 'execution' | 'run'>): boolean =>
  execution.runs !== run;

export const NEVER = new Promise<never>(() => undefined);

/** As Temporal answers an update that its run has left unfinished. */
export const runEnded = (): Error =>
  ApplicationFailure.create({ message: 'its run ended', type: 'AcceptedUpdateCompletedWorkflow' });

/** In which run and scope the code that is running was begun. */
export const current = new AsyncLocalStorage<Context>();

export const here = (): Context => current.getStore() as Context;

export const within = <T>(scope: Scope, work: () => Promise<T>): Promise<T> =>
  current.run({ ...here(), scope }, work);
