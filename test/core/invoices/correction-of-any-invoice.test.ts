/**
 * Goal: whatever is changed on one line of a final invoice, once it is corrected the customer has
 * been charged, in all, what was right: to the cent, whatever the plan does with late usage.
 */
import fc from 'fast-check';
import type { BillingState } from '../../../src/core/state/billing-state';
import { booksOf } from '../../../src/core/proof/books';
import {
  correctFinal,
  correctUnbilled,
  uninvoicedCorrections,
} from '../../../src/core/invoices/correction';
import { dueLateItems, dueWriteOffs, settleLate } from '../../../src/core/invoices/late-items';
import type { LateUsagePolicy } from '../../../src/core/plans/plan';
import type { Bill } from '../../support/builders/any-bill';
import { bill, changes, linesOf, stateOf } from '../../support/builders/any-bill';
import {
  aBaseLine,
  anInvoice,
  aPeriod,
  aState,
  FEBRUARY,
  MARCH,
  subtotalOf,
} from '../../support/builders/builders';
import type { LateItem } from '../../../src/core/state/period-state';
import { withPeriod } from '../../../src/core/state/periods';
import type { InvoiceLine } from '../../../src/core/invoices/invoice-snapshot';

const policy = fc.constantFrom<LateUsagePolicy>('next_invoice', 'write_off');
const INVOICE = { id: 'in_feb', status: 'paid', totalCents: 0 };

/** January, final, with usage that no line more than one bills: Stripe rounds each by itself. */
const asOne = (of: Bill): Bill => ({
  ...of,
  rates: of.rates.map((rate) => ({ ...rate, parts: rate.parts.slice(0, 1) })),
});

function finalState(of: Bill, lateUsage: LateUsagePolicy): BillingState {
  const state = stateOf(of);
  const january = state.periods[0] ?? aPeriod();
  const terms = { ...january.terms, lateUsage };
  return withPeriod(state, { ...january, terms, phase: 'paid', invoice: INVOICE });
}

function corrected(state: BillingState, lines: readonly InvoiceLine[]): BillingState {
  const invoice = anInvoice({ status: 'paid', lines });
  return correctFinal(state, state.periods[0]?.start ?? 0, invoice, booksOf(state));
}

const sumOf = (items: readonly LateItem[]): bigint =>
  items.reduce((sum, { amountCents }) => sum + BigInt(amountCents), 0n);

/** A credit for a change of plan: a cent of difference in it is Stripe's own rounding. */
const isCredit = ({ proratedPlan, amountCents }: InvoiceLine): boolean =>
  proratedPlan !== undefined && amountCents < 0;

/** A change of plan is known by the other of its lines, if that has an amount. */
const isKnown = (line: InvoiceLine, all: readonly InvoiceLine[]): boolean =>
  line.proratedPlan === undefined ||
  all.some((one) => one !== line && one.proratedPlan !== undefined && one.amountCents !== 0);

const edits: typeof changes = {
  ...changes,
  'another amount of the same usage': (line) => [{ ...line, amountCents: 0 }],
  'a line of a rate that no plan has': (line) => [
    line,
    { ...line, id: 'il_other', rateId: 'other', isBase: false, amountCents: 77 },
  ],
  'a line of somebody’s': (line) => [
    line,
    {
      ...{ id: 'il_fee', rateId: null, isBase: false, quantity: 1, amountCents: 5_000 },
      ...{ start: line.start, end: line.end },
    },
  ],
};

test.each(Object.entries(edits))('%s: corrected, all that is charged is right', (_what, edit) => {
  fc.assert(
    fc.property(bill.map(asOne), fc.nat(), policy, (of, choice, lateUsage) => {
      const right = linesOf(of).map(([, line]) => line);
      const at = choice % right.length;
      const line = right[at] as InvoiceLine;
      const edited = edit(line);
      fc.pre(edited !== undefined && !isCredit(line) && isKnown(line, right));
      const lines = right.flatMap((other, index) => (index === at ? (edited ?? []) : [other]));
      const state = corrected(finalState(of, lateUsage), lines);
      const items = dueLateItems(state, 'in_mar');
      const charged = BigInt(subtotalOf(lines)) + sumOf(items);
      expect(charged).toBe(BigInt(subtotalOf(right)));
      // Nothing of it is given up, and nothing is billed twice.
      expect(dueWriteOffs(state)).toEqual([]);
      const settled = items.reduce(settleLate, state);
      expect(dueLateItems(settled, 'in_apr')).toEqual([]);
      expect(dueWriteOffs(settled)).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test('of a subscription that has ended the very cents are told to be settled by hand', () => {
  fc.assert(
    fc.property(bill.map(asOne), policy, fc.nat(), (of, lateUsage, choice) => {
      const right = linesOf(of).map(([, line]) => line);
      const left = right[choice % right.length] as InvoiceLine;
      fc.pre(isKnown(left, right));
      const lines = right.filter((line) => line !== left);
      const state = { ...corrected(finalState(of, lateUsage), lines) };
      const over: BillingState = {
        ...state,
        ...{ billingStatus: 'ended', periods: state.periods.slice(0, 1) },
      };
      const cents = BigInt(subtotalOf(right) - subtotalOf(lines));
      const told = uninvoicedCorrections(over).map((one) => BigInt(one.cents));
      expect(told).toEqual(cents === 0n ? [] : [cents]);
      expect(dueWriteOffs(over)).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

describe('a discount that took other than its coupon says', () => {
  const couponed = (amountCents: number, couponId?: string) =>
    anInvoice({
      ...{ status: 'paid', discounts: [] },
      discounts: [
        {
          ...{ id: 'di_1', isOnInvoice: true, amountCents },
          ...(couponId !== undefined && { couponId, percentOff: '20' }),
        },
      ],
      lines: [aBaseLine({ discounts: [{ id: 'di_1', amountCents }] })],
    });
  const correction = (state: BillingState) =>
    state.periods.map(({ late }) => late?.correction?.correctionCents);
  const january = aPeriod({ phase: 'paid', invoice: INVOICE });
  const open = aPeriod({ start: FEBRUARY, end: MARCH });
  const final = aState({ periods: [january, open] });

  test.each([
    ['more is charged after all', couponed(680, 'LAUNCH'), 100],
    ['less is given back', couponed(480, 'LAUNCH'), -100],
    ['what no coupon explains is charged after all', couponed(580), 580],
  ])('%s', (_what, invoice, cents) => {
    const state = correctFinal(final, january.start, invoice, booksOf(final));
    expect(correction(state)).toEqual([cents, undefined]);
  });

  test('is carried by the last period, where the invoice bills none', () => {
    const invoice = couponed(680, 'LAUNCH');
    expect(correction(correctUnbilled(final, invoice, booksOf(final)))).toEqual([undefined, 100]);
    const only = aState({ periods: [open] });
    expect(correction(correctUnbilled(only, invoice, booksOf(only)))).toEqual([100]);
  });
});
