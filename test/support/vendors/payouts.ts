/** Charges, lines and policies of vendors, for tests of what they are paid. */
import type { PaidCharge, PaidLine, VendorShare } from '../../../src/core/vendors/payout';
import type { Sale } from '../../../src/core/vendors/vendor-books';
import { FEBRUARY, JANUARY } from '../builders/builders';
import type { VendorPolicy } from '../../../src/core/plans/catalog';

export const DAY = 24 * 60 * 60;

export const aPolicy = (change: Partial<VendorPolicy> = {}): VendorPolicy => ({
  vendor: 'acme',
  feePercent: '15',
  feeOnRefund: 'returned',
  holdbackDays: 0,
  minimumPayoutCents: 0,
  ...change,
});

export const aCharge = (change: Partial<PaidCharge> = {}): PaidCharge => ({
  chargeId: 'ch_1',
  amountCents: 5_000,
  refundedCents: 0,
  disputedCents: 0,
  paidAt: FEBRUARY,
  ...change,
});

export const aPaidLine = (vendor: string | null, amountCents: number, tokens = 0): PaidLine => ({
  vendor,
  amountCents,
  tokens,
  periodStart: JANUARY,
  periodEnd: FEBRUARY,
});

/** $50.00 at 15 %: $7.50 to the platform, $42.50 to the vendor. */
export const aShare = (change: Partial<VendorShare> = {}): VendorShare => ({
  vendor: 'acme',
  chargeId: 'ch_1',
  feeOnRefund: 'returned',
  grossCents: 5_000,
  feeCents: 750,
  shareCents: 4_250,
  tokens: 1_000,
  periodStart: JANUARY,
  periodEnd: FEBRUARY,
  releaseAt: FEBRUARY,
  ...change,
});

/** A charge that pays for one vendor only. */
export const aSale = (charge: Partial<PaidCharge> = {}, share: Partial<VendorShare> = {}): Sale => {
  const paid = aCharge(charge);
  return {
    customer: 'ada',
    invoiceId: 'in_1',
    charge: paid,
    share: aShare({ chargeId: paid.chargeId, ...share }),
  };
};
