/**
 * Usage that arrives after its period's invoice was finalized. It is rated by that period's plan,
 * remaining allowance and grants; then the plan's policy decides: onto the next invoice, in a line
 * that names the original period, or written off with its value. It is recorded either way.
 */
import type { BillingState, PeriodState } from './billing-state';
import { allPeriods, withPeriod } from './billing-state';
import { invariant } from './errors';
import type { InvoiceSnapshot } from './invoice';
import { lateItemKey, lateSettlementKey } from './ids';
import { exactCents, roundHalfUpCents } from './money';
import { isoSecond } from './period';
import { pricedRates } from './plan';

export interface LateRate {
  readonly tokens: number;
  /** Of these, on an invoice or written off. */
  readonly settledTokens: number;
  /** Settlements so far; numbers the next. */
  readonly settlements: number;
  /** A line being put onto a draft: it stays as it is, and no other draft may have its tokens. */
  readonly underWay?: { readonly invoiceId: string; readonly item: LateItem };
}

/** One line for late usage: which tokens of which period, and what they cost. */
export interface LateItem {
  readonly key: string;
  readonly periodStart: number;
  readonly periodEnd: number;
  readonly planId: string;
  readonly rateId: string;
  readonly tokens: number;
  readonly pricePerMillionTokens: string;
  readonly amountCents: number;
}

export const NO_LATE_TOKENS: LateRate = { tokens: 0, settledTokens: 0, settlements: 0 };

/** Negative where an invoice had billed more than the ledger has. */
export function addLate(period: PeriodState, rateId: string, tokens: number): PeriodState {
  const before = period.late?.[rateId] ?? NO_LATE_TOKENS;
  const after = { ...before, tokens: before.tokens + tokens };
  return { ...period, late: { ...period.late, [rateId]: after } };
}

export const lateTokens = ({ late }: Pick<PeriodState, 'late'>): number =>
  Object.values(late ?? {}).reduce((sum, { tokens }) => sum + tokens, 0);

/** What is to go onto this invoice, oldest period first. `invoiceId` is of the period's own. */
export function dueLateItems(state: BillingState, invoiceId: string): LateItem[] {
  return allPeriods(state).flatMap((period) =>
    period.terms.lateUsage === 'next_invoice' ? itemsOf(state, period, invoiceId) : [],
  );
}

/** What the policy writes off: at once, or at the end when no next invoice will come. */
export function dueWriteOffs(state: BillingState): LateItem[] {
  const isEnded = state.billingStatus === 'ended' && state.periods.every(isPastDraft);
  return allPeriods(state).flatMap((period) =>
    period.terms.lateUsage === 'write_off' || isEnded ? itemsOf(state, period, 'none') : [],
  );
}

const isPastDraft = ({ phase }: PeriodState): boolean =>
  phase === 'finalized' || phase === 'paid' || phase === 'void';

function itemsOf(state: BillingState, period: PeriodState, invoiceId: string): LateItem[] {
  return Object.entries(period.late ?? {}).flatMap(([rateId, late]) => {
    const { underWay } = late;
    if (underWay?.invoiceId === invoiceId) return [underWay.item];
    const isTaken = underWay !== undefined && isDraft(state, underWay.invoiceId);
    if (isTaken || late.tokens === late.settledTokens) return [];
    const rate = pricedRates(period).find(({ id }) => id === rateId);
    invariant(rate, `late usage of ${rateId}, which ${period.terms.planId} does not have`);
    const tokens = late.tokens - late.settledTokens;
    const { pricePerMillionTokens } = rate;
    return {
      key: lateItemKey(nextSettlementKey(state, period, rateId, late), invoiceId),
      periodStart: period.start,
      periodEnd: period.end,
      planId: period.terms.planId,
      rateId,
      tokens,
      pricePerMillionTokens,
      amountCents: roundHalfUpCents(exactCents(tokens, pricePerMillionTokens)),
    };
  });
}

const isDraft = ({ periods }: BillingState, invoiceId: string): boolean =>
  periods.some((period) => period.invoice?.id === invoiceId && !isPastDraft(period));

const nextSettlementKey = (
  { subscriptionId, customer }: BillingState,
  { start }: PeriodState,
  rateId: string,
  { settlements }: LateRate,
): string =>
  lateSettlementKey({
    subscriptionId: subscriptionId ?? customer,
    periodStart: start,
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
  withLate(state, item, ({ tokens, settledTokens, settlements }, nextKey) =>
    item.key.startsWith(`${nextKey}:`)
      ? { tokens, settledTokens: settledTokens + item.tokens, settlements: settlements + 1 }
      : undefined,
  );

/**
 * The invoice is final: what was being put onto it is on it and settled, or waits for the next.
 */
export function settleByInvoice(state: BillingState, invoice: InvoiceSnapshot): BillingState {
  const billed = state.periods.find((period) => period.invoice?.id === invoice.id);
  const begun = allPeriods(state)
    .flatMap(({ late }) => Object.values(late ?? {}))
    .flatMap(({ underWay }) => (underWay?.invoiceId === invoice.id ? [underWay.item] : []));
  return begun.reduce((current, item) => {
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

export const hasUnsettledLate = ({ late }: PeriodState): boolean =>
  Object.values(late ?? {}).some(({ tokens, settledTokens }) => tokens !== settledTokens);

/** The text of the line, as the customer reads it. */
export const describeLateItem = (item: LateItem): string =>
  `Late usage of ${isoSecond(item.periodStart).slice(0, 10)} to ` +
  `${isoSecond(item.periodEnd).slice(0, 10)}: ${item.tokens} tokens ` +
  `(${item.rateId}, plan ${item.planId})`;
