/** What takes the place of `@temporalio/workflow` where workflows are played in memory. */
import { ApplicationFailure, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { Cancelled, ContinuedAsNew } from './scopes';
import type { Scope } from './scopes';
import { here, inWorld, within } from './temporal-in-memory';

const UNITS: Readonly<Record<string, number>> = {
  millisecond: 1,
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

function milliseconds(duration: string | number): number {
  if (typeof duration === 'number') return duration;
  const [, count, unit] = /^(\d+) (\w+?)s?$/.exec(duration) ?? [];
  const factor = UNITS[unit ?? ''];
  if (!factor) throw new Error(`the duration is ${duration}`);
  return Number(count) * factor;
}

/** What `jest.mock('@temporalio/workflow')` is replaced by. */
export const workflowModule = {
  condition: (check: () => boolean, timeout?: string | number) =>
    inWorld().wait(check, timeout === undefined ? Infinity : milliseconds(timeout)),
  sleep: (duration: string | number) => inWorld().wait(() => false, milliseconds(duration)),
  setHandler: (
    { name }: { name: string },
    handler: (...args: unknown[]) => unknown,
    options?: { validator?: (...args: unknown[]) => void },
  ): void => {
    const { execution } = here();
    execution.handlers.set(name, handler);
    if (options?.validator) execution.validators.set(name, options.validator);
    const early = execution.early.filter((message) => message.name === name);
    execution.early = execution.early.filter((message) => message.name !== name);
    for (const { args } of early) inWorld().signal(execution.id, name, ...args);
  },
  defineSignal: (name: string) => ({ type: 'signal', name }),
  defineQuery: (name: string) => ({ type: 'query', name }),
  defineUpdate: (name: string) => ({ type: 'update', name }),
  proxyActivities: () =>
    new Proxy(
      {},
      {
        get: (_target, name) => {
          const call = (request: unknown) => inWorld().act(String(name), request);
          const withOptions = (_options: unknown, [request]: [unknown]) => call(request);
          return Object.assign(call, { executeWithOptions: withOptions });
        },
      },
    ),
  continueAsNew: (input: unknown) => {
    throw new ContinuedAsNew(input);
  },
  isCancellation: (error: unknown) => error instanceof Cancelled,
  allHandlersFinished: () => here().execution.handlersUnderWay === 0,
  workflowInfo: () => ({
    continueAsNewSuggested: false,
    runId: `${here().execution.id}/${here().run}`,
  }),
  currentUpdateInfo: () => {
    const { updateId } = here();
    return updateId === undefined ? undefined : { id: updateId };
  },
  ApplicationFailure,
  setCurrentDetails: () => undefined,
  upsertSearchAttributes: () => undefined,
  log: { error: () => undefined, warn: () => undefined, info: () => undefined },
  ParentClosePolicy: { ABANDON: 'ABANDON' },
  ChildWorkflowCancellationType: { ABANDON: 'ABANDON' },
  startChild: async (type: string, options: { workflowId: string; args: [unknown] }) => {
    if (inWorld().executions.has(options.workflowId))
      throw new WorkflowExecutionAlreadyStartedError('already', options.workflowId, type);
    inWorld().start(type, options.workflowId, options.args[0]);
  },
  getExternalWorkflowHandle: (id: string) => ({
    signal: async ({ name }: { name: string }, ...args: unknown[]) =>
      inWorld().signal(id, name, ...args),
  }),
  CancellationScope: class {
    private readonly scope: Scope = { isCancelled: false, onCancel: new Set() };
    run<T>(work: () => Promise<T>): Promise<T> {
      return within(this.scope, work);
    }
    cancel(): void {
      this.scope.isCancelled = true;
      for (const cancel of [...this.scope.onCancel]) cancel();
    }
  },
};
