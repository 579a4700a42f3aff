/**
 * Usage may arrive after its period's invoice was finalized. It is rated by that period's plan,
 * remaining allowance and grants; then the plan's policy decides: onto the next invoice, in a line
 * that names the original period, or written off with its value. It is recorded either way.
 */
import type { BillingState } from '../state/billing-state';
import { invariant } from '../errors';
import { CORRECTION } from '../proof/corrected-rate';
import { findException } from '../state/exceptions';
import { lateItemKey, lateSettlementKey } from '../ids';
import { mayBill } from '../state/may-bill';
import { exactCents, roundHalfUpCents } from '../money';
import { pricedRates } from '../plans/plan';
import type { PeriodState, LateRate, LateItem } from '../state/period-state';
import { acceptsUsage, allPeriods, subscriptionOf, withPeriod } from '../state/periods';
import type { InvoiceSnapshot } from './invoice-snapshot';
import { withOpen, isOver } from '../counting/late-tokens';

/**
 * What is to go onto this invoice, oldest period first. `invoiceId` is that of the period's own.
 */
export function dueLateItems(state: BillingState, invoiceId: string): LateItem[] {
  return allPeriods(state).flatMap((period) =>
    itemsOf(state, period, invoiceId, (late) => {
      const { decidedTokens = 0, correctionCents = 0, inTimeTokens = 0 } = late;
      const isBilled = period.terms.lateUsage === 'next_invoice';
      const tokens = isBilled ? late.tokens - late.settledTokens : inTimeTokens + decidedTokens;
      return { tokens, decidedTokens, correctionCents };
    }),
  );
}

/**
 * What the policy writes off: at once, or at the end when no next invoice will come. It leaves what
 * was recorded in time, and everything while an operator has yet to decide about the period's
 * invoice.
 */
export function dueWriteOffs(state: BillingState): LateItem[] {
  const isEnded = isOver(state);
  const isWrittenOff = ({ terms, invoice }: PeriodState): boolean =>
    (terms.lateUsage === 'write_off' || isEnded) &&
    !findException(state, { kind: 'invoice_differs', subject: invoice?.id ?? '' });
  return allPeriods(state)
    .filter(isWrittenOff)
    .flatMap((period) =>
      itemsOf(state, period, 'none', (late) => {
        const { inTimeTokens = 0, decidedTokens = 0 } = late;
        return { tokens: late.tokens - late.settledTokens - inTimeTokens - decidedTokens };
      }),
    );
}

type Due = Pick<LateItem, 'tokens' | 'decidedTokens' | 'correctionCents'>;

function itemsOf(
  state: BillingState,
  period: PeriodState,
  invoiceId: string,
  dueOf: (late: LateRate) => Due,
): LateItem[] {
  if (!mayBill(state)) return [];
  return Object.entries(period.late ?? {}).flatMap(([rateId, late]) => {
    const { underWay } = late;
    if (underWay?.invoiceId === invoiceId) return [underWay.item];
    const isTaken = underWay !== undefined && isDraft(state, underWay.invoiceId);
    if (isBeingCorrected(state, period, late)) return [];
    const { tokens, decidedTokens, correctionCents = 0 } = dueOf(late);
    if (isTaken || (tokens === 0 && correctionCents === 0)) return [];
    const pricePerMillionTokens = priceOf(period, rateId);
    return {
      key: lateItemKey(nextSettlementKey(state, period, rateId, late), invoiceId),
      periodStart: period.start,
      periodEnd: period.end,
      planId: period.terms.planId,
      rateId,
      tokens,
      pricePerMillionTokens,
      ...(decidedTokens && { decidedTokens }),
      ...(correctionCents !== 0 && { correctionCents }),
      amountCents: roundHalfUpCents(exactCents(tokens, pricePerMillionTokens)) + correctionCents,
    };
  });
}

function priceOf(period: PeriodState, rateId: string): string {
  const rate = pricedRates(period).find(({ id }) => id === rateId);
  invariant(
    rate ?? rateId === CORRECTION,
    `late usage of ${rateId}, which ${period.terms.planId} does not have`,
  );
  return rate?.pricePerMillionTokens ?? '0';
}

