/**
 * Keeps a renewal's draft from being finalized until the books agree. A hold is ours by the mark
 * that the invoice itself carries, and not by what a workflow remembers of it.
 */
import type { BillingState } from '../state/billing-state';
import { noteInvoice } from './invoice';
import type { PeriodState, InvoiceHold, HeldDraft } from '../state/period-state';
import { withPeriod } from '../state/periods';
import type { InvoiceSnapshot } from './invoice-snapshot';

/** The value of the invoice's metadata: all that is needed to let go. */
export const holdMark = ({ at, finalizesAt }: InvoiceHold): string =>
  `${at} ${finalizesAt ?? 'never'}`;

export function readHoldMark(mark: string | undefined): InvoiceHold | undefined {
  const [, at, finalizesAt] = /^(\d+) (\d+|never)$/.exec(mark ?? '') ?? [];
  if (at === undefined) return undefined;
  return { at: Number(at), finalizesAt: finalizesAt === 'never' ? null : Number(finalizesAt) };
}

/** An advancing draft as it was seen. */
export interface SeenDraft {
  /** Unix seconds; null: Stripe tells no time. */
  readonly finalizesAt: number | null;
}

/** So long a reading of a draft is news: what others do to it meanwhile is told by an event. */
const FRESH_MS = 60_000;

/** Times are Unix milliseconds, and may be of clocks that differ. */
export const isFresh = (readAt: number, now: number): boolean => Math.abs(now - readAt) < FRESH_MS;

/** A draft as it is once it is held. */
export const asHeld = (invoice: InvoiceSnapshot, hold: InvoiceHold): InvoiceSnapshot => ({
  ...invoice,
  ...{ hold, autoAdvance: false, finalizesAt: null },
});

/** Stripe finalizes these an hour after it has told of them: what we bill by the ledger. */
export const isHeldAtSight = ({ billingReason, lines }: InvoiceSnapshot): boolean =>
  billingReason === 'subscription_cycle' ||
  (billingReason === 'subscription_update' && lines.some(({ rateId }) => rateId !== null));

/**
 * A draft that is not compared so long after it was first held is an operator's: twenty minutes are
 * left of Stripe's hour.
 */
export const TOLD_AFTER_MS = 40 * 60 * 1000;

export const isClosingDraft = ({ phase, invoice }: PeriodState): boolean =>
  phase === 'closing' && invoice?.status === 'draft';

/** Starts of the periods whose draft Stripe may finalize though it is not compared. */
export const draftsToHold = ({ periods }: BillingState): number[] =>
  periods
    .filter((period) => isClosingDraft(period) && (period.held?.isUnderWay ?? !period.held))
    .map(({ start }) => start);

/**
 * The intent is noted first: a run that ends now leaves it to the next one, under the same
 * identity.
 */
export function beginHold(state: BillingState, period: PeriodState, now: number): BillingState {
  const at = period.held?.at ?? now;
  return withPeriod(state, { ...period, held: { at, finalizesAt: null, isUnderWay: true } });
}

/** Notes what came of it; null says that the draft does not advance, and not because of us. */
export function noteHold(
  state: BillingState,
  period: PeriodState,
  hold: InvoiceHold | null,
): BillingState {
  return withPeriod(state, { ...period, held: hold ?? keptByOthers(state, undefined) });
}

/**
 * Follows a draft as it was read. One that has been reconciled and is held by us all the same (the
 * run that let it go ended, or a webhook came late) is compared and let go again.
 */
export function followDraft(
  state: BillingState,
  period: PeriodState,
  invoice: InvoiceSnapshot,
): BillingState {
  const held = heldAsRead(state, heldStill(period, invoice), invoice);
  const isOursAgain = period.phase === 'reconciled' && invoice.hold !== undefined && isOurs(held);
  const phase = period.phase === 'open' || isOursAgain ? 'closing' : period.phase;
  return noteInvoice(state, { ...period, held }, phase, invoice);
}

/**
 * The draft was let go, and looking at it again was refused: somebody may have changed it. It is
 * held anew.
 */
export function doubtDraft(state: BillingState, invoiceId: string): BillingState {
  const period = state.periods.find(
    ({ invoice, phase }) => invoice?.id === invoiceId && phase === 'reconciled',
  );
  if (period?.invoice?.status !== 'draft') return state;
  return withPeriod(state, { ...period, phase: 'closing' });
}

/** A hold that was refused while its draft was compared all the same is wanted no more. */
function heldStill({ phase, held }: PeriodState, { hold }: InvoiceSnapshot): HeldDraft | undefined {
  return phase === 'reconciled' && held?.isUnderWay && !hold ? undefined : held;
}

function heldAsRead(
  state: BillingState,
  held: HeldDraft | undefined,
  { autoAdvance, hold }: InvoiceSnapshot,
): HeldDraft | undefined {
  if (held?.isUnderWay) return held;
  if (autoAdvance) return undefined;
  if (hold) return { ...hold, ...(held?.isCountedAtEnd && { isCountedAtEnd: true }) };
  // Release 0.1.0 left no mark.
  return isOurs(held) ? held : keptByOthers(state, held);
}

