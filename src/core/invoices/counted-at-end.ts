/**
 * Stripe's word on a draft's usage is of its end only: "During finalization, Stripe updates the
 * invoice to reflect the latest quantity". A draft may show what it was made with until then, and
 * what its meters have is what it will bill.
 */
import { multiplyDecimals, roundHalfUpCents } from '../money';
import type { PeriodState } from '../state/period-state';
import type { InvoiceLine, InvoiceSnapshot } from './invoice-snapshot';

type Metered = InvoiceLine & { readonly rateId: string; readonly unitAmount: string };

/** The meters and its own prices tell what it will be. What is final stays what it is. */
export function asCountedAtEnd(
  invoice: InvoiceSnapshot,
  { end }: Pick<PeriodState, 'end'>,
  meterTokens: Readonly<Record<string, number>>,
): InvoiceSnapshot {
  if (invoice.status !== 'draft' || invoice.subtotalCents === undefined) return invoice;
  const isCounted = (line: InvoiceLine): line is Metered =>
    line.rateId !== null &&
    line.end === end &&
    line.unitAmount !== undefined &&
    meterTokens[line.rateId] !== undefined;
  const countedRates = new Set<string>();
  const lines = invoice.lines.map((line) => {
    if (!isCounted(line)) return line;
    const isFirst = !countedRates.has(line.rateId);
    countedRates.add(line.rateId);
    // A negative sum is billed as nothing.
    const quantity = isFirst ? Math.max(0, meterTokens[line.rateId] ?? 0) : 0;
    const amountCents = roundHalfUpCents(multiplyDecimals(line.unitAmount, String(quantity)));
    return { ...line, quantity, amountCents };
  });
  const more = sumOf(lines) - sumOf(invoice.lines);
  const isSame = lines.every((line, at) => isSameCount(line, invoice.lines[at]));
  const subtotalCents = invoice.subtotalCents + more;
  // What discounts will take of other amounts is known when it is final, and compared then.
  return { ...invoice, lines, subtotalCents, ...(!isSame && { areDiscountsOpen: true }) };
}

const isSameCount = (line: InvoiceLine, shown: InvoiceLine | undefined): boolean =>
  line.quantity === shown?.quantity && line.amountCents === shown.amountCents;

const sumOf = (lines: readonly InvoiceLine[]): number =>
  lines.reduce((sum, { amountCents }) => sum + amountCents, 0);
