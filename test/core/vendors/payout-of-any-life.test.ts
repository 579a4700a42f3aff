/**
 * Goal: whatever is refunded and disputed, in whatever order, while the account may receive
 * transfers or not and its balance covers a reversal or not: what was transferred and not reversed
 * is what the vendor should have, and never is more reversed than was transferred.
 */
import fc from 'fast-check';
import type { PaidCharge } from '../../../src/core/vendors/payout';
import {
  balanceOf,
  duesToBook,
  findPosition,
  nextMove,
  offsetToBook,
  positionsOf,
} from '../../../src/core/vendors/payout-position';
import type { VendorEntry } from '../../../src/core/vendors/vendor-books';
import { earningsToBook, movementsToBook } from '../../../src/core/vendors/vendor-books';
import { FEBRUARY } from '../../support/builders/builders';
import { aCharge, aShare, DAY } from '../../support/vendors/payouts';
import { pencilKept } from '../../support/vendors/share-pencil';
import { VendorAtStripe } from '../../support/vendors/vendor-at-stripe';

interface Terms {
  readonly amountCents: number;
  readonly grossCents: number;
  readonly feeCents: number;
  readonly feeOnRefund: 'returned' | 'kept';
  readonly holdbackDays: number;
}

type Step =
  | { readonly do: 'pay' | 'refund' | 'dispute' | 'win' | 'settle'; readonly charge: number }
  | { readonly do: 'restrict' | 'enable' | 'payOut' | 'nextDay' };

const CHARGES = 4;
/** So much that it pays every debt, and reaches every minimum. */
const LARGE = 10_000_000;

class Life {
  readonly stripe = new VendorAtStripe();
  readonly charges = new Map<number, PaidCharge>();
  booked: VendorEntry[] = [];
  now = FEBRUARY;

  constructor(
    private readonly terms: readonly Terms[],
    readonly minimumPayoutCents: number,
  ) {}

  play(step: Step): void {
    if ('charge' in step) this.happenTo(step.charge, step.do);
    else if (step.do === 'payOut') this.stripe.payOut();
    else if (step.do === 'nextDay') this.now += DAY;
    else this.stripe.isActive = step.do === 'enable';
  }

  private happenTo(number: number, what: string): void {
    const charge = this.charges.get(number);
    const { amountCents } = this.terms[number]!;
    const third = Math.ceil(amountCents / 3);
    if (!charge) {
      const paid = aCharge({ chargeId: `ch_${number}`, amountCents, paidAt: this.now });
      if (what === 'pay') this.charges.set(number, paid);
      return;
    }
    const { refundedCents } = charge;
    const change =
      what === 'refund'
        ? { refundedCents: Math.min(amountCents, refundedCents + third) }
        : what === 'dispute'
          ? { disputedCents: amountCents }
          : what === 'win'
            ? { disputedCents: 0 }
            : {};
    this.charges.set(number, { ...charge, ...change });
    if (what === 'settle') this.settle(number);
  }

  /** What `payout:{invoice}` does: books and moves until there is nothing more that it can do. */
  settle(number: number): void {
    for (let steps = 0; this.stepOf(number); steps += 1)
      if (steps > 50) throw new Error('it never ends');
  }

  private stepOf(number: number): boolean {
    const { chargeId } = this.charges.get(number)!;
    this.readAgain(number);
    const positions = positionsOf(this.booked);
    const { isActive: transfersActive } = this.stripe;
    const { minimumPayoutCents } = this;
    const balance = balanceOf(positions, { transfersActive, minimumPayoutCents }, this.now);
    const move = nextMove(findPosition(positions, chargeId)!, balance, this.now);
    switch (move.kind) {
      case 'offset':
        this.book(offsetToBook(this.booked, { chargeId, ...move }));
        return true;
      case 'due':
        this.book(duesToBook(this.booked, minimumPayoutCents, this.now));
        return true;
      case 'transfer':
        this.stripe.transfer(chargeId, move.cents);
        return true;
      case 'reverse':
        return this.stripe.reverse(chargeId, move.cents);
      default:
        return false;
    }
  }

  private readAgain(number: number): void {
    const charge = this.charges.get(number)!;
    const { grossCents, feeCents, feeOnRefund, holdbackDays } = this.terms[number]!;
    const share = aShare({
      ...{ chargeId: charge.chargeId, grossCents, feeCents, feeOnRefund },
      shareCents: grossCents - feeCents,
      releaseAt: charge.paidAt + holdbackDays * DAY,
    });
    const sale = { customer: 'ada', invoiceId: `in_${number}`, charge, share };
    this.book(earningsToBook(this.booked, 'acme', sale));
    this.book(movementsToBook(this.booked, this.stripe.madeFor('acme', charge.chargeId)));
  }

  private book(entries: readonly VendorEntry[]): void {
    this.booked = [...this.booked, ...entries];
    expect(new Set(this.booked.map(({ key }) => key)).size).toBe(this.booked.length);
  }

