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
  /** Transfers and reversals; there may be more than are told here. */
  readonly movementCount: number;
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

export type MovementKind = 'transfer' | 'reversal';

/** A transfer or reversal as it is told, and where. */
export interface DatedMovement {
  readonly kind: MovementKind;
  /** YYYY-MM */
  readonly month: string;
  readonly movement: VendorMovement;
}

interface MonthSums {
  readonly figures: VendorFigures;
  readonly movementCount: number;
}

/** A statement as far as the entries were read; it is as long as there are months. */
export interface StatementSoFar {
  readonly months: ReadonlyMap<string, MonthSums>;
  readonly heldCents: number;
  /** More may follow of the charge that was read last. */
  readonly lastCharge: readonly VendorEntry[];
}

export const NOTHING_READ: StatementSoFar = { months: new Map(), heldCents: 0, lastCharge: [] };

/**
 * Adds the entries that follow, in any portions; those of a charge must come one after another.
 * `now` is in Unix seconds.
 */
export function addToStatement(
  soFar: StatementSoFar,
  entries: readonly VendorEntry[],
  now: number,
): StatementSoFar {
  const months = new Map(soFar.months);
  for (const [month, all] of byMonth(entries)) {
    const { figures, movementCount } = months.get(month) ?? NO_SUMS;
    months.set(month, {
      figures: addFigures(figures, figuresOf(all)),
      movementCount: movementCount + all.filter(isMovement).length,
    });
  }
  const unread = [...soFar.lastCharge, ...entries];
  const lastChargeId = unread.at(-1)?.chargeId;
  const isLast = (entry: VendorEntry) => entry.chargeId === lastChargeId;
  const heldCents =
    soFar.heldCents +
    heldOf(
      unread.filter((entry) => !isLast(entry)),
      now,
    );
  return { months, heldCents, lastCharge: unread.filter(isLast) };
}

/** All entries were added; `movements` are those that the statement tells one by one, in order. */
export function statementOf(
  { months, heldCents, lastCharge }: StatementSoFar,
  movements: readonly DatedMovement[],
  now: number,
): VendorStatement {
  const toldOf = (month: string, kind: MovementKind) =>
    movements
      .filter((each) => each.month === month && each.kind === kind)
      .map(({ movement }) => movement);
  return {
    months: [...months.entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([month, { figures, movementCount }]) => ({
        ...{ month, ...figures, movementCount },
        transfers: toldOf(month, 'transfer'),
        reversals: toldOf(month, 'reversal'),
      })),
    totals: [...months.values()].reduce(
      (total, { figures }) => addFigures(total, figures),
      NO_SUMS.figures,
    ),
    heldCents: heldCents + heldOf(lastCharge, now),
  };
}

function byMonth(entries: readonly VendorEntry[]): Map<string, VendorEntry[]> {
  const months = new Map<string, VendorEntry[]>();
  for (const entry of entries) {
    const month = monthOf(entry);
    const all = months.get(month);
    if (all) all.push(entry);
    else months.set(month, [entry]);
  }
  return months;
}

const isMovement = ({ kind }: VendorEntry): boolean => kind === 'transfer' || kind === 'reversal';

const addFigures = (sums: VendorFigures, more: VendorFigures): VendorFigures => ({
  tokens: sums.tokens + more.tokens,
  grossCents: sums.grossCents + more.grossCents,
  feeCents: sums.feeCents + more.feeCents,
  shareCents: sums.shareCents + more.shareCents,
  moneyBackCents: sums.moneyBackCents + more.moneyBackCents,
  feeReturnedCents: sums.feeReturnedCents + more.feeReturnedCents,
  transferredCents: sums.transferredCents + more.transferredCents,
  reversedCents: sums.reversedCents + more.reversedCents,
  offsetCents: sums.offsetCents + more.offsetCents,
  balanceDueCents: sums.balanceDueCents + more.balanceDueCents,
});

/** A charge within its holdback keeps back what is owed of it; a debt keeps nothing back. */
const heldOf = (entries: readonly VendorEntry[], now: number): number =>
  sum(
    positionsOf(entries).filter(({ owedCents, releaseAt }) => owedCents > 0 && releaseAt > now),
    ({ owedCents }) => owedCents,
  );

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

const NO_SUMS: MonthSums = { figures: figuresOf([]), movementCount: 0 };

export const movementOf = (
  entry: RecordedEntry & { readonly kind: MovementKind },
): DatedMovement => ({
  kind: entry.kind,
  month: monthOf(entry),
  movement: {
    stripeId: entry.stripeId ?? entry.key,
    chargeId: entry.chargeId,
    invoiceId: entry.invoiceId,
    amountCents: entry.kind === 'transfer' ? entry.movedCents : -entry.movedCents,
    recordedAt: isoSecond(entry.recordedAt),
  },
});
