/** The outside of payouts, in memory: charges, one vendor's account at Stripe, and its books. */
import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import type { Activities } from '../../../activities';
import { splitCharge } from '../../../src/core/vendors/payout-split';
import type { PaidCharge } from '../../../src/core/vendors/payout';
import {
  balanceOf,
  duesToBook,
  findPosition,
  offsetToBook,
  positionsOf,
} from '../../../src/core/vendors/payout-position';
import { earningsToBook, movementsToBook } from '../../../src/core/vendors/vendor-books';
import type { VendorEntry } from '../../../src/core/vendors/vendor-books';
import { aCharge, aPaidLine, aPolicy } from './payouts';
import { VendorAtStripe } from './vendor-at-stripe';
import type { VendorPolicy } from '../../../src/core/plans/catalog';

export class PayoutWorld {
  readonly account = new VendorAtStripe();
  readonly charges = new Map<string, PaidCharge>();
  booked: VendorEntry[] = [];
  policy: VendorPolicy = aPolicy();
  /** Stripe refuses everything, or every movement, for a reason that we did not foresee. */
  isRefusing = false;
  isRefusingMoves = false;
  /** Stripe has not what was paid any more. */
  isGone = false;
  /** Stripe does not show yet what it has moved. */
  isLagging = false;

  constructor(private readonly env: { currentTimeMs(): Promise<number> }) {}

  /** $50.00 for usage of acme, paid now; its id is that of its payout as well. */
  async sell(change: Partial<PaidCharge> = {}): Promise<string> {
    const chargeId = `ch_${randomUUID().slice(0, 8)}`;
    this.charges.set(chargeId, aCharge({ chargeId, paidAt: await this.now(), ...change }));
    return chargeId;
  }

  change(chargeId: string, change: Partial<PaidCharge>): void {
    const charge = this.charges.get(chargeId);
    if (charge) this.charges.set(chargeId, { ...charge, ...change });
  }

  async now(): Promise<number> {
    return Math.floor((await this.env.currentTimeMs()) / 1000);
  }

  get activities(): Partial<Activities> {
    return { ...this.atStripe(), ...this.books() };
  }

  private atStripe(): Partial<Activities> {
    const refuse = (isRefused: boolean) => {
      if (isRefused) throw ApplicationFailure.nonRetryable('400', 'stripe_invalid_request');
    };
    const assertTaken = () => refuse(this.isRefusing || this.isRefusingMoves);
    return {
      readPayout: async ({ customer, source }) => {
        refuse(this.isRefusing);
        if (this.isGone)
          return { customer, invoiceId: null, sales: [], now: await this.now(), isGone: true };
        const charge = this.charges.get(source) as PaidCharge;
        const lines = [aPaidLine('acme', charge.amountCents)];
        const { shares } = splitCharge(charge, lines, [this.policy]);
        const transfers = this.isLagging ? [] : this.account.madeFor('acme', source);
        return {
          ...{ customer, invoiceId: null, now: await this.now() },
          sales: [{ charge, shares, transfers }],
        };
      },
      transferShare: async ({ chargeId, cents }) => {
        assertTaken();
        if (!this.account.isActive) return 'restricted';
        this.account.transfer(chargeId, cents);
        return 'made';
      },
      reverseTransfer: async ({ chargeId, cents }) => {
        assertTaken();
        return this.account.reverse(chargeId, cents) ? 'made' : 'insufficient';
      },
    };
  }

  private books(): Partial<Activities> {
    return {
      bookPayout: async ({ customer, facts }) => {
        for (const { charge, shares, transfers } of facts.sales) {
          const sale = { customer, invoiceId: null, charge, share: shares[0] ?? null };
          this.booked.push(...earningsToBook(this.booked, 'acme', sale));
          this.booked.push(...movementsToBook(this.booked, transfers));
        }
        const { now } = facts;
        const positions = positionsOf(this.booked);
        const { minimumPayoutCents } = this.policy;
        const transfersActive = this.account.isActive;
        const balance = balanceOf(positions, { transfersActive, minimumPayoutCents }, now);
        return facts.sales.flatMap(({ charge }) => {
          const position = findPosition(positions, charge.chargeId);
          return position ? [{ position, account: balance, now }] : [];
        });
      },
      bookMove: async ({ chargeId, now, move }) => {
        const { debtChargeId } = { debtChargeId: '', ...move };
        const entries =
          move.kind === 'offset'
            ? offsetToBook(this.booked, { debtChargeId, chargeId })
            : duesToBook(this.booked, this.policy.minimumPayoutCents, now);
        this.booked.push(...entries);
        const touched = new Set(entries.map((entry) => entry.chargeId));
        return positionsOf(this.booked).filter((one) => touched.has(one.chargeId));
      },
    };
  }
}
