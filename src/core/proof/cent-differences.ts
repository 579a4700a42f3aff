/** The lines of an invoice that are not what they must be, each named with both figures. */
import type { Books } from './books';
import { totalAfterDiscounts } from './explained-discount';
import type { ExplainedDiscount } from './explained-discount';
import type { ExplainedLine } from './explained-line';
import { explainInvoice } from './verification';
import type { PeriodState, LateItem } from '../state/period-state';
import type { InvoiceSnapshot } from '../invoices/invoice-snapshot';
import type { Difference } from './difference-row';

/** `comparedRates` are those whose tokens are compared already. */
export function differencesInCents(
  period: PeriodState | undefined,
  invoice: InvoiceSnapshot,
  books: Books,
  comparedRates: ReadonlySet<string> = new Set(),
): Difference[] {
  if (!isToldInCents(invoice)) return (period?.lateItems ?? []).flatMap(lateRowOf(invoice));
  const { lines, discounts = [] } = explainInvoice(invoice, period, books);
  return [
    ...lines.flatMap((line) => rowsOf(line, comparedRates)),
    ...subtotalRow(invoice, lines),
    ...discounts.flatMap(discountRow),
    ...totalRow(invoice),
  ];
}

/** What an earlier release has read is compared as that release did. */
export const isToldInCents = ({ subtotalCents }: InvoiceSnapshot): boolean =>
  subtotalCents !== undefined;

function rowsOf(line: ExplainedLine, comparedRates: ReadonlySet<string>): Difference[] {
  if (line.equal) return [];
  const { rateId, pricePerMillionTokens, invoicePricePerMillionTokens } = line;
  const what = line.lateItemKey ?? line.what;
  const isCompared = rateId !== undefined && comparedRates.has(rateId);
  const quantity = row(`quantity of ${what}`, line.quantity ?? 0, line.invoiceQuantity);
  const cents = row(`cents of ${what}`, line.amountCents ?? 0, line.invoiceAmountCents);
  const price =
    invoicePricePerMillionTokens === undefined
      ? []
      : row(
          `price of ${what} per million`,
          Number(pricePerMillionTokens),
          Number(invoicePricePerMillionTokens),
        );
  // A line that nothing explains is told in cents; only if it has none, by its quantity.
  const isToldByCents = line.quantity === null && cents.length > 0;
  return [...(isCompared || isToldByCents ? [] : quantity), ...price, ...cents];
}

const row = (what: string, ours: number, invoice: number): Difference[] =>
  ours === invoice ? [] : [{ what, ledger: ours, workflow: ours, meter: null, invoice }];

/** The coupon says one thing, and Stripe takes another. */
function discountRow({ what, amountCents, invoiceAmountCents, equal }: ExplainedDiscount) {
  if (equal) return [];
  const ours = amountCents ?? 0;
  const name = `cents off by ${what}`;
  const rows = row(name, ours, invoiceAmountCents);
  // Its sum is right, and its lines do not come to that.
  return rows.length > 0
    ? rows
    : [{ what: `${name}, line by line`, ledger: ours, workflow: ours, meter: null, invoice: null }];
}

function totalRow(invoice: InvoiceSnapshot): Difference[] {
  const ours = totalAfterDiscounts(invoice);
  return ours === undefined ? [] : row('cents after discounts', ours, invoice.totalCents);
}

/** A line that we were not shown. */
function subtotalRow(invoice: InvoiceSnapshot, lines: readonly ExplainedLine[]): Difference[] {
  const sum = invoice.lines.reduce((total, { amountCents }) => total + amountCents, 0);
  if (sum === invoice.subtotalCents) return [];
  const ours = lines.reduce((total, { amountCents }) => total + (amountCents ?? 0), 0);
  return [
    {
      ...{ what: 'cents of all lines', ledger: ours, workflow: ours, meter: null },
      invoice: invoice.subtotalCents ?? null,
    },
  ];
}

/** A line for late usage: the invoice has it, with our amount. */
const lateRowOf =
  (invoice: InvoiceSnapshot) =>
  (item: LateItem): Difference[] => {
    const lines = invoice.lines.filter(({ lateItemKey }) => lateItemKey === item.key);
    const shownCents = lines.reduce((sum, { amountCents }) => sum + amountCents, 0);
    return row(`cents of ${item.key}`, item.amountCents, shownCents);
  };