function keptByOthers({ standing }: BillingState, held: HeldDraft | undefined): HeldDraft {
  const isPaused = held?.by === 'pause' || standing.collectionPaused === 'keep_as_draft';
  return { finalizesAt: null, by: isPaused ? 'pause' : 'others' };
}

/**
 * Tells whose doing it is that nobody collects a final invoice; undefined says that somebody does.
 */
export function heldWhenFinal(invoice: InvoiceSnapshot, now: number): HeldDraft | undefined {
  const { status, autoAdvance, attemptCount, amountRemainingCents, hold } = invoice;
  const isCollected = autoAdvance && !isOverdue(invoice, now);
  const isTried = isCollected || attemptCount > 0 || amountRemainingCents <= 0;
  if (status !== 'open' || isTried) return undefined;
  return hold ?? { finalizesAt: null, by: 'others' };
}

/** Only an invoice that somebody is to pay without being charged has a due date, which decides. */
const isOverdue = ({ dueAt, isOnTestClock }: InvoiceSnapshot, now: number): boolean =>
  dueAt !== undefined && !isOnTestClock && dueAt * 1000 < now;

/** The final invoice that our hold keeps from being collected, though its books are settled. */
export const nextUncollected = ({ periods, exceptions }: BillingState): PeriodState | undefined =>
  periods.find(
    ({ phase, held, invoice, isUncompared }) =>
      phase === 'finalized' &&
      isOurs(held) &&
      invoice?.status === 'open' &&
      !isUncompared &&
      !exceptions.some(({ kind, subject }) => kind === 'invoice_differs' && subject === invoice.id),
  );

const isOurs = (held: HeldDraft | undefined): held is HeldDraft =>
  held !== undefined && held.by === undefined;

/**
 * The hold that is to be lifted now that the books agree; undefined says that there is none of
 * ours.
 */
export function holdToLift(
  { held }: PeriodState,
  { autoAdvance, hold }: InvoiceSnapshot,
): Pick<InvoiceHold, 'finalizesAt'> | undefined {
  if (autoAdvance) return undefined;
  return hold ?? (isOurs(held) && !held.isUnderWay ? held : undefined);
}

/** Tells that nothing was counted in between. */
export const isSameCount = (a: PeriodState, b: PeriodState): boolean =>
  JSON.stringify(countsOf(a)) === JSON.stringify(countsOf(b));

const countsOf = ({ usedTokens, unpricedTokens, rates }: PeriodState) => [
  usedTokens,
  unpricedTokens,
  Object.entries(rates).map(([id, { tokens }]) => [id, tokens]),
];

/** Nobody waits for them any more, and Stripe leaves them as they are. */
const isKept = ({ held, phase, invoice }: PeriodState): boolean =>
  held?.by === 'pause' &&
  invoice?.status === 'draft' &&
  (phase === 'closing' || phase === 'reconciled');

/**
 * The oldest draft that a paused collection kept: undefined while it is paused, and while one of
 * them is not equal to the ledger.
 */
export function nextKeptDraft({ periods, standing }: BillingState): PeriodState | undefined {
  if (standing.collectionPaused !== null) return undefined;
  const keptDrafts = periods.filter(isKept);
  return keptDrafts.every(({ phase }) => phase === 'reconciled') ? keptDrafts[0] : undefined;
}

/** It is looked at twice before it leaves. What is changed later leaves. */
const LOOKS_BEFORE_SECONDS = [10 * 60, 5 * 60];

/**
 * Tells how long a draft that was let go may go unseen; milliseconds. If its time is past, or by a
 * clock that is not ours, it is looked at when it should have left.
 */
export function untilNextLook({ leavesAt }: PeriodState, now: number): number {
  const waits = LOOKS_BEFORE_SECONDS.map((seconds) => ((leavesAt ?? 0) - seconds) * 1000 - now);
  return waits.find((one) => one > 0 && one < SHOULD_HAVE_LEFT_MS) ?? SHOULD_HAVE_LEFT_MS;
}

/** A released draft is finalized within the hour. */
const SHOULD_HAVE_LEFT_MS = 3 * 60 * 60 * 1000;

/** Finalizing is Stripe's: so long after it was due it does not happen by itself any more. */
const OVERDUE_SECONDS = 2 * 60 * 60;

/**
 * The books agree and the draft stays one: somebody keeps it, or its time is long past. A test
 * clock's time says nothing about ours.
 */
export function isNotAdvancing(
  { phase, held }: PeriodState,
  { status, autoAdvance, finalizesAt, isOnTestClock }: InvoiceSnapshot,
  now: number,
): boolean {
  if (status === 'open') return held?.by === 'others';
  if (phase !== 'reconciled' || status !== 'draft') return false;
  if (!autoAdvance) return held?.by === 'others';
  if (finalizesAt === null || isOnTestClock) return false;
  return (finalizesAt + OVERDUE_SECONDS) * 1000 < now;
}
