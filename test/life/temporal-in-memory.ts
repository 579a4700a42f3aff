/**
 * The part of `@temporalio/workflow` that our workflows use, on a clock that only moves when told:
 * thousands of lives are played in the time that a server needs for a few.
 */
import { ApplicationFailure } from '@temporalio/common';
import { attempting } from './activity-context';
import type { ActivityTable, Disturb } from './activity-context';
import { current, here, isOver, NEVER, runEnded } from './execution';
import type { Context, Execution, Waiting } from './execution';
import { failureOf, hangsFor, isTriedOut, unanswered } from './hanging';
import type { Timeouts } from './hanging';
import { Cancelled, ContinuedAsNew, newScope } from './scopes';

type Run = (...args: never[]) => Promise<unknown>;

/** A trouble and what it is of, or the kind that a workflow shows as its first. */
export interface Told {
  readonly kind?: string;
  readonly subject?: string;
}

let world: TemporalInMemory | undefined;

function theWorldIs(made: TemporalInMemory): void {
  world = made;
}

const MAX_STEPS = 20_000;

const copy = <T>(value: T): T =>
  value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);

export class TemporalInMemory {
  now: number;
  readonly executions = new Map<string, Execution>();
  waiting: Waiting[] = [];
  private activitiesUnderWay = 0;
  private activityCount = 0;
  failure: unknown;
  /** Bytes of the largest state that a run has left to the next. */
  carriedMax = 0;
  /** What workflows have told operators of, in order. */
  readonly told: Told[] = [];
  /** Who hears of it at once. */
  whenTold: (told: Told) => void = () => undefined;

  constructor(
    private readonly workflows: Readonly<Record<string, Run>>,
    private readonly activities: ActivityTable,
    startMs: number,
    /** Around each attempt of an activity: by throwing it fails, or is not heard of. */
    private readonly disturb: Disturb = () => undefined,
    /** Milliseconds for which an activity that begins now has no answer. */
    private readonly hangs: (activity: string) => number = () => 0,
  ) {
    this.now = startMs;
    theWorldIs(this);
  }

  tell(told: Told): void {
    this.told.push(told);
    this.whenTold(told);
  }

  start(type: string, id: string, input: unknown): void {
    if (this.executions.get(id)?.isRunning) return;
    const execution: Execution = {
      ...{ id, type, runs: 0, isRunning: true, result: undefined, handlersUnderWay: 0 },
      ...{ handlers: new Map(), validators: new Map(), early: [], updates: [] },
    };
    this.executions.set(id, execution);
    this.beginRun(execution, input);
  }

  private beginRun(execution: Execution, input: unknown): void {
    execution.runs += 1;
    execution.handlersUnderWay = 0;
    for (const giveUp of execution.updates.splice(0)) giveUp(runEnded());
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
        if (error instanceof ContinuedAsNew) {
          const { length } = JSON.stringify(error.input);
          this.carriedMax = Math.max(this.carriedMax, length);
          return this.beginRun(execution, error.input);
        }
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
    const ended = new Promise<never>((_answer, giveUp) => execution.updates.push(giveUp));
    return Promise.race([
      this.handle(execution, () => handler(...args.map(copy)), updateId),
      ended,
    ]);
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
        if (!isOver(context)) execution.handlersUnderWay -= 1;
      }
    });
  }

  /** Lets everything happen that happens now. */
  async settle(): Promise<void> {
    for (let steps = 0, still = 0; still < 3;) {
      if (steps > MAX_STEPS) throw new Error('the workflows never come to rest');
      const { activitiesUnderWay } = this;
      await new Promise((resume) => setImmediate(resume));
      const isProgress = this.wake();
      // A slow answer of the sandbox is no step: a machine may be busy.
      if (isProgress || this.activitiesUnderWay !== activitiesUnderWay) steps += 1;
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
    this.waiting = this.waiting.filter(({ isDone, context }) => !isDone && !isOver(context));
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
    const context = here();
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

  /** A run that has ended meanwhile hears no answer: what it was doing is done, and no more. */
  async act(name: string, request: unknown, timeouts?: Timeouts): Promise<unknown> {
    const context = here();
    const isNever = () => (isOver(context) ? NEVER : undefined);
    return this.attempts(name, request, timeouts).finally(isNever);
  }

  private async attempts(name: string, request: unknown, timeouts: Timeouts = {}) {
    const { scope, execution, run } = here();
    const activity = this.activities[name];
    if (!activity) throw new Error(`there is no activity ${name}`);
    this.activityCount += 1;
    const activityId = String(this.activityCount);
    const begunAt = this.now;
    const hanging = hangsFor(this.hangs(name), timeouts);
    if (hanging.ms > 0) await this.wait(() => false, hanging.ms);
    if (hanging.isGivenUp) throw failureOf(name, activityId, unanswered(name));
    for (let attempt = 1; ; attempt += 1) {
      if (scope.isCancelled || isOver({ execution, run })) throw new Cancelled();
      this.activitiesUnderWay += 1;
      try {
        this.disturb(name, 'before');
        const act = () => activity(copy(request) as never);
        const answer = copy(await attempting({ activityId, attempt }, act));
        this.disturb(name, 'after');
        if (scope.isCancelled) throw new Cancelled();
        return answer;
      } catch (error) {
        if (error instanceof Cancelled) throw error;
        const isFinal = error instanceof ApplicationFailure && error.nonRetryable;
        const so = { attempt, ms: this.now - begunAt };
        if (isFinal || isTriedOut(so, timeouts)) throw failureOf(name, activityId, error);
      } finally {
        this.activitiesUnderWay -= 1;
      }
      await this.wait(() => false, Math.min(1000 * 2 ** attempt, 60_000));
    }
  }
}

export const inWorld = (): TemporalInMemory => {
  if (!world) throw new Error('no TemporalInMemory was made');
  return world;
};
