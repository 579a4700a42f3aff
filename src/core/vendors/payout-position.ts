/** What is owed to a vendor of a charge, and what is to be done about it next. */
import { invariant } from '../errors';
import { vendorDueKey, vendorOffsetKey } from '../ids';
import { entriesOfCharge, entryOf, sum } from './vendor-books';
import type { SoldShare, VendorEntry } from './vendor-books';

export interface Position extends SoldShare {
  readonly earnedCents: number;
  /** Transfers, reversals and offsets have moved it. */
  readonly movedCents: number;
  /** What was earned less what was moved; if it is negative, the vendor owes it. */
  readonly owedCents: number;
  /** Transfers less reversals: no more than this can be reversed. */
  readonly transferredCents: number;
  /** The vendor's minimum was reached while it waited. */
  readonly isDue: boolean;
  /** There were so many transfers and reversals so far: it numbers the next one. */
  readonly movements: number;
}

/** What holds for all payouts to a vendor at a moment. */
export interface VendorBalance {
  readonly transfersActive: boolean;
  readonly minimumPayoutCents: number;
  /** All that is owed to the vendor and past its holdback. */
  readonly releasedCents: number;
  /** What the vendor owes of other charges, oldest first. */
  readonly debts: readonly Position[];
}

export type NextMove =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'wait'; readonly reason: 'holdback'; readonly until: number }
  | { readonly kind: 'wait'; readonly reason: 'account' | 'minimum' }
  /** The books alone have it: the payout is less by what the vendor owes of another charge. */
  | { readonly kind: 'offset'; readonly debtChargeId: string; readonly cents: number }
  /** The books alone have it: the minimum is reached, for all that waits for it. */
  | { readonly kind: 'due' }
  | { readonly kind: 'transfer'; readonly cents: number; readonly number: number }
  | { readonly kind: 'reverse'; readonly cents: number; readonly number: number };

/** The order is that in which the charges were first booked. */
export function positionsOf(entries: readonly VendorEntry[]): Position[] {
  const byCharge = new Map<string, VendorEntry[]>();
  for (const entry of entries) {
    const key = `${entry.vendor} ${entry.chargeId}`;
    const entries = byCharge.get(key);
    if (entries) entries.push(entry);
    else byCharge.set(key, [entry]);
  }
  return [...byCharge.values()].flatMap((entries) => {
    const share = entries.find(({ kind }) => kind === 'share');
    return share ? [positionOf(share, entries)] : [];
  });
}

function positionOf(share: VendorEntry, entries: readonly VendorEntry[]): Position {
  const { vendor, chargeId, invoiceId, customer, periodStart, periodEnd, releaseAt } = share;
  const atStripe = entries.filter(({ kind }) => kind === 'transfer' || kind === 'reversal');
  const earnedCents = sum(entries, (entry) => entry.earnedCents);
  const movedCents = sum(entries, (entry) => entry.movedCents);
  return {
    ...{ vendor, chargeId, invoiceId, customer, periodStart, periodEnd, releaseAt },
    earnedCents,
    movedCents,
    owedCents: earnedCents - movedCents,
    transferredCents: sum(atStripe, (entry) => entry.movedCents),
    isDue: entries.some(({ kind }) => kind === 'due'),
    movements: atStripe.length,
  };
}

export const findPosition = (
  positions: readonly Position[],
  chargeId: string,
): Position | undefined => positions.find((position) => position.chargeId === chargeId);

export function balanceOf(
  positions: readonly Position[],
  vendor: Pick<VendorBalance, 'transfersActive' | 'minimumPayoutCents'>,
  now: number,
): VendorBalance {
  return {
    transfersActive: vendor.transfersActive,
    minimumPayoutCents: vendor.minimumPayoutCents,
    releasedCents: sum(released(positions, now), ({ owedCents }) => owedCents),
    debts: positions.filter(({ owedCents }) => owedCents < 0),
  };
}

const released = (positions: readonly Position[], now: number) =>
  positions.filter(({ owedCents, releaseAt }) => owedCents > 0 && releaseAt <= now);

/**
 * The next step towards moved = earned. It is asked for again after each, until it says nothing or
 * wait.
 */
export function nextMove(position: Position, balance: VendorBalance, now: number): NextMove {
  const { owedCents, transferredCents, releaseAt, isDue } = position;
  const number = position.movements + 1;
  if (owedCents <= 0) {
    const cents = Math.min(-owedCents, Math.max(0, transferredCents));
    // What Stripe can't reverse, because it was paid by an offset, is a debt of the next payout.
    return cents > 0 ? { kind: 'reverse', cents, number } : { kind: 'nothing' };
  }
  if (now < releaseAt) return { kind: 'wait', reason: 'holdback', until: releaseAt };
  const debt = balance.debts.find(({ chargeId }) => chargeId !== position.chargeId);
  if (debt) {
    const cents = Math.min(owedCents, -debt.owedCents);
    return { kind: 'offset', debtChargeId: debt.chargeId, cents };
  }
  if (!balance.transfersActive) return { kind: 'wait', reason: 'account' };
  if (!isDue && balance.minimumPayoutCents > 0) {
    const isReached = balance.releasedCents >= balance.minimumPayoutCents;
    return isReached ? { kind: 'due' } : { kind: 'wait', reason: 'minimum' };
  }
  return { kind: 'transfer', cents: owedCents, number };
}

/**
 * Makes the offset that `nextMove` asks for, from the books as they are under the vendor's lock;
 * nothing when another payout has taken the debt meanwhile.
 */
export function offsetToBook(
  entries: readonly VendorEntry[],
  offset: { readonly debtChargeId: string; readonly chargeId: string },
): VendorEntry[] {
  const positions = positionsOf(entries);
  const debt = findPosition(positions, offset.debtChargeId);
  const payout = findPosition(positions, offset.chargeId);
  const cents = Math.min(-(debt?.owedCents ?? 0), payout?.owedCents ?? 0);
  if (!debt || !payout || cents <= 0) return [];
  const { vendor, chargeId } = payout;
  invariant(debt.vendor === vendor, `${vendor} would pay a debt of ${debt.vendor}.`);
  const chargeEntries = entriesOfCharge(entries, vendor, chargeId);
  const number = chargeEntries.filter(({ kind }) => kind === 'offset').length + 1;
  const key = vendorOffsetKey(vendor, { ...offset, number });
  return [
    entryOf(debt, { key: `${key}:debt`, kind: 'offset', movedCents: -cents }),
    entryOf(payout, { key: `${key}:payout`, kind: 'offset', movedCents: cents }),
  ];
}

/**
 * Marks all that is released once it reaches the minimum together. Without the marks the first
 * transfer would leave the others below the minimum again.
 */
export function duesToBook(
  entries: readonly VendorEntry[],
  minimumPayoutCents: number,
  now: number,
): VendorEntry[] {
  const ready = released(positionsOf(entries), now);
  if (sum(ready, ({ owedCents }) => owedCents) < minimumPayoutCents) return [];
  return ready
    .filter(({ isDue }) => !isDue)
    .map((position) =>
      entryOf(position, { key: vendorDueKey(position.vendor, position.chargeId), kind: 'due' }),
    );
}