  settleAll(): void {
    for (let round = 0; round < 3; round += 1)
      for (const number of this.charges.keys()) this.settle(number);
  }

  /** By the pencil, of what came back by now. */
  shouldHaveCents(): number {
    return [...this.charges].reduce((sum, [number, charge]) => {
      const { grossCents, feeCents, feeOnRefund } = this.terms[number]!;
      const backCents = charge.refundedCents + charge.disputedCents;
      const share = { grossCents, shareCents: grossCents - feeCents };
      return sum + pencilKept(share, { ...charge, backCents }, feeOnRefund);
    }, 0);
  }

  owed(isDebt: boolean): number {
    return positionsOf(this.booked)
      .filter(({ owedCents }) => owedCents < 0 === isDebt)
      .reduce((sum, { owedCents }) => sum + Math.abs(owedCents), 0);
  }
}

const anyTerms: fc.Arbitrary<Terms> = fc
  .tuple(fc.integer({ min: 1, max: 5_000 }), fc.nat(100), fc.nat(100))
  .chain(([amountCents, ofAmount, ofGross]) => {
    const grossCents = Math.floor((amountCents * ofAmount) / 100);
    return fc.record({
      amountCents: fc.constant(amountCents),
      grossCents: fc.constant(grossCents),
      feeCents: fc.constant(Math.floor((grossCents * ofGross) / 100)),
      feeOnRefund: fc.constantFrom('returned' as const, 'kept' as const),
      holdbackDays: fc.constantFrom(0, 0, 2),
    });
  });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('pay' as const, 'refund' as const, 'dispute' as const, 'win' as const),
      charge: fc.nat(CHARGES - 1),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('settle' as const), charge: fc.nat(CHARGES - 1) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom(
        ...(['restrict', 'enable', 'payOut', 'nextDay'] as const satisfies Step['do'][]),
      ),
    }),
  },
);
const anyLife = [
  fc.array(anyTerms, { minLength: CHARGES, maxLength: CHARGES }),
  fc.constantFrom(0, 0, 1_500),
  fc.array(anyStep, { minLength: 5, maxLength: 60 }),
] as const;

function played(terms: readonly Terms[], minimum: number, steps: readonly Step[]): Life {
  const large = { amountCents: LARGE, grossCents: LARGE, feeCents: 0, holdbackDays: 0 };
  const life = new Life([...terms, { ...large, feeOnRefund: 'returned' }], minimum);
  for (const step of steps) life.play(step);
  life.stripe.isActive = true;
  life.now += 30 * DAY;
  life.settleAll();
  return life;
}

test('the vendor has what it should, but for debts that its balance does not cover, and too little to pay', () => {
  fc.assert(
    fc.property(...anyLife, (terms, minimum, steps) => {
      const life = played(terms, minimum, steps);
      const [debts, waiting] = [life.owed(true), life.owed(false)];
      expect(life.stripe.receivedCents()).toBe(life.shouldHaveCents() + debts - waiting);
      expect(waiting === 0 || waiting < minimum).toBe(true);
      expect(waiting === 0 || debts === 0).toBe(true);
    }),
    { numRuns: 600 },
  );
});

test('the next large payout pays every debt: then the vendor has what it should, to the cent', () => {
  fc.assert(
    fc.property(...anyLife, (terms, minimum, steps) => {
      const life = played(terms, minimum, steps);
      life.play({ do: 'pay', charge: CHARGES });
      life.settleAll();
      expect(life.stripe.receivedCents()).toBe(life.shouldHaveCents());
      expect([life.owed(true), life.owed(false)]).toEqual([0, 0]);
    }),
    { numRuns: 600 },
  );
});

test('a balance that does not cover a reversal is a debt, and the next payout is less by it', () => {
  const sold = { amountCents: 5_000, grossCents: 5_000, feeCents: 750, holdbackDays: 0 };
  const life = new Life(
    [
      { ...sold, feeOnRefund: 'returned' },
      { ...sold, feeOnRefund: 'kept' },
    ],
    0,
  );
  const settled = (step: Step) => {
    life.play(step);
    life.settleAll();
    return [life.stripe.receivedCents(), life.owed(true)];
  };
  expect(settled({ do: 'pay', charge: 0 })).toEqual([4_250, 0]);
  life.stripe.payOut();
  expect(settled({ do: 'dispute', charge: 0 })).toEqual([4_250, 4_250]);
  // The second sale's $42.50 pay the debt whole: nothing is transferred.
  expect(settled({ do: 'pay', charge: 1 })).toEqual([4_250, 0]);
  // A third of it comes back, $16.67 of the vendor's, who has been paid by the debt.
  expect(settled({ do: 'refund', charge: 1 })).toEqual([4_250, 1_667]);
  // The dispute is won: 42.50 are owed again, less the debt.
  expect(settled({ do: 'win', charge: 0 })).toEqual([4_250 + 2_583, 0]);
});
