/** What an invoice's page and its PDF say: its lines, and how their sum becomes what is due. */
import type { Invoice } from '../objects';
import type { World } from '../world';

export interface Row {
  text: string;
  period: { start: number; end: number };
  quantity: number | null;
  cents: number;
}

export interface Figure {
  text: string;
  cents: number;
  isSum?: boolean;
}

export const rowsOf = (invoice: Invoice): Row[] =>
  invoice.lines.data.map(({ description, period, quantity, amount }) => ({
    ...{ text: description ?? 'Invoice item', period, quantity },
    cents: amount,
  }));

export function figuresOf(_world: World, invoice: Invoice): Figure[] {
  const balanceUsed = (invoice.ending_balance ?? 0) - invoice.starting_balance;
  const figures: (Figure | null)[] = [
    { text: 'Subtotal', cents: invoice.subtotal },
    part('Credits', -sumOf(invoice.total_pretax_credit_amounts)),
    part('Tax', sumOf(invoice.total_taxes)),
    { text: 'Total', cents: invoice.total, isSum: true },
    part('Applied balance', -balanceUsed),
    part('Amount paid', -invoice.amount_paid),
    { text: 'Amount due', cents: invoice.amount_remaining, isSum: true },
  ];
  return figures.filter((figure) => figure !== null);
}

/** What moves nothing is not told. */
const part = (text: string, cents: number): Figure | null => (cents === 0 ? null : { text, cents });

const sumOf = (amounts: unknown): number =>
  (amounts as { amount: number }[]).reduce((sum, { amount }) => sum + amount, 0);