/**
 * It is settled before it is decided again: a run that was begun again is to take the decision
 * first.
 */
function isBeingCorrected(state: BillingState, { invoice }: PeriodState, late: LateRate): boolean {
  if (!late.decidedTokens && !late.correctionCents) return false;
  const subject = invoice?.id ?? '';
  return findException(state, { kind: 'invoice_differs', subject })?.resolution !== undefined;
}

const isDraft = ({ periods }: BillingState, invoiceId: string): boolean =>
  periods.some((period) => period.invoice?.id === invoiceId && acceptsUsage(period));

const nextSettlementKey = (
  state: BillingState,
  period: PeriodState,
  rateId: string,
  { settlements }: LateRate,
): string =>
  lateSettlementKey({
    subscriptionId: subscriptionOf(state, period),
    periodStart: period.start,
    rateId,
    number: settlements + 1,
  });

/** These are being put onto a draft: they are the same until they are settled. */
export const beginLateItems = (
  state: BillingState,
  items: readonly LateItem[],
  invoiceId: string,
): BillingState =>
  items.reduce(
    (current, item) =>
      withLate(current, item, (late) => ({ ...late, underWay: { invoiceId, item } })),
    state,
  );

/** The item is on an invoice, or written off; once it is, this changes nothing. */
export const settleLate = (state: BillingState, item: LateItem): BillingState =>
  withLate(state, item, (late, nextKey) => {
    if (!item.key.startsWith(`${nextKey}:`)) return undefined;
    const { tokens, settledTokens, settlements } = late;
    const counted = { settledTokens: settledTokens + item.tokens, settlements: settlements + 1 };
    const { decidedTokens = 0, correctionCents = 0 } = item;
    const others = Math.max(0, item.tokens - decidedTokens);
    const billed = item.key === lateItemKey(nextKey, 'none') ? 0 : others;
    return withOpen(
      { tokens, ...counted },
      {
        inTimeTokens: (late.inTimeTokens ?? 0) - billed,
        decidedTokens: (late.decidedTokens ?? 0) - decidedTokens,
        correctionCents: (late.correctionCents ?? 0) - correctionCents,
      },
    );
  });

/**
 * The invoice is final: what was being put onto it is on it and settled, or waits for the next.
 */
export function settleByInvoice(state: BillingState, invoice: InvoiceSnapshot): BillingState {
  const billed = state.periods.find((period) => period.invoice?.id === invoice.id);
  const items = allPeriods(state)
    .flatMap(({ late }) => Object.values(late ?? {}))
    .flatMap(({ underWay }) => (underWay?.invoiceId === invoice.id ? [underWay.item] : []));
  return items.reduce((current, item) => {
    const isOn = invoice.lines.some(({ lateItemKey }) => lateItemKey === item.key);
    if (!isOn || !billed) return withLate(current, item, ({ underWay: _, ...late }) => late);
    return noteLateItem(settleLate(current, item), billed.start, item);
  }, state);
}

/** `change` answers undefined where there is none. */
function withLate(
  state: BillingState,
  { periodStart, rateId }: LateItem,
  change: (late: LateRate, nextKey: string) => LateRate | undefined,
): BillingState {
  const period = allPeriods(state).find(({ start }) => start === periodStart);
  const late = period?.late?.[rateId];
  if (!period || !late) return state;
  const changed = change(late, nextSettlementKey(state, period, rateId, late));
  if (!changed) return state;
  return withPeriod(state, { ...period, late: { ...period.late, [rateId]: changed } });
}

/** The invoice that bills `period` carries the item. */
export function noteLateItem(state: BillingState, start: number, item: LateItem): BillingState {
  const period = state.periods.find((candidate) => candidate.start === start);
  if (!period || period.lateItems?.some(({ key }) => key === item.key)) return state;
  return withPeriod(state, { ...period, lateItems: [...(period.lateItems ?? []), item] });
}
