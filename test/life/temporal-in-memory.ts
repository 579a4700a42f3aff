/**
 * The part of `@temporalio/workflow` that our workflows use, on a clock that only moves when told:
 * thousands of lives are played in the time that a server needs for a few.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import { Cancelled, ContinuedAsNew } from './scopes';
import type { Scope } from './scopes';

type Run = (...args: never[]) => Promise<unknown>;
export type ActivityTable = Readonly<Record<string, (request: never) => Promise<unknown>>>;

interface Execution {
  readonly id: string;
  readonly type: string;
  runs: number;
  isRunning: boolean;
  result: unknown;
  handlers: Map<string, (...args: unknown[]) => unknown>;
  validators: Map<string, (...args: unknown[]) => void>;
  handlersUnderWay: number;
  /** Signals that came before their handler was set. */
  early: { name: string; args: unknown[] }[];
}

interface Context {
  readonly execution: Execution;
  readonly run: number;
  scope: Scope;
  updateId?: string;
}

interface Waiting {
  readonly check: () => boolean;
  readonly context: Context;
  readonly resolve: (isMet: boolean) => void;
  readonly at: number;
  isDone: boolean;
}

const current = new AsyncLocalStorage<Context>();
const attempts = new AsyncLocalStorage<{ activityId: string; attempt: number }>();
/** What the activity that is running knows of itself. */
export const currentActivity = () => ({
  ...(attempts.getStore() ?? { activityId: '0', attempt: 1 }),
  workflowExecution: { runId: 'in memory' },
});

export type Disturb = (activity: string, when: 'before' | 'after') => void;

let world: TemporalInMemory | undefined;

function theWorldIs(made: TemporalInMemory): void {
  world = made;
}

const MAX_ROUNDS = 20_000;
const ATTEMPTS_MAX = 50;

const newScope = (): Scope => ({ isCancelled: false, onCancel: new Set<() => void>() });

const copy = <T>(value: T): T =>
  value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);

export class TemporalInMemory {
  now: number;
  readonly executions = new Map<string, Execution>();
  private waiting: Waiting[] = [];
  private activitiesUnderWay = 0;
  private activityCount = 0;
  failure: unknown;

  constructor(
    private readonly workflows: Readonly<Record<string, Run>>,
    private readonly activities: ActivityTable,
    startMs: number,
    /** Around each attempt of an activity: by throwing it fails, or is not heard of. */
    private readonly disturb: Disturb = () => undefined,
  ) {
    this.now = startMs;
    theWorldIs(this);
  }

  start(type: string, id: string, input: unknown): void {
    if (this.executions.get(id)?.isRunning) return;
    const execution: Execution = {
      ...{ id, type, runs: 0, isRunning: true, result: undefined, handlersUnderWay: 0 },
      ...{ handlers: new Map(), validators: new Map(), early: [] },
    };
    this.executions.set(id, execution);
    this.beginRun(execution, input);
  }

  private beginRun(execution: Execution, input: unknown): void {
    execution.runs += 1;
    execution.handlers = new Map();
    execution.validators = new Map();
    const context: Context = { execution, run: execution.runs, scope: newScope() };
    const workflow = this.workflows[execution.type];
    if (!workflow) throw new Error(`there is no workflow ${execution.type}`);
    void current.run(context, async () => {
      try {
        execution.result = await workflow(copy(input) as never);
        execution.isRunning = false;
      } catch (error) {
        if (error instanceof ContinuedAsNew) return this.beginRun(execution, error.input);
        this.failure ??= error;
        execution.isRunning = false;
      }
    });
  }

  signal(id: string, name: string, ...args: unknown[]): void {
    const execution = this.running(id);
    const handler = execution.handlers.get(name);
    const message = args.map(copy);
    if (handler) void this.handle(execution, () => handler(...message));
    else execution.early.push({ name, args: message });
  }

  /** Resolves with the answer; a refusal rejects. */
  update(id: string, name: string, updateId: string, ...args: unknown[]): Promise<unknown> {
    const execution = this.running(id);
    const handler = execution.handlers.get(name);
    if (!handler) throw new Error(`${id} has no update ${name}`);
    const context: Context = { execution, run: execution.runs, scope: newScope(), updateId };
    current.run(context, () => execution.validators.get(name)?.(...args.map(copy)));
    return this.handle(execution, () => handler(...args.map(copy)), updateId);
  }

