/** Tells who gets what of a charge, and what of it stays with them when money comes back. */
import { DomainError, invariant } from '../errors';
import { percentOfCents, proportionOfCents, splitByLargestRemainder } from '../money';
import type { PaidCharge, PaidLine, ShareAmounts, Split, VendorShare } from './payout';
import type { VendorPolicy } from '../plans/catalog';

const DAY_SECONDS = 24 * 60 * 60;

/**
 * Splits a charge over those whose lines it pays, by the rule of decision 17. An invoice may be
 * paid by several charges: `earlierCents` is what those before this one have paid, so that together
 * they pay no line twice. The tokens are told with the first.
 */
export function splitCharge(
  charge: PaidCharge,
  lines: readonly PaidLine[],
  policies: readonly VendorPolicy[],
  earlierCents = 0,
): Split {
  // The platform is last, and so are its cents when remainders are equal.
  const vendors = [...new Set(lines.flatMap(({ vendor }) => vendor ?? []))].sort();
  const weights = weightsOf(lines, vendors);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const paidCents = Math.min(charge.amountCents, Math.max(0, total - earlierCents));
  const parts = splitByLargestRemainder(paidCents, weights);
  const shares = vendors.map((vendor, at) =>
    shareOf(charge, ownedBy(lines, vendor), policyOf(policies, vendor), parts[at] ?? 0),
  );
  const split: Split = {
    shares: earlierCents > 0 ? shares.map((share) => ({ ...share, tokens: 0 })) : shares,
    platformCents: parts[vendors.length] ?? 0,
    unallocatedCents: charge.amountCents - paidCents,
  };
  assertWhole(charge, split);
  return split;
}

/** What is credited to a vendor beyond what it sold, the platform bears, and no other vendor. */
function weightsOf(lines: readonly PaidLine[], vendors: readonly string[]): number[] {
  const sums = vendors.map((vendor) => sumOf(ownedBy(lines, vendor)));
  const credited = sums.reduce((sum, cents) => sum + Math.min(0, cents), 0);
  const platform = sumOf(ownedBy(lines, null)) + credited;
  return [...sums, platform].map((cents) => Math.max(0, cents));
}

function shareOf(
  charge: PaidCharge,
  lines: readonly PaidLine[],
  policy: VendorPolicy,
  grossCents: number,
): VendorShare {
  const feeCents = percentOfCents(grossCents, policy.feePercent);
  const ofTheMonth = lines.filter(({ isLate }) => !isLate);
  const dated = ofTheMonth.length > 0 ? ofTheMonth : lines;
  return {
    vendor: policy.vendor,
    chargeId: charge.chargeId,
    feeOnRefund: policy.feeOnRefund,
    grossCents,
    feeCents,
    shareCents: grossCents - feeCents,
    tokens: lines.reduce((sum, line) => sum + line.tokens, 0),
    periodStart: Math.min(...dated.map(({ periodStart }) => periodStart)),
    periodEnd: Math.max(...dated.map(({ periodEnd }) => periodEnd)),
    releaseAt: charge.paidAt + policy.holdbackDays * DAY_SECONDS,
  };
}

const ownedBy = (lines: readonly PaidLine[], owner: string | null) =>
  lines.filter(({ vendor }) => vendor === owner);

const sumOf = (lines: readonly PaidLine[]) =>
  lines.reduce((sum, { amountCents }) => sum + amountCents, 0);

function policyOf(policies: readonly VendorPolicy[], vendor: string): VendorPolicy {
  const policy = policies.find((one) => one.vendor === vendor);
  if (policy) return policy;
  throw new DomainError(
    'vendor_not_found',
    `A paid invoice has lines of vendor ${JSON.stringify(vendor)}, whom the catalog does not have: ` +
      'put the vendor back, so that it is known what its fee is.',
    { vendor },
  );
}

function assertWhole(charge: PaidCharge, { shares, platformCents, unallocatedCents }: Split): void {
  const soldCents = shares.reduce((sum, share) => sum + share.feeCents + share.shareCents, 0);
  invariant(
    soldCents + platformCents + unallocatedCents === charge.amountCents,
    `Charge ${charge.chargeId} of ${charge.amountCents} cents is split into ${soldCents} of vendors, ` +
      `${platformCents} of the platform and ${unallocatedCents} of no line.`,
  );
  const amounts = shares.flatMap((share) => [share.grossCents, share.feeCents, share.shareCents]);
  invariant(
    [...amounts, platformCents, unallocatedCents].every((cents) => cents >= 0),
    `A part of charge ${charge.chargeId} is negative: ${JSON.stringify(amounts)}.`,
  );
}

/**
 * Leaves what is left of a share, and of the fee, once part of the charge came back. With `kept`,
 * the vendor bears the customer's whole part, as far as the share goes; only then does the fee.
 */
export function shareToKeep(
  share: ShareAmounts,
  charge: PaidCharge,
  { feeOnRefund }: Pick<VendorPolicy, 'feeOnRefund'>,
): ShareAmounts {
  const { amountCents, refundedCents, disputedCents } = charge;
  const backCents = Math.min(amountCents, refundedCents + disputedCents);
  if (backCents === 0)
    return {
      grossCents: share.grossCents,
      feeCents: share.feeCents,
      shareCents: share.shareCents,
    };
  const refundedPart = (cents: number) => proportionOfCents(cents, backCents, amountCents);
  const grossCents = share.grossCents - refundedPart(share.grossCents);
  const shareCents =
    feeOnRefund === 'kept'
      ? Math.max(0, share.shareCents - refundedPart(share.grossCents))
      : share.shareCents - refundedPart(share.shareCents);
  const feeCents = grossCents - shareCents;
  invariant(
    shareCents >= 0 && feeCents >= 0 && feeCents <= share.feeCents,
    `Of a fee of ${share.feeCents} and a share of ${share.shareCents} cents, ${feeCents} and ` +
      `${shareCents} would stay.`,
  );
  return { grossCents, feeCents, shareCents };
}
