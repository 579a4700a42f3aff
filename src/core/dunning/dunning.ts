/**
 * The case of one unpaid invoice: which step is due when, what it means for access, and how it
 * ends. Stripe retries the payment; nothing here charges a second time.
 */
import type { BillingState } from '../state/billing-state';
import type { DunningPolicy, DunningStep } from '../plans/catalog';
import { isOurs } from '../invoices/invoice';
import type { DunningCase, DunningAccess } from '../state/remembered';
import type { InvoiceSnapshot } from '../invoices/invoice-snapshot';

/** The state of `dunning:{invoice}`. Times are Unix milliseconds. */
export interface DunningState {
  readonly customer: string;
  readonly invoiceId: string;
  readonly amountDueCents: number;
  readonly firstFailedAt: number;
  readonly policy: DunningPolicy;
  readonly stepsTaken: number;
  readonly access: DunningAccess;
  readonly pause: DunningPause | null;
  /** It was paused for so long so far: the rest of the schedule moves by that. */
  readonly pausedMs: number;
  readonly outcome: DunningOutcome | null;
}

export interface DunningPause {
  readonly since: number;
  /** null says that it lasts until it is ended. */
  readonly until: number | null;
  readonly reason: string;
}

export interface PauseDunningRequest {
  /**
   * Unix milliseconds; null says that another pause has to end it, a time in the past that it goes
   * on now.
   */
  readonly until: number | null;
  readonly reason: string;
}

/**
 * recovered: it was paid · voided, uncollectible: that was decided at Stripe · given_up: the
 * schedule is over, and its final action was taken.
 */
export type DunningOutcome = 'recovered' | 'voided' | 'uncollectible' | 'given_up';

export interface DueStep {
  readonly step: DunningStep;
  readonly at: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Whether Stripe has tried and failed to collect this invoice of ours. */
export const isUnpaid = (state: BillingState, invoice: InvoiceSnapshot): boolean =>
  isOurs(state, invoice) && invoice.status === 'open' && invoice.attemptCount > 0;

/** A paid invoice may have a case, too; one that Stripe never tried to collect has none. */
export const mayHaveCase = (state: BillingState, invoice: InvoiceSnapshot): boolean =>
  invoice.attemptCount > 0 || findDunningCase(state, invoice.id) !== undefined;

/** Tells how a case ends that is read at Stripe; null while it is unpaid. */
export function outcomeOf(invoiceStatus: string): DunningOutcome | null {
  switch (invoiceStatus) {
    case 'paid':
      return 'recovered';
    case 'void':
    // Stripe has it no more: nobody is asked to pay it.
    case 'deleted':
      return 'voided';
    case 'uncollectible':
      return 'uncollectible';
    default:
      return null;
  }
}

export function openDunning(
  input: Pick<DunningState, 'customer' | 'invoiceId' | 'amountDueCents' | 'firstFailedAt'>,
  policy: DunningPolicy,
): DunningState {
  return {
    ...input,
    policy,
    stepsTaken: 0,
    access: 'warned',
    pause: null,
    pausedMs: 0,
    outcome: null,
  };
}

/** The next step, also when it is overdue; undefined says that the schedule is over. */
export const nextStep = (state: DunningState): DueStep | undefined =>
  schedule(state)[state.stepsTaken];

/** Every step with its time, those that were taken included. */
export const schedule = (state: DunningState): DueStep[] =>
  state.policy.steps.map((step) => ({
    step,
    at: state.firstFailedAt + step.day * DAY_MS + state.pausedMs,
  }));

/** The schedule was late, and the step after the next one is due as well. */
export function isOvertaken(state: DunningState, now: number): boolean {
  const followingStep = schedule(state)[state.stepsTaken + 1];
  return followingStep !== undefined && followingStep.at <= now;
}

/** The schedule is over. So is the case, unless its end leaves the invoice as it is. */
export const isGivenUp = ({ outcome }: DunningState): boolean => outcome === 'given_up';

/** The billing workflow is told this. */
export function caseOf(state: DunningState): DunningCase {
  const { invoiceId, access, policy, stepsTaken } = state;
  const day = policy.steps[stepsTaken - 1]?.day ?? null;
  return { invoiceId, day, access, isGivenUp: isGivenUp(state) };
}

export function takeStep(state: DunningState, { action }: DunningStep): DunningState {
  return {
    ...state,
    stepsTaken: state.stepsTaken + 1,
    access: action === 'notify' ? state.access : 'throttled',
    outcome: action === 'give_up' ? 'given_up' : state.outcome,
  };
}

/** A pause on top of a pause takes its place; what was waited so far still counts. */
export function pauseDunning(state: DunningState, pause: DunningPause): DunningState {
  return { ...resumeDunning(state, pause.since), pause };
}

export function resumeDunning(state: DunningState, now: number): DunningState {
  if (!state.pause) return state;
  const until = Math.min(now, state.pause.until ?? now);
  const waited = Math.max(0, until - state.pause.since);
  return { ...state, pause: null, pausedMs: state.pausedMs + waited };
}

/** The billing workflow remembers the case; a repetition changes nothing. */
export function withDunningCase(state: BillingState, dunningCase: DunningCase): BillingState {
  const others = state.dunning.filter(({ invoiceId }) => invoiceId !== dunningCase.invoiceId);
  const dunning = [...others, dunningCase].sort((a, b) => (a.invoiceId < b.invoiceId ? -1 : 1));
  return { ...state, dunning };
}

export const withoutDunningCase = (state: BillingState, invoice: string): BillingState => ({
  ...state,
  dunning: state.dunning.filter(({ invoiceId }) => invoiceId !== invoice),
});

export const findDunningCase = (state: BillingState, invoice: string): DunningCase | undefined =>
  state.dunning.find(({ invoiceId }) => invoiceId === invoice);

/** The strictest of all open cases; null says that there is none. */
export function dunningAccess(state: Pick<BillingState, 'dunning'>): DunningAccess | null {
  if (state.dunning.some(({ access }) => access === 'throttled')) return 'throttled';
  return state.dunning.length > 0 ? 'warned' : null;
}
