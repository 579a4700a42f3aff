/** A vendor's books: what was earned of each charge, and what Stripe has moved of it. */
import { DomainError } from '../errors';
import { vendorMoneyBackKey, vendorShareKey } from '../ids';
import type { PaidCharge, ShareAmounts, VendorShare } from './payout';
import { shareToKeep } from './payout-split';
import type { VendorPolicy } from '../plans/catalog';

/**
 * share: sold · money_back: the difference when money came back or returned · transfer, reversal:
 * moved at Stripe · offset: a debt, and the payout that is less by it · due: the vendor's minimum
 * was reached while this share waited.
 */
export type VendorEntryKind = 'share' | 'money_back' | 'transfer' | 'reversal' | 'offset' | 'due';

/** What all entries of a vendor about a charge have in common. */
export interface SoldShare {
  readonly vendor: string;
  readonly chargeId: string;
  /** null: a one-off sale. */
  readonly invoiceId: string | null;
  readonly customer: string;
  /** The period of the usage that was sold; Unix seconds, as `releaseAt`. */
  readonly periodStart: number;
  readonly periodEnd: number;
  readonly releaseAt: number;
}

/** An entry is booked once and never changed. Earned less moved is what is owed to the vendor. */
export interface VendorEntry extends SoldShare {
  readonly key: string;
  readonly kind: VendorEntryKind;
  readonly grossCents: number;
  readonly feeCents: number;
  readonly earnedCents: number;
  readonly movedCents: number;
  /** Stripe's id of a transfer, a reversal, or the refund of an application fee. */
  readonly stripeId: string | null;
  readonly tokens: number;
  /** It holds for a share whatever the catalog says later. null: it is none. */
  readonly feeOnRefund: VendorPolicy['feeOnRefund'] | null;
}

/** What the vendor sold: the charge as it is now, and the share as the catalog has it now. */
export interface Sale {
  readonly customer: string;
  readonly invoiceId: string | null;
  readonly charge: PaidCharge;
  /** null: it is booked already. A booked share holds, whatever is told here. */
  readonly share: VendorShare | null;
}

/** A transfer of ours, or Stripe's own of a destination charge. */
export interface MadeTransfer {
  readonly id: string;
  readonly vendor: string;
  readonly chargeId: string;
  readonly amountCents: number;
  readonly reversals: readonly StripeMovement[];
  /** What Stripe took of a destination charge's transfer for the platform. */
  readonly applicationFee?: {
    readonly amountCents: number;
    readonly refunds: readonly StripeMovement[];
  };
}

export interface StripeMovement {
  readonly id: string;
  readonly amountCents: number;
}

export function entryOf(
  share: SoldShare,
  entry: Pick<VendorEntry, 'key' | 'kind'> & Partial<VendorEntry>,
): VendorEntry {
  const { vendor, chargeId, invoiceId, customer, periodStart, periodEnd, releaseAt } = share;
  return {
    ...{ vendor, chargeId, invoiceId, customer, periodStart, periodEnd, releaseAt },
    ...{ grossCents: 0, feeCents: 0, earnedCents: 0, movedCents: 0 },
    ...{ stripeId: null, tokens: 0, feeOnRefund: null },
    ...entry,
  };
}

export const entriesOfCharge = (
  entries: readonly VendorEntry[],
  vendor: string,
  chargeId: string,
): VendorEntry[] =>
  entries.filter((entry) => entry.vendor === vendor && entry.chargeId === chargeId);

const shareOf = (entries: readonly VendorEntry[], vendor: string, chargeId: string) =>
  entriesOfCharge(entries, vendor, chargeId).find(({ kind }) => kind === 'share');

/** The difference between what is booked as earned and what should be; nothing when they agree. */
export function earningsToBook(
  entries: readonly VendorEntry[],
  vendor: string,
  sale: Sale,
): VendorEntry[] {
  const { charge } = sale;
  const chargeEntries = entriesOfCharge(entries, vendor, charge.chargeId);
  const bookedShare = shareOf(chargeEntries, vendor, charge.chargeId);
  const share = bookedShare ?? newShare(vendor, sale);
  const all = bookedShare ? chargeEntries : [...chargeEntries, share];
  const keptShare = shareToKeep(amountsOf(share), charge, {
    feeOnRefund: share.feeOnRefund ?? 'returned',
  });
  const changed = {
    grossCents: keptShare.grossCents - sum(all, ({ grossCents }) => grossCents),
    feeCents: keptShare.feeCents - sum(all, ({ feeCents }) => feeCents),
    earnedCents: keptShare.shareCents - sum(all, ({ earnedCents }) => earnedCents),
  };
  const number = all.filter(({ kind }) => kind === 'money_back').length + 1;
  const key = vendorMoneyBackKey(vendor, charge, number);
  const isChanged = Object.values(changed).some((cents) => cents !== 0);
  return [
    ...(bookedShare ? [] : [share]),
    ...(isChanged ? [entryOf(share, { key, kind: 'money_back', ...changed })] : []),
  ];
}

function newShare(vendor: string, { charge, share, customer, invoiceId }: Sale): VendorEntry {
  if (share?.vendor !== vendor || share.chargeId !== charge.chargeId) {
    throw new DomainError(
      'invariant_broken',
      `Charge ${charge.chargeId} has no share of vendor ${vendor} yet, and none is given to book.`,
    );
  }
  return entryOf(
    { ...share, customer, invoiceId },
    {
      key: vendorShareKey(vendor, charge.chargeId),
      kind: 'share',
      grossCents: share.grossCents,
      feeCents: share.feeCents,
      earnedCents: share.shareCents,
      tokens: share.tokens,
      feeOnRefund: share.feeOnRefund,
    },
  );
}

const amountsOf = ({ grossCents, feeCents, earnedCents }: VendorEntry): ShareAmounts => ({
  grossCents,
  feeCents,
  shareCents: earnedCents,
});

export const sum = <T>(all: readonly T[], cents: (one: T) => number): number =>
  all.reduce((total, one) => total + cents(one), 0);

/**
 * What Stripe has moved and the books have not. A transfer that belongs to no booked share is
 * somebody's own doing: it is left alone, since what is in the books is moved back by us.
 */
export function movementsToBook(
  entries: readonly VendorEntry[],
  transfers: readonly MadeTransfer[],
): VendorEntry[] {
  const keys = new Set(entries.map(({ key }) => key));
  return transfers
    .flatMap((transfer) => {
      const share = shareOf(entries, transfer.vendor, transfer.chargeId);
      return share ? movementsOf(share, transfer) : [];
    })
    .filter(({ key }) => !keys.has(key));
}

/**
 * An application fee is part of the transfer's own entry, so that moved is what the vendor got; its
 * refund gives the vendor back what a reversal of the whole took too much.
 */
function movementsOf(share: VendorEntry, transfer: MadeTransfer): VendorEntry[] {
  const { id, amountCents, reversals, applicationFee } = transfer;
  const bookMovement = (kind: 'transfer' | 'reversal', stripeId: string, movedCents: number) =>
    entryOf(share, { key: stripeId, kind, stripeId, movedCents });
  return [
    bookMovement('transfer', id, amountCents - (applicationFee?.amountCents ?? 0)),
    ...reversals.map((each) => bookMovement('reversal', each.id, -each.amountCents)),
    ...(applicationFee?.refunds ?? []).map((each) =>
      bookMovement('reversal', each.id, each.amountCents),
    ),
  ];
}
