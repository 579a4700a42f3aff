/**
 * Every cent of an invoice explained: what each line must be, and what Stripe says it is. The close
 * of a period, `verify-invoice` and what operators decide all go by this one explanation.
 */
import type { Books } from './books';
import { explainDiscounts, totalAfterDiscounts } from './explained-discount';
import type { ExplainedDiscount } from './explained-discount';
import { NOTHING, explained, nameOf, seenOf, unexplained } from './explained-line';
import type { ExplainedLine, Seen } from './explained-line';
import { explainBase, explainProration, missingBase, missingProrations } from './explained-plan';
import { compareDecimals, exactCents, pricePerMillion, roundHalfUpCents } from '../money';
import { isoSecond } from '../period';
import { pricedRates } from '../plans/plan';
import type { PeriodState, LateItem } from '../state/period-state';
import type { InvoiceLine, InvoiceSnapshot } from '../invoices/invoice-snapshot';

export interface ExplainedInvoice {
  readonly lines: readonly ExplainedLine[];
  /** The sum of what the lines must be. */
  readonly totalCents: number;
  /** Discounts and tax come after it: neither is on a line's amount. */
  readonly invoiceTotalCents: number;
  /** What is taken off that, by which coupon. Absent: nothing is. */
  readonly discounts?: readonly ExplainedDiscount[];
  readonly equal: boolean;
}

/** `billed` is the period whose usage the invoice bills; one that bills no usage has none. */
export function explainInvoice(
  invoice: InvoiceSnapshot,
  billed: PeriodState | undefined,
  books: Books,
): ExplainedInvoice {
  const isUsage = ({ rateId, end }: InvoiceLine) => rateId !== null && end === billed?.end;
  const others = invoice.lines.filter((line) => !isUsage(line));
  const lines = [
    ...explainOthers(invoice, others, books),
    ...(billed ? missingBase(invoice, billed, books) : []),
    ...missingProrations(invoice, books),
    ...missingLate(invoice, billed),
    ...(billed ? explainUsage(billed, invoice.lines.filter(isUsage)) : []),
  ];
  const totalCents = lines.reduce((sum, { amountCents }) => sum + (amountCents ?? 0), 0);
  const invoiceTotalCents = invoice.subtotalCents ?? invoice.totalCents;
  const discounts = explainDiscounts(invoice, billed, books);
  const total = totalAfterDiscounts(invoice);
  const equal =
    totalCents === invoiceTotalCents &&
    [...lines, ...discounts].every((one) => one.equal) &&
    (total === undefined || total === invoice.totalCents);
  const explainedDiscounts = discounts.length > 0 && { discounts };
  return { lines, totalCents, invoiceTotalCents, ...explainedDiscounts, equal };
}

/** One row per rate that the period or the invoice has. */
function explainUsage(period: PeriodState, metered: readonly InvoiceLine[]): ExplainedLine[] {
  const invoiced = metered.flatMap(({ rateId }) => (rateId === null ? [] : [rateId]));
  const rateIds = new Set([...Object.keys(period.rates), ...invoiced]);
  return [...rateIds].sort().map((rateId) => ({ ...explainRate(period, rateId, metered), rateId }));
}

/** Stripe may split a rate over several lines, each rounded by itself: we round it once. */
function explainRate(
  period: PeriodState,
  rateId: string,
  metered: readonly InvoiceLine[],
): ExplainedLine {
  const lines = metered.filter((line) => line.rateId === rateId);
  const figures = sumOf(lines);
  const rate = pricedRates(period).find(({ id }) => id === rateId);
  const quantity = period.rates[rateId]?.tokens ?? 0;
  const isNothing = quantity === 0 && isZero(figures);
  if (!rate && isNothing) return explained(rateId, NOTHING, figures);
  if (!rate) return unexplained(`rate ${rateId}, which no plan of the period has`, figures);
  const { pricePerMillionTokens } = rate;
  const ours = {
    quantity,
    pricePerMillionTokens,
    exactCents: exactCents(quantity, pricePerMillionTokens),
  };
  const line = explained(rateId, ours, figures, Math.max(0, lines.length - 1));
  const other = lines.map(priceOf).find((price) => isOther(price, pricePerMillionTokens));
  if (other === undefined) return line;
  return { ...line, invoicePricePerMillionTokens: other, equal: false };
}

/**
 * Stripe asks so much for a million; undefined says that it does not tell, or there is nothing to
 * be paid.
 */
