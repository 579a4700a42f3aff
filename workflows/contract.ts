/** All that callers may know of the workflows: queues, inputs, signals, updates, queries. */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { BillingState } from '../src/core/state/billing-state';
import type {
  DunningOutcome,
  DunningState,
  PauseDunningRequest,
} from '../src/core/dunning/dunning';
import type { Decision } from '../src/core/state/exceptions';
import type { ImportWish } from '../src/core/adoption/import-step';
import type { GrantRequest } from '../src/core/counting/grants';
import type { PayoutStatus } from '../src/core/vendors/payout-details';
import type {
  ChangedPlan,
  PlanChange,
  SubscriptionChange,
} from '../src/core/subscription/plan-change';
import type { RolloutRequest, RolloutState, RolloutWord } from '../src/core/plans/rollout';
import type { SignalledUsage } from '../src/core/usage/signalled-usage';
import type { Statement } from '../src/core/invoices/statement';
import type { UsageBatch, UsageEvent } from '../src/core/usage/usage';
import type { DunningCase, TokenGrant, StripeEventHint } from '../src/core/state/remembered';

export type { StripeEventHint } from '../src/core/state/remembered';

/** Workflows run here, and the activities that touch only our own database. */
export const BILLING_TASK_QUEUE = 'billing';
/** Activities that call Stripe run here, rate-limited as a whole. */
export const STRIPE_TASK_QUEUE = 'stripe';
/** Reports to Stripe's meters run here: Stripe has a limit of their own for them. */
export const STRIPE_METERS_TASK_QUEUE = 'stripe-meters';

/** Workflow type of `billing:{customer}`. */
export const BILLING_WORKFLOW_TYPE = 'billing';
/** Workflow type of `dunning:{invoice}`. */
export const DUNNING_WORKFLOW_TYPE = 'dunning';
/** Workflow type of `payout:{invoice}`, and of `payout:{charge}` for a one-off sale. */
export const PAYOUT_WORKFLOW_TYPE = 'payout';
/** Workflow type of `rollout:{plan}:{version}`. */
export const ROLLOUT_WORKFLOW_TYPE = 'catalogRollout';
/** Workflow type of `import:{subscription}`. */
export const IMPORT_WORKFLOW_TYPE = 'importSubscription';
/** Workflow type of the daily `reconciliation-{time}`. */
export const RECONCILIATION_WORKFLOW_TYPE = 'reconciliation';

export interface BillingInput {
  readonly customer: string;
  /** Absent on the first run: everything is then read from the ledger and from Stripe. */
  readonly state?: BillingState;
  /** The run continues as new after so many signals (default 1,000). */
  readonly signalsPerRunMax?: number;
  /** The run before has left usage that was signalled and is not in the ledger yet. */
  readonly signalled?: readonly SignalledUsage[];
}

export interface UsageRecorded {
  readonly batches: readonly UsageBatch[];
  /** Unix milliseconds, by the sender's clock. Absent: an earlier release sent it. */
  readonly sentAt?: number;
}

/**
 * They are as `POST /v1/usage` takes them, but the customer is the workflow's and may be left out.
 */
export interface SignalledUsageEvents {
  readonly events: readonly (Omit<UsageEvent, 'customer'> & { readonly customer?: string })[];
}

export const usageRecordedSignal = defineSignal<[UsageRecorded]>('usageRecorded');
export const stripeEventSignal = defineSignal<[StripeEventHint]>('stripeEvent');
/** Tells the reconciliation to try again at once what was refused. */
export const reconcileAgainSignal = defineSignal('reconcileAgain');
export interface LostEventsInput {
  /** Somebody waits for the result: what is refused is told in it, and not tried again. */
  readonly isOnce?: boolean;
}

/** A long run continues as new on the worker version that is current, whichever it is on. */
export const moveToCurrentVersionSignal = defineSignal('moveToCurrentVersion');
/** An app that speaks Temporal sends usage, which goes to the ledger first. */
export const recordUsageSignal = defineSignal<[SignalledUsageEvents]>('recordUsage');
/** `dunning:{invoice}` tells where its case stands. */
export const dunningSteppedSignal = defineSignal<[DunningCase]>('dunningStepped');
/** `dunning:{invoice}` is to cancel: all usage is reported, and then it is told so. */
export const flushForDunningSignal = defineSignal<[string]>('flushForDunning');

