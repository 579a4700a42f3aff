/** Updates to workflows by Temporal: asked for by a key, answered once they are in force. */
import { randomUUID } from 'node:crypto';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import {
  changePlan,
  changeSubscription,
  dunningStatus,
  grantTokens,
  pauseDunning,
  resolveException,
} from '../workflows/contract';
import type { BillingUpdates } from './api/billing-updates';
import { DomainError } from './core/errors';
import type { ErrorCode } from './core/errors';
import type { DunningState } from './core/dunning';
import { billingWorkflowId, dunningWorkflowId } from './core/ids';

/** A caller waits so long; what was asked for goes on, and asking again under its key finds it. */
const ANSWER_MS_MAX = 60_000;
/** A run that ends just now takes no update; the next one is there in a moment. */
const TRIES_MAX = 5;
const TRY_AGAIN_MS = 200;

export function createBillingUpdates(
  temporal: Client,
  startBilling: (customer: string) => Promise<void>,
): BillingUpdates {
  const billing = async <Answer>(
    customer: string,
    update: { readonly name: string },
    message: unknown,
    request: string | undefined,
  ): Promise<Answer> => {
    await startBilling(customer).catch((error: unknown) => {
      throw unavailable(error);
    });
    return ask(temporal, billingWorkflowId(customer), update.name, message, request);
  };
  return {
    changePlan: (customer, change, request) => billing(customer, changePlan, change, request),
    changeSubscription: (customer, change, request) =>
      billing(customer, changeSubscription, change, request),
    grantTokens: (customer, grant, request) => billing(customer, grantTokens, grant, request),
    resolveException: (customer, decision, request) =>
      billing(customer, resolveException, decision, request),
    pauseDunning: async (customer, invoiceId, pause, request) => {
      try {
        await assertCaseOf(temporal, customer, invoiceId);
        await ask(temporal, dunningWorkflowId(invoiceId), pauseDunning.name, pause, request);
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
  const state = await temporal.workflow
    .getHandle(dunningWorkflowId(invoiceId))
    .query<DunningState>(dunningStatus.name);
  if (state.customer !== customer) throw noDunning(invoiceId);
}

const noDunning = (invoiceId: string): DomainError =>
  new DomainError(
    'dunning_not_found',
    `No dunning of invoice ${invoiceId} is under way: expected an invoice that is unpaid.`,
  );

async function ask<Answer>(
  temporal: Client,
  workflowId: string,
  update: string,
  message: unknown,
  updateId: string = randomUUID(),
): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await temporal.withDeadline(Date.now() + ANSWER_MS_MAX, () =>
        temporal.workflow
          .getHandle(workflowId)
          .executeUpdate<Answer, [unknown]>(update, { args: [message], updateId }),
      );
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal) throw refusal;
      if (error instanceof WorkflowNotFoundError && tries === TRIES_MAX) throw error;
      if (tries === TRIES_MAX) throw unavailable(error);
      await new Promise((resume) => setTimeout(resume, TRY_AGAIN_MS * tries));
    }
  }
}

/** A broken rule, by its code; a failure of Stripe's, by its message. */
function refusalOf(error: unknown): DomainError | undefined {
  if (!(error instanceof WorkflowUpdateFailedError)) return undefined;
  let cause: unknown = error.cause;
  while (cause instanceof Error && !(cause instanceof ApplicationFailure)) cause = cause.cause;
  if (!(cause instanceof ApplicationFailure)) return undefined;
  const { type, message } = cause;
  if (type?.startsWith('stripe_')) return new DomainError('stripe_error', message);
  return type ? new DomainError(type as ErrorCode, message) : undefined;
}

const unavailable = (error: unknown): DomainError =>
  new DomainError(
    'billing_unavailable',
    'The billing workflow did not answer; what was asked for may still happen. Repeat the ' +
      `request with the same Idempotency-Key. (${error instanceof Error ? error.message : String(error)})`,
  );
