/**
 * Puts one line of an invoice beside what it must be, or tells that nothing of ours explains it.
 */
import { roundHalfUpCents } from '../money';
import { shortened } from '../text';
import type { InvoiceLine } from '../invoices/invoice-snapshot';

export interface ExplainedLine {
  /** A rate, a base price, or the line that nothing of ours explains: its id and its text. */
  readonly what: string;
  /** What the ledger says; null: nothing of ours explains the line. */
  readonly quantity: number | null;
  /** A rate has its price per million tokens. */
  readonly pricePerMillionTokens: string | null;
  /** They are before the one rounding of a line. */
  readonly exactCents: string | null;
  readonly amountCents: number | null;
  readonly invoiceQuantity: number;
  readonly invoiceAmountCents: number;
  /** Stripe's price, where it is another one than ours. */
  readonly invoicePricePerMillionTokens?: string;
  /** Usage of the billed period, at this rate. */
  readonly rateId?: string;
  /** A line for late usage that we added. */
  readonly lateItemKey?: string;
  readonly equal: boolean;
}

export type Seen = Pick<ExplainedLine, 'invoiceQuantity' | 'invoiceAmountCents'>;

export interface Ours {
  readonly quantity: number;
  readonly pricePerMillionTokens: string | null;
  readonly exactCents: string;
}

export const NOTHING: Ours = { quantity: 0, pricePerMillionTokens: null, exactCents: '0' };

/**
 * `tolerance` is the cents by which Stripe's own roundings of the same may be off our single one.
 */
export function explained(what: string, ours: Ours, figures: Seen, tolerance = 0): ExplainedLine {
  const rounded = roundHalfUpCents(ours.exactCents);
  const isSame = ours.quantity === figures.invoiceQuantity;
  const isWithin = Math.abs(rounded - figures.invoiceAmountCents) <= (isSame ? tolerance : 0);
  const amountCents = isWithin ? figures.invoiceAmountCents : rounded;
  const equal = isWithin && isSame;
  return { what, ...ours, amountCents, ...figures, equal };
}

export const unexplained = (what: string, figures: Seen): ExplainedLine => ({
  what,
  quantity: null,
  pricePerMillionTokens: null,
  exactCents: null,
  amountCents: null,
  ...figures,
  equal: false,
});

export const seenOf = ({ quantity, amountCents }: InvoiceLine): Seen => ({
  invoiceQuantity: quantity,
  invoiceAmountCents: amountCents,
});

/** So much is enough to find it by; the id tells it for certain. */
const TEXT_CHARACTERS_MAX = 80;

const quoted = (text: string): string => JSON.stringify(shortened(text, TEXT_CHARACTERS_MAX));

/** An operator finds it at Stripe by this. */
export const nameOf = ({ id, description }: InvoiceLine): string =>
  `line ${[id, description && quoted(description)].filter(Boolean).join(' ') || '(no id)'}`;