/** The update id of each is the caller's key: a repetition under it is the same request. */
export const changePlanUpdate = defineUpdate<ChangedPlan, [PlanChange]>('changePlan');
export const changeSubscriptionUpdate = defineUpdate<void, [SubscriptionChange]>(
  'changeSubscription',
);
export const grantTokensUpdate = defineUpdate<TokenGrant, [GrantRequest]>('grantTokens');
export const resolveExceptionUpdate = defineUpdate<void, [Decision]>('resolveException');

export const statusQuery = defineQuery<BillingState>('status');
export const statementQuery = defineQuery<Statement[]>('statement');

export interface DunningInput {
  readonly customer: string;
  readonly invoiceId: string;
  readonly amountDueCents: number;
  /** Unix milliseconds. */
  readonly firstFailedAt: number;
  /** The run before has left it. Absent on the first run. */
  readonly carried?: CarriedDunning;
}

export interface CarriedDunning {
  readonly state: DunningState;
  /** Whether the catalog's policy was read. */
  readonly isPolicyRead: boolean;
  /** billing:{customer} has asked where the case stands, and was not told yet. */
  readonly isAsked: boolean;
}

export interface DunningResult {
  readonly outcome: DunningOutcome;
  readonly stepsTaken: number;
}

/** Tells `dunning:{invoice}` that something happened to its invoice, which is to be read again. */
export const invoiceChangedSignal = defineSignal('invoiceChanged');
/** Tells `dunning:{invoice}` that Stripe has been told of all usage, as it has asked. */
export const usageFlushedSignal = defineSignal('usageFlushed');
export const pauseDunningUpdate = defineUpdate<void, [PauseDunningRequest]>('pauseDunning');
export const dunningStatusQuery = defineQuery<DunningState>('dunningStatus');

export interface PayoutInput {
  readonly customer: string;
  /** The paid invoice, or the charge of a one-off sale. */
  readonly source: string;
  /** How often Stripe has refused a movement in an earlier run, by vendor and charge. */
  readonly refusals?: Readonly<Record<string, number>>;
}

export interface PayoutResult {
  readonly vendors: readonly {
    readonly vendor: string;
    readonly earnedCents: number;
    readonly movedCents: number;
  }[];
}

/**
 * Tells `payout:{source}` that money came back, or a vendor's account, minimum or debt has changed.
 */
export const payoutChangedSignal = defineSignal('payoutChanged');
export const payoutStatusQuery = defineQuery<PayoutStatus>('payoutStatus');

export interface RolloutInput {
  readonly request: RolloutRequest;
  /** Absent on the first run. */
  readonly state?: RolloutState;
  /** It continues as new after so many events of its history (default 2,000). */
  readonly eventsPerRunMax?: number;
}

export interface RolloutResult {
  readonly phase: 'done' | 'canceled';
  readonly moved: number;
  readonly leftOut: RolloutState['leftOut'];
}

/** Nobody is moved before it is approved. Each answers with the state that came of it. */
export const approveRolloutUpdate = defineUpdate<RolloutState, [RolloutWord]>('approve');
export const pauseRolloutUpdate = defineUpdate<RolloutState, [RolloutWord]>('pause');
/** With `skip`, whoever was refused stays on the prices they have. */
export const resumeRolloutUpdate = defineUpdate<RolloutState, [RolloutWord & { skip?: boolean }]>(
  'resume',
);
export const cancelRolloutUpdate = defineUpdate<RolloutState, [RolloutWord]>('cancel');
export const rolloutStatusQuery = defineQuery<RolloutState>('rolloutStatus');

export interface ImportInput {
  /** The run before has left it. Absent: a signal tells. */
  readonly wish?: ImportWish | undefined;
  /** Unix seconds from which on that wish has it billed. Absent: it was not read yet. */
  readonly billsFrom?: number | undefined;
}

export interface ImportResult {
  readonly phase: 'observed' | 'billed' | 'undone' | 'refused';
  readonly refusal?: string;
}

/** Tells `import:{subscription}` what is wanted of it now. */
export const importWishSignal = defineSignal<[ImportWish]>('importWish');
/** Ends `billing:{customer}` of an import that is undone; refused once anything was reported. */
export const letGoUpdate = defineUpdate<void, []>('letGo');
