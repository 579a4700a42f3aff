/** Tells a vendor of its sales, by the calendar month (UTC) in which the usage began. */
import { positionsOf } from './payout-position';
import { isoSecond } from '../period';
import { sum } from './vendor-books';
import type { VendorEntry, VendorEntryKind } from './vendor-books';

export interface VendorStatement {
  /** The latest is last; months without sales are left out. */
  readonly months: readonly VendorMonth[];
  readonly totals: VendorFigures;
  /** The part of the balance that its holdback keeps back. */
  readonly heldCents: number;
}

/** What was sold, less what came back, less what was moved, is the balance. */
export interface VendorFigures {
  readonly tokens: number;
  /** It was sold for so much: fee + share. */
  readonly grossCents: number;
  readonly feeCents: number;
  readonly shareCents: number;
  /** What the share has lost by refunds, and disputes that are open or lost. */
  readonly moneyBackCents: number;
  /** What the platform gave back of its fee with it. */
  readonly feeReturnedCents: number;
  readonly transferredCents: number;
  readonly reversedCents: number;
  /**
   * It was kept for a debt; if it is negative, the debt was paid so. It comes to nothing over all
   * months.
   */
  readonly offsetCents: number;
  /** Negative: the vendor owes it. */
  readonly balanceDueCents: number;
}

export interface VendorMonth extends VendorFigures {
  /** YYYY-MM */
  readonly month: string;
  readonly transfers: readonly VendorMovement[];
  /** A negative one is an application fee that was refunded to the vendor. */
  readonly reversals: readonly VendorMovement[];
}

export interface VendorMovement {
  readonly stripeId: string;
  readonly chargeId: string;
  /** null: a one-off sale. */
  readonly invoiceId: string | null;
  readonly amountCents: number;
  /** We took it over from Stripe at this time; ISO 8601. */
  readonly recordedAt: string;
}

/** An entry, and when it was booked; Unix seconds. */
export type RecordedEntry = VendorEntry & { readonly recordedAt: number };

/** `now` is in Unix seconds. */
export function vendorStatement(entries: readonly RecordedEntry[], now: number): VendorStatement {
  const months = [...new Set(entries.map(monthOf))].sort().map((month) => {
    const all = entries.filter((entry) => monthOf(entry) === month);
    return {
      month,
      ...figuresOf(all),
      transfers: movementsOf(all, 'transfer'),
      reversals: movementsOf(all, 'reversal'),
    };
  });
  const held = positionsOf(entries).filter(
    ({ owedCents, releaseAt }) => owedCents > 0 && releaseAt > now,
  );
  return {
    months,
    totals: figuresOf(entries),
    heldCents: sum(held, ({ owedCents }) => owedCents),
  };
}

const monthOf = ({ periodStart }: VendorEntry): string => isoSecond(periodStart).slice(0, 7);

function figuresOf(entries: readonly VendorEntry[]): VendorFigures {
  const sumOf = (kind: VendorEntryKind, cents: (entry: VendorEntry) => number) =>
    // No minus zero, which JSON has and nobody means.
    sum(
      entries.filter((entry) => entry.kind === kind),
      cents,
    ) || 0;
  return {
    tokens: sumOf('share', ({ tokens }) => tokens),
    grossCents: sumOf('share', ({ grossCents }) => grossCents),
    feeCents: sumOf('share', ({ feeCents }) => feeCents),
    shareCents: sumOf('share', ({ earnedCents }) => earnedCents),
    moneyBackCents: sumOf('money_back', ({ earnedCents }) => -earnedCents),
    feeReturnedCents: sumOf('money_back', ({ feeCents }) => -feeCents),
    transferredCents: sumOf('transfer', ({ movedCents }) => movedCents),
    reversedCents: sumOf('reversal', ({ movedCents }) => -movedCents),
    offsetCents: sumOf('offset', ({ movedCents }) => movedCents),
    balanceDueCents: sum(entries, ({ earnedCents, movedCents }) => earnedCents - movedCents),
  };
}

const movementsOf = (
  entries: readonly RecordedEntry[],
  kind: 'transfer' | 'reversal',
): VendorMovement[] =>
  entries
    .filter((entry) => entry.kind === kind)
    .map(({ stripeId, key, chargeId, invoiceId, movedCents, recordedAt }) => ({
      stripeId: stripeId ?? key,
      chargeId,
      invoiceId,
      amountCents: kind === 'transfer' ? movedCents : -movedCents,
      recordedAt: isoSecond(recordedAt),
    }));
