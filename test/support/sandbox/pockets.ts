/** The oracle of money: one number a pocket, and what was sold and sent. No movements. */

export interface Sale {
  charge: string;
  left: number;
  isDisputed: boolean;
  /** What its destination charge sent on. */
  transfer: { vendor: number; amount: number; back: number; fee: number; feeBack: number } | null;
}

export interface Sent {
  id: string;
  vendor: number;
  left: number;
}

/** One number a pocket. */
export class Pockets {
  platform = 0;
  vendors = [0, 0];
  stripe = 0;
  banks = 0;
  /** What cardholders have paid and not got back. */
  customers = 0;
  sales: Sale[] = [];
  sent: Sent[] = [];

  sum(): number {
    return this.platform + this.vendors.reduce((a, b) => a + b, 0) + this.stripe + this.banks;
  }
}

export const share = (amount: number, part: number, whole: number): number =>
  Math.floor((2 * amount * part + whole) / (2 * whole));

/** Part of what is there; a little more than all of it, too. */
export const partOf = (whole: number, percent: number): number =>
  Math.max(1, percent > 100 ? whole + 1 : Math.floor((whole * percent) / 100));
