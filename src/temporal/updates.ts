/** Updates to workflows by Temporal: asked for by a key, answered once they are in force. */
import { setTimeout as sleep } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, WorkflowNotFoundError } from '@temporalio/common';
import {
  changePlanUpdate,
  changeSubscriptionUpdate,
  dunningStatusQuery,
  grantTokensUpdate,
  pauseDunningUpdate,
  resolveExceptionUpdate,
} from '../../workflows/contract';
import type { BillingUpdates } from './billing-updates';
import { DomainError } from '../core/errors';
import type { ErrorCode } from '../core/errors';
import type { DunningState } from '../core/dunning/dunning';
import { billingWorkflowId, dunningWorkflowId } from '../core/ids';
import { createWaitingUpdates } from './waiting-updates';

/**
 * With having the workflow run, before and once more at the end, a caller waits a minute at most;
 * what was asked for goes on, and asking again under its key finds it.
 */
const ANSWER_MS_MAX = 50_000;
const CASE_MS_MAX = 5_000;
/** What fails otherwise than by the end of a run is asked so often. */
const TRIES_MAX = 5;
const TRY_AGAIN_MS = 200;
const TRY_AGAIN_MS_MAX = 2_000;

export function createBillingUpdates(
  temporal: Client,
  startBilling: (customer: string) => Promise<void>,
): BillingUpdates {
  const waitInLine = createWaitingUpdates();
  const billing = async <Answer>(
    customer: string,
    update: { readonly name: string },
    message: unknown,
    request: string | undefined,
  ): Promise<Answer> => {
    const begin = () =>
      startBilling(customer).catch((error: unknown) => {
        throw unavailable(error);
      });
    const workflowId = billingWorkflowId(customer);
    return waitInLine(workflowId, async () => {
      await begin();
      const content = { update: update.name, message, request };
      return ask<Answer>(temporal, workflowId, content, begin);
    });
  };
  return {
    changePlan: (customer, change, request) => billing(customer, changePlanUpdate, change, request),
    changeSubscription: (customer, change, request) =>
      billing(customer, changeSubscriptionUpdate, change, request),
    grantTokens: (customer, grant, request) => billing(customer, grantTokensUpdate, grant, request),
    resolveException: (customer, decision, request) =>
      billing(customer, resolveExceptionUpdate, decision, request),
    pauseDunning: async (customer, invoiceId, pause, request) => {
      const workflowId = dunningWorkflowId(invoiceId);
      try {
        await waitInLine(workflowId, async () => {
          await assertCaseOf(temporal, customer, invoiceId);
          const content = { update: pauseDunningUpdate.name, message: pause, request };
          await ask(temporal, workflowId, content);
        });
      } catch (error) {
        throw error instanceof WorkflowNotFoundError ? noDunning(invoiceId) : error;
      }
    },
  };
}

/** A case of somebody else is none. */
async function assertCaseOf(
  temporal: Client,
  customer: string | null,
  invoiceId: string,
): Promise<void> {
  if (customer === null) return;
  const state = await temporal.withDeadline(Date.now() + CASE_MS_MAX, () =>
    temporal.workflow
      .getHandle(dunningWorkflowId(invoiceId))
      .query<DunningState>(dunningStatusQuery.name),
  );
  if (state.customer !== customer) throw noDunning(invoiceId);
}

const noDunning = (invoiceId: string): DomainError =>
  new DomainError(
    'dunning_not_found',
    `No dunning of invoice ${invoiceId} is under way: expected an invoice that is unpaid.`,
  );

interface Asked {
  readonly update: string;
  readonly message: unknown;
  readonly request: string | undefined;
}

/** `begin`: has the workflow run again, should somebody have ended it. */
async function ask<Answer>(
  temporal: Client,
  workflowId: string,
  { update, message, request: updateId = randomUUID() }: Asked,
  begin?: () => Promise<void>,
): Promise<Answer> {
  const deadline = Date.now() + ANSWER_MS_MAX;
  for (let tries = 1; ; tries += 1) {
    try {
      return await temporal.withDeadline(deadline, () =>
        temporal.workflow
          .getHandle(workflowId)
          .executeUpdate<Answer, [unknown]>(update, { args: [message], updateId }),
      );
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal) throw refusal;
      const pauseMs = Math.min(TRY_AGAIN_MS * tries, TRY_AGAIN_MS_MAX);
      const isGivenUp = tries >= TRIES_MAX && !isBetweenRuns(error);
      if (isGivenUp || Date.now() + pauseMs > deadline)
        throw error instanceof WorkflowNotFoundError && !begin ? error : unavailable(error);
      await sleep(pauseMs);
      await begin?.();
    }
  }
}

/** A run that ends, one that was ended, one that has just begun and knows nothing yet. */
const BETWEEN_RUNS = ['run_ended', 'AcceptedUpdateCompletedWorkflow', 'run_begins'];

/** Asked again in a moment there is an answer: the key makes it the same request. */
const isBetweenRuns = (error: unknown): boolean =>
  error instanceof WorkflowUpdateFailedError &&
  causesOf(error).some(
    (cause) =>
      cause instanceof CancelledFailure ||
      (cause instanceof ApplicationFailure && BETWEEN_RUNS.includes(cause.type ?? '')),
  );

function causesOf({ cause }: Error): Error[] {
  return cause instanceof Error ? [cause, ...causesOf(cause)] : [];
}

/** A broken rule, by its code; a failure of Stripe's, by its message. */
function refusalOf(error: unknown): DomainError | undefined {
  if (!(error instanceof WorkflowUpdateFailedError) || isBetweenRuns(error)) return undefined;
  const cause = causesOf(error).find((one) => one instanceof ApplicationFailure);
  if (!cause?.type) return undefined;
  const { type, message } = cause;
  if (type.startsWith('stripe_')) return new DomainError('stripe_error', message);
  if (type === 'record_refused') return new DomainError('ledger_unavailable', message);
  return new DomainError(type as ErrorCode, message);
}

const unavailable = (error: unknown): DomainError =>
  new DomainError(
    'billing_unavailable',
    'The billing workflow did not answer; what was asked for may still happen. Repeat the ' +
      `request with the same Idempotency-Key. (${error instanceof Error ? error.message : String(error)})`,
  );
