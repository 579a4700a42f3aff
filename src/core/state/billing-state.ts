/**
 * What a billing workflow remembers, and nothing else: it is carried from run to run, shown by the
 * `status` query, and must stay far below 32 KB. All values are plain JSON.
 */
import type { PeriodState } from './period-state';
import type {
  Answered,
  DunningCase,
  BillingException,
  TokenGrant,
  MoneyBack,
  QueuedHint,
  SubscriptionStanding,
  UsageAfterEnd,
  UnbilledGap,
  UnbilledUsage,
  PriceDifference,
  ExplainedUnbilled,
  Recovering,
} from './remembered';

export const BILLING_STATE_VERSION = 1;

export interface BillingState {
  readonly schemaVersion: typeof BILLING_STATE_VERSION;
  readonly customer: string;
  readonly stripeCustomerId: string | null;
  readonly subscriptionId: string | null;
  readonly billingStatus: BillingStatus;
  /** Stripe has deleted it: nothing is reported or invoiced any more. Absent: it has not. */
  readonly isCustomerGone?: true;
  /** Its import is undone: nothing is billed, and this run is the last. Absent: it is not. */
  readonly isLetGo?: true;
  /** What else holds for the subscription: a plan to come, an end to come, collection paused. */
  readonly standing: SubscriptionStanding;
  /** All usage batches up to this one are counted, none beyond. */
  readonly appliedSequence: number;
  /** The highest sequence heard of; above appliedSequence there is something to read. */
  readonly knownSequence: number;
  /** The next batch lies beyond the known periods: it waits until Stripe tells the next one. */
  readonly awaitsPeriod: boolean;
  /** What is billed has changed under usage already counted: the ledger is to be counted again. */
  readonly recount: RecountRequest | null;
  /** So many recounts were asked for so far; it numbers the next. Absent: none. */
  readonly recounts?: number;
  /** The run was begun again for a customer with a past, and catches up. Absent: it has. */
  readonly recovering?: Recovering;
  /** The oldest is first, the last is the current one. */
  readonly periods: readonly PeriodState[];
  /** Paid (or void) periods, as long as late usage for them may still come. Oldest first. */
  readonly archived: readonly PeriodState[];
  readonly grants: readonly TokenGrant[];
  /** Hints that are not followed yet. */
  readonly stripeEvents: readonly QueuedHint[];
  /** Usage that no period takes: before the first one, or after the last. */
  readonly unbilledTokens: number;
  /** Unbilled usage from after the subscription had ended, of which is told. Absent: nothing. */
  readonly afterEnd?: UsageAfterEnd;
  /** Usage since the end that was given up. Absent: none. */
  readonly afterEndGivenUp?: UnbilledUsage;
  /** Times between two subscriptions, with the usage in them, oldest first. Absent: none. */
  readonly gaps?: readonly UnbilledGap[];
  readonly exceptions: readonly BillingException[];
  /** One case per unpaid invoice, while it is unpaid. */
  readonly dunning: readonly DunningCase[];
  /** Answers to the latest requests, which may be repeated. */
  readonly answers: readonly Answered[];
  /** Refunds and disputes, by charge. */
  readonly moneyBack: readonly MoneyBack[];
  /** Prices at Stripe that are not as sold, and not decided: no draft is released. Absent: none. */
  readonly priceDifferences?: readonly PriceDifference[];
  /** Differences of prices that an operator has accepted. Absent: none. */
  readonly acceptedPrices?: readonly PriceDifference[];
  /** The last invoices that bill no period and were explained. Absent: none. */
  readonly explainedUnbilled?: readonly ExplainedUnbilled[];
  /** Vendors' rates with an item, and the second since when. Absent: all rates have theirs. */
  readonly vendorItems?: Readonly<Record<string, number>>;
}

/**
 * pending: Stripe not read yet · incomplete: the first payment is not there yet · trialing ·
 * active · past_due: an invoice is unpaid · paused: a trial ended without a way to pay · ended.
 */
export type BillingStatus =
  'pending' | 'incomplete' | 'trialing' | 'active' | 'past_due' | 'paused' | 'ended';

export interface RecountRequest {
  /** It tells an answer, and its audit entry, from those of an earlier request. */
  readonly number: number;
  readonly reasons: readonly string[];
  /** Start of a period that was cut short: Stripe's meter tells what it has of its reports. */
  readonly cutPeriod?: number;
  /** Start of a subscription's first period: usage of it may have been taken for unbilled. */
  readonly returnedAt?: number;
}

export function emptyBillingState(customer: string): BillingState {
  return {
    schemaVersion: BILLING_STATE_VERSION,
    customer,
    ...{ stripeCustomerId: null, subscriptionId: null },
    billingStatus: 'pending',
    standing: { nextPlan: null, cancelAt: null, collectionPaused: null, autoUpgrade: false },
    ...{ appliedSequence: 0, knownSequence: 0, unbilledTokens: 0 },
    ...{ awaitsPeriod: false, recount: null },
    periods: [],
    archived: [],
    grants: [],
    stripeEvents: [],
    exceptions: [],
    dunning: [],
    answers: [],
    moneyBack: [],
  };
}

/** What brings a state of each version to the next one: none has been needed yet. */
const UPCASTS: Readonly<Record<number, (state: BillingState) => BillingState>> = {};

/**
 * Brings what was carried or written into the form of now. Throws where a later release wrote it:
 * the task fails, is tried again, and goes on as it is with a worker of that release.
 */
export function upcast(
  state: BillingState,
  upcasts = UPCASTS,
  newest: number = BILLING_STATE_VERSION,
): BillingState {
  let current = state;
  for (let version: number = state.schemaVersion; version !== newest; version += 1) {
    const toNext = upcasts[version];
    if (!toNext) throw new StateOfAnotherRelease(state, newest);
    current = toNext(current);
  }
  return current;
}

export class StateOfAnotherRelease extends Error {
  override readonly name = 'StateOfAnotherRelease';

  constructor({ customer, schemaVersion }: BillingState, newest: number) {
    super(
      `The billing state of ${customer} has schema ${String(schemaVersion)}, and this release knows ` +
        `up to ${newest}: a later release wrote it. Nothing is lost, and nothing is billed until a ` +
        'worker of that release takes it: make its version current again, or install it.',
    );
  }
}