  query<T>(id: string, name: string): T {
    return copy(this.running(id).handlers.get(name)?.()) as T;
  }

  private running(id: string): Execution {
    const execution = this.executions.get(id);
    if (!execution?.isRunning) throw new Error(`workflow ${id} is not running`);
    return execution;
  }

  private handle(execution: Execution, run: () => unknown, updateId?: string): Promise<unknown> {
    const context: Context = { execution, run: execution.runs, scope: newScope(), updateId };
    execution.handlersUnderWay += 1;
    return current.run(context, async () => {
      try {
        return await run();
      } finally {
        execution.handlersUnderWay -= 1;
      }
    });
  }

  /** Lets everything happen that happens now. */
  async settle(): Promise<void> {
    for (let round = 0, still = 0; still < 3; round += 1) {
      if (round > MAX_ROUNDS) throw new Error('the workflows never come to rest');
      await new Promise((resume) => setImmediate(resume));
      const isProgress = this.wake();
      still = isProgress || this.activitiesUnderWay > 0 ? 0 : still + 1;
      if (this.failure) throw this.failure as Error;
    }
  }

  /** To a moment, through every timer on the way. */
  async advanceTo(moment: number): Promise<void> {
    for (;;) {
      await this.settle();
      const due = Math.min(...this.live().map(({ at }) => at));
      if (due > moment) break;
      this.now = Math.max(this.now, due);
    }
    this.now = Math.max(this.now, moment);
    await this.settle();
  }

  private live(): Waiting[] {
    this.waiting = this.waiting.filter(({ isDone }) => !isDone);
    return this.waiting;
  }

  private wake(): boolean {
    let isProgress = false;
    for (const one of this.live()) {
      const isMet = !one.isDone && current.run(one.context, one.check);
      if (!isMet && one.at > this.now) continue;
      one.isDone = true;
      one.resolve(isMet);
      isProgress = true;
    }
    return isProgress;
  }

  wait(check: () => boolean, ms: number): Promise<boolean> {
    const context = current.getStore() as Context;
    const { scope } = context;
    return new Promise((resolve, reject) => {
      if (scope.isCancelled) return reject(new Cancelled());
      const at = this.now + ms;
      const waiting: Waiting = { check, context, resolve: done, at, isDone: false };
      const cancel = () => {
        waiting.isDone = true;
        reject(new Cancelled());
      };
      function done(isMet: boolean): void {
        scope.onCancel.delete(cancel);
        resolve(isMet);
      }
      scope.onCancel.add(cancel);
      this.waiting.push(waiting);
    });
  }

  async act(name: string, request: unknown): Promise<unknown> {
    const { scope } = current.getStore() as Context;
    const activity = this.activities[name];
    if (!activity) throw new Error(`there is no activity ${name}`);
    this.activityCount += 1;
    const activityId = String(this.activityCount);
    for (let attempt = 1; ; attempt += 1) {
      if (scope.isCancelled) throw new Cancelled();
      this.activitiesUnderWay += 1;
      try {
        this.disturb(name, 'before');
        const act = () => activity(copy(request) as never);
        const answer = copy(await attempts.run({ activityId, attempt }, act));
        this.disturb(name, 'after');
        if (scope.isCancelled) throw new Cancelled();
        return answer;
      } catch (error) {
        if (error instanceof Cancelled) throw error;
        const isFinal = error instanceof ApplicationFailure && error.nonRetryable;
        if (isFinal || attempt === ATTEMPTS_MAX) throw failureOf(name, activityId, error);
      } finally {
        this.activitiesUnderWay -= 1;
      }
      await this.wait(() => false, Math.min(1000 * 2 ** attempt, 60_000));
    }
  }
}

const failureOf = (name: string, activityId: string, error: unknown): ActivityFailure =>
  new ActivityFailure('an activity failed', name, activityId, 'TIMEOUT', '', error as Error);

export const inWorld = (): TemporalInMemory => {
  if (!world) throw new Error('no TemporalInMemory was made');
  return world;
};
export const here = (): Context => current.getStore() as Context;
export const within = <T>(scope: Scope, work: () => Promise<T>): Promise<T> =>
  current.run({ ...here(), scope }, work);
