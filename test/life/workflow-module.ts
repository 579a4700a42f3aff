/** What takes the place of `@temporalio/workflow` where workflows are played in memory. */
import { ApplicationFailure, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { milliseconds } from './durations';
import type { Timeouts } from './hanging';
import { Cancelled, ContinuedAsNew } from './scopes';
import type { Scope } from './scopes';
import { here, within } from './execution';
import { inWorld } from './temporal-in-memory';

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
  proxyActivities: (timeouts: Timeouts) =>
    new Proxy(
      {},
      {
        get: (_target, name) => {
          const call = (request: unknown) => inWorld().act(String(name), request, timeouts);
          const withOptions = (_options: unknown, [request]: [unknown]) => call(request);
          return Object.assign(call, { executeWithOptions: withOptions });
        },
      },
    ),
  continueAsNew: (input: unknown) => {
    throw new ContinuedAsNew(input);
  },
  isCancellation: (error: unknown) => error instanceof Cancelled,
  patched: () => true,
  allHandlersFinished: () => here().execution.handlersUnderWay === 0,
  workflowInfo: () => ({
    continueAsNewSuggested: false,
    runId: `${here().execution.id}/${here().run}`,
  }),
  currentUpdateInfo: () => {
    const { updateId } = here();
    return updateId === undefined ? undefined : { id: updateId };
  },
  /** What a sink is told is told to operators. */
  proxySinks: () => ({
    runs: {
      cutShort: (subject: string) => inWorld().tell({ kind: 'run_cut_short', subject }),
      usageTaken: () => undefined,
    },
  }),
  ApplicationFailure,
  setCurrentDetails: () => undefined,
  upsertSearchAttributes: (pairs: readonly { key: { name: string }; value: unknown }[]): void => {
    const kind = pairs.find(({ key }) => key.name === 'OpenException')?.value;
    if (typeof kind === 'string') inWorld().tell({ kind, subject: here().execution.id });
  },
  log: {
    error: (_message: string, trouble: object = {}) => inWorld().tell(trouble),
    warn: () => undefined,
    info: () => undefined,
  },
  ParentClosePolicy: { ABANDON: 'ABANDON' },
  ChildWorkflowCancellationType: { ABANDON: 'ABANDON' },
  startChild: async (
    type: string,
    options: { workflowId: string; workflowIdReusePolicy: string; args: [unknown] },
  ) => {
    const { workflowId, workflowIdReusePolicy: policy } = options;
    const before = inWorld().executions.get(workflowId);
    // None fails here, and one that has ended begins again only where that is asked for.
    if (before && (before.isRunning || policy !== 'ALLOW_DUPLICATE'))
      throw new WorkflowExecutionAlreadyStartedError('already', workflowId, type);
    inWorld().start(type, workflowId, options.args[0]);
  },
  getExternalWorkflowHandle: (id: string) => ({
    signal: async ({ name }: { name: string }, ...args: unknown[]) =>
      inWorld().signal(id, name, ...args),
  }),
  CancellationScope: class {
    /** Nobody cancels a workflow here. */
    static current = () => ({ cancelRequested: new Promise<never>(() => undefined) });
    static nonCancellable = <T>(work: () => Promise<T>): Promise<T> => work();
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
