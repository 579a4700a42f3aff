/** One vendor's account as Stripe has it, in a test without Stripe: transfers, and a balance. */
import type { MadeTransfer } from '../../../src/core/vendors/vendor-books';

interface Transfer {
  readonly id: string;
  readonly chargeId: string;
  readonly amountCents: number;
  readonly reversals: { readonly id: string; readonly amountCents: number }[];
}

export class VendorAtStripe {
  isActive = true;
  balanceCents = 0;
  private readonly transfers: Transfer[] = [];
  private movements = 0;

  transfer(chargeId: string, amountCents: number): void {
    if (!this.isActive) throw new Error('the account may not receive transfers');
    if (amountCents <= 0) throw new Error(`a transfer of ${amountCents} cents`);
    this.transfers.push({ id: this.nextId('tr'), chargeId, amountCents, reversals: [] });
    this.balanceCents += amountCents;
  }

  /** False: the balance does not cover it, and nothing has moved. */
  reverse(chargeId: string, amountCents: number): boolean {
    if (amountCents <= 0) throw new Error(`a reversal of ${amountCents} cents`);
    if (this.balanceCents < amountCents) return false;
    let left = amountCents;
    for (const transfer of this.ofCharge(chargeId)) {
      const part = Math.min(left, transfer.amountCents - reversedOf(transfer));
      if (part > 0) transfer.reversals.push({ id: this.nextId('trr'), amountCents: part });
      left -= part;
    }
    if (left > 0) throw new Error(`${left} cents more would be reversed than were transferred`);
    this.balanceCents -= amountCents;
    return true;
  }

  /** The vendor's bank gets its balance: what is there no more can't be reversed. */
  payOut(): void {
    this.balanceCents = 0;
  }

  madeFor(vendor: string, chargeId: string): MadeTransfer[] {
    return this.ofCharge(chargeId).map((transfer) => ({ ...structuredClone(transfer), vendor }));
  }

  /** Transferred less reversed, of all charges. */
  receivedCents(): number {
    return this.transfers.reduce((sum, each) => sum + each.amountCents - reversedOf(each), 0);
  }

  private ofCharge(chargeId: string): Transfer[] {
    return this.transfers.filter((transfer) => transfer.chargeId === chargeId);
  }

  private nextId(kind: string): string {
    this.movements += 1;
    return `${kind}_${this.movements}`;
  }
}

const reversedOf = ({ reversals }: Transfer): number =>
  reversals.reduce((sum, { amountCents }) => sum + amountCents, 0);
