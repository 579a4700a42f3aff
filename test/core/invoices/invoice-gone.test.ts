/** Goal: what an invoice billed that Stripe has not any more is known in cents until decided. */
import {
  describeGoneInvoice,
  goneInvoice,
  goneInvoiceCents,
  isGone,
  noteGoneInvoice,
  periodOfGone,
  writeOffGoneInvoice,
} from '../../../src/core/invoices/invoice-gone';
import {
  aLateItem,
  anInvoice,
  aPeriod,
  aState,
  FEBRUARY,
  MARCH,
} from '../../support/builders/builders';
import { NO_TOKENS } from '../../../src/core/state/periods';

/** 50,000 tokens at $3.00 a million are 15 cents; so is the late item. */
const rates = { overage_standard: { ...NO_TOKENS, tokens: 50_000 } };
const invoice = { id: 'in_feb', status: 'draft', totalCents: 2930 };
const january = aPeriod({ phase: 'reconciled', rates, invoice, held: { finalizesAt: null } });
const february = aPeriod({ start: FEBRUARY, end: MARCH });
const state = aState({ periods: [january, february] });

test('an invoice that is gone is read as nothing, and known by that', () => {
  expect(isGone(goneInvoice('in_feb'))).toBe(true);
  expect(isGone(anInvoice())).toBe(false);
  expect(goneInvoice('in_feb')).toEqual({
    ...{ id: 'in_feb', status: 'deleted', subscriptionId: null, billingReason: null, lines: [] },
    ...{ totalCents: 0, subtotalCents: 0, amountRemainingCents: 0, attemptCount: 0 },
    ...{ autoAdvance: false, finalizesAt: null, finalizedAt: null, nextPaymentAttempt: null },
    ...{ finalizationError: null, isOnTestClock: false },
  });
});

test('the period is the one whose invoice it was', () => {
  expect(periodOfGone(state, 'in_feb')).toBe(january);
  expect(periodOfGone(state, 'in_mar')).toBeUndefined();
});

test('nothing is compared or held any more, and what is counted stays the period’s', () => {
  const gone = { ...invoice, status: 'deleted' };
  expect(noteGoneInvoice(state, january).periods).toEqual([
    { ...january, phase: 'closing', held: undefined, invoice: gone },
    february,
  ]);
  const final = { ...january, phase: 'finalized' as const };
  expect(noteGoneInvoice(state, final).periods[0]?.phase).toBe('finalized');
});

test('a period that never had one is as it was', () => {
  expect(noteGoneInvoice(state, february)).toBe(state);
});

test('its value is that of its tokens and of the late usage that was on it', () => {
  expect(goneInvoiceCents(january)).toBe('15');
  expect(goneInvoiceCents({ ...january, lateItems: [aLateItem(), aLateItem()] })).toBe('45');
});

test('the operator reads which invoice, what its tokens are worth and what it came to', () => {
  expect(describeGoneInvoice(january)).toBe(
    "Stripe has no invoice in_feb any more, or our key is another account's: it billed a period " +
      'whose tokens are worth 15 cents, and came to 2930 cents when it was last read. Invoice ' +
      'them by hand, then write_off; or mend the key, then retry.',
  );
  expect(describeGoneInvoice(february)).toMatch(/no invoice {2}any.*worth 0 cents.*to 0 cents/);
});

test('given up, the period is put away with what was decided', () => {
  const { periods, archived } = writeOffGoneInvoice(state, january, 'by hand');
  expect(periods).toEqual([february]);
  expect(archived).toEqual([{ ...january, phase: 'void', settlement: 'by hand' }]);
});
