/** All that callers may know of the workflows: queues, inputs, signals, queries. */
import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { BillingState } from '../src/core/billing-state';
import type { Statement } from '../src/core/statement';
import type { StripeEventHint } from '../src/core/stripe-event';
import type { UsageBatch } from '../src/core/usage';

export type { StripeEventHint } from '../src/core/stripe-event';

/** Workflows and the activities that touch only our own database. */
export const BILLING_TASK_QUEUE = 'billing';
/** Activities that call Stripe, rate-limited as a whole. */
export const STRIPE_TASK_QUEUE = 'stripe';

/** Workflow type of `billing:{customer}`. */
export const BILLING_WORKFLOW_TYPE = 'billing';

export interface BillingInput {
  readonly customer: string;
  /** Absent on the first run: everything is then read from the ledger and from Stripe. */
  readonly state?: BillingState;
  /** After so many signals the run continues as new (default 1,000). */
  readonly signalsPerRunMax?: number;
}

export interface UsageRecorded {
  readonly batches: readonly UsageBatch[];
}

export const usageRecorded = defineSignal<[UsageRecorded]>('usageRecorded');
export const stripeEvent = defineSignal<[StripeEventHint]>('stripeEvent');

export const status = defineQuery<BillingState>('status');
export const statement = defineQuery<Statement[]>('statement');