const priceOf = ({ unitAmount, quantity }: InvoiceLine): string | undefined =>
  unitAmount === undefined || quantity === 0 ? undefined : pricePerMillion(unitAmount);

const isOther = (price: string | undefined, expected: string): boolean =>
  price !== undefined && compareDecimals(price, expected) !== 0;

const sumOf = (lines: readonly InvoiceLine[]): Seen => ({
  invoiceQuantity: lines.reduce((sum, { quantity }) => sum + quantity, 0),
  invoiceAmountCents: lines.reduce((sum, { amountCents }) => sum + amountCents, 0),
});

const isZero = ({ invoiceQuantity, invoiceAmountCents }: Seen): boolean =>
  invoiceQuantity === 0 && invoiceAmountCents === 0;

/** Lines that say the same are one: the second of them is too much. */
function explainOthers(
  invoice: InvoiceSnapshot,
  others: readonly InvoiceLine[],
  books: Books,
): ExplainedLine[] {
  const groups = new Map<string, InvoiceLine[]>();
  others.forEach((line, at) => {
    const key = sameness(line) ?? `line ${at}`;
    groups.set(key, [...(groups.get(key) ?? []), line]);
  });
  return [...groups.values()].map((lines) =>
    explainOther(invoice, { ...(lines[0] as InvoiceLine), ...amountsOf(lines) }, books),
  );
}

function amountsOf(lines: readonly InvoiceLine[]): Pick<InvoiceLine, 'quantity' | 'amountCents'> {
  const { invoiceQuantity: quantity, invoiceAmountCents: amountCents } = sumOf(lines);
  return { quantity, amountCents };
}

/**
 * Lines that must be there once have this in common; undefined says nothing has to. A period has
 * one base price, whichever of its plans it is of.
 */
function sameness(line: InvoiceLine): string | undefined {
  const { lateItemKey, proratedPlan, isBase, start, end, amountCents } = line;
  if (lateItemKey !== undefined) return lateItemKey;
  if (proratedPlan !== undefined)
    return `${proratedPlan} ${start} ${end} ${amountCents < 0 ? 'back' : 'charged'}`;
  return isBase ? `base ${start}` : undefined;
}

function explainOther(invoice: InvoiceSnapshot, line: InvoiceLine, books: Books): ExplainedLine {
  const { lateItemKey, proratedPlan, rateId, isBase, quantity, amountCents } = line;
  if (lateItemKey !== undefined) return explainLate(lateItemKey, line, books);
  if (proratedPlan !== undefined) return explainProration(line, proratedPlan, books);
  if (isBase) return explainBase(line, books);
  const figures = seenOf(line);
  // It is about a rate that no period has, or is text that somebody has put there.
  if (amountCents === 0 && (rateId === null || quantity === 0))
    return explained(rateId ?? nameOf(line), { ...NOTHING, quantity }, figures);
  const reason =
    rateId === null
      ? 'no line of ours'
      : `usage of ${rateId} in a period that this invoice does not bill`;
  return unexplained(`${nameOf(line)}, ${reason}`, figures);
}

/** A line that we put onto the draft ourselves. */
function explainLate(key: string, line: InvoiceLine, { lateItem }: Books): ExplainedLine {
  const item = lateItem(key);
  const figures = seenOf(line);
  if (!item)
    return unexplained(`${nameOf(line)}, late usage ${key} that we know nothing of`, figures);
  // At Stripe it is an amount, whose quantity says nothing.
  return explainItem(item, { ...figures, invoiceQuantity: item.tokens });
}

function explainItem(item: LateItem, figures: Seen): ExplainedLine {
  const { key, tokens: quantity, pricePerMillionTokens, rateId, periodStart } = item;
  const { correctionCents = 0 } = item;
  const usage = exactCents(quantity, pricePerMillionTokens);
  const ours = {
    ...{ quantity, pricePerMillionTokens },
    exactCents: correctionCents === 0 ? usage : String(roundHalfUpCents(usage) + correctionCents),
  };
  const what = `late: ${rateId} of ${isoSecond(periodStart).slice(0, 10)}`;
  return { ...explained(what, ours, figures), lateItemKey: key };
}

/** What was put onto this invoice and is not there. */
function missingLate({ lines }: InvoiceSnapshot, billed: PeriodState | undefined): ExplainedLine[] {
  return (billed?.lateItems ?? [])
    .filter((item) => !lines.some(({ lateItemKey }) => lateItemKey === item.key))
    .map((item) => explainItem(item, { invoiceQuantity: item.tokens, invoiceAmountCents: 0 }));
}
