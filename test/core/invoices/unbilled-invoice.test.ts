/** Goal: an invoice that bills no period is explained once it has left, and once. */
import {
  isExplained,
  isToExplain,
  noteExplained,
} from '../../../src/core/invoices/unbilled-invoice';
import { booksOf } from '../../../src/core/proof/books';
import { correctUnbilled } from '../../../src/core/invoices/correction';
import {
  aBaseLine,
  anInvoice,
  aPeriod,
  aState,
  FEBRUARY,
  JANUARY,
  MARCH,
} from '../../support/builders/builders';
import type { InvoiceSnapshot } from '../../../src/core/invoices/invoice-snapshot';

const left = (is: Partial<InvoiceSnapshot> = {}) =>
  anInvoice({ status: 'paid', billingReason: 'subscription_create', ...is });

test.each<[string, Partial<InvoiceSnapshot>, boolean]>([
  ['the first invoice, once paid', {}, true],
  ['or finalized', { status: 'open' }, true],
  ['or given up', { status: 'uncollectible' }, true],
  ['not as a draft', { status: 'draft' }, false],
  ['not when it is void', { status: 'void' }, false],
  ['what Stripe makes at a threshold', { billingReason: 'subscription_threshold' }, true],
  ['a change that is paid', { billingReason: 'subscription_update' }, true],
  [
    'not one that waits for its payment',
    { billingReason: 'subscription_update', status: 'open' },
    false,
  ],
  [
    'a change that nobody will pay',
    { billingReason: 'subscription_update', status: 'uncollectible' },
    true,
  ],
  [
    'not a renewal, which is explained as it closes',
    { billingReason: 'subscription_cycle' },
    false,
  ],
  ['not what somebody invoices by hand', { billingReason: 'manual' }, false],
  ['not a preview', { billingReason: 'upcoming' }, false],
  ['not one without a reason', { billingReason: null }, false],
  ['not as 0.1.0 read it, without cents', { subtotalCents: undefined }, false],
  [
    'not one of a time that we know nothing of',
    { lines: [aBaseLine(), aBaseLine({ start: JANUARY - 1 })] },
    false,
  ],
  ['one of our very first second', { lines: [aBaseLine({ start: JANUARY })] }, true],
])('explained is %s', (_case, is, isTo) => {
  expect(isToExplain(aState(), left(is))).toBe(isTo);
});

test('nothing is explained of a customer without a period', () => {
  expect(isToExplain(aState({ periods: [] }), left())).toBe(false);
  expect(isToExplain(aState({ periods: [] }), left({ lines: [] }))).toBe(true);
});

test('one that was found right is not explained again, one that an operator settled is', () => {
  expect(isToExplain(noteExplained(aState(), 'in_feb', ''), left())).toBe(false);
  expect(isToExplain(noteExplained(aState(), 'in_feb', 'cents of x'), left())).toBe(true);
  expect(isToExplain(noteExplained(aState(), 'in_jan', ''), left())).toBe(true);
});

test('remembered is what was found last, of the last ten invoices', () => {
  const ids = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((number) => `in_${number}`);
  const all = ids.reduce((state, id) => noteExplained(state, id, ''), aState());
  expect(ids.every((id) => isExplained(all, id, ''))).toBe(true);
  const again = noteExplained(all, 'in_1', 'settled');
  expect(isExplained(again, 'in_1', '')).toBe(false);
  expect(again.explainedUnbilled?.map(({ id }) => id)).toEqual([...ids.slice(1), 'in_1']);
  const more = noteExplained(again, 'in_11', '');
  expect(more.explainedUnbilled).toHaveLength(10);
  expect(isExplained(more, 'in_2', '')).toBe(false);
  expect(isExplained(more, 'in_3', '')).toBe(true);
});

test('what was found last replaces what was found before', () => {
  const once = noteExplained(aState(), 'in_1', 'cents of x');
  expect(once.explainedUnbilled).toEqual([{ id: 'in_1', settlement: 'cents of x' }]);
  const twice = noteExplained(once, 'in_1', '');
  expect(twice.explainedUnbilled).toEqual([{ id: 'in_1', settlement: '' }]);
});

test('of a customer of whom nothing is remembered, nothing was explained', () => {
  expect(isExplained({}, 'in_1', '')).toBe(false);
});

const february = aPeriod({ start: FEBRUARY, end: MARCH });

describe('an invoice that bills no period is corrected', () => {
  const wrong = anInvoice({
    ...{ status: 'paid', billingReason: 'manual' },
    lines: [aBaseLine({ isBase: false, amountCents: 500 })],
    subtotalCents: 520,
  });

  test('by a line of the current period, all that nothing explains is given back', () => {
    const state = aState({ periods: [aPeriod({ phase: 'paid' }), february] });
    const after = correctUnbilled(state, wrong, booksOf(state));
    expect(after.periods[1]?.late).toEqual({
      correction: { tokens: 0, settledTokens: 0, settlements: 0, correctionCents: -520 },
    });
    expect(after.periods[0]?.late).toBeUndefined();
  });

  test('and of a customer without a period by nobody', () => {
    const state = aState({ periods: [] });
    expect(correctUnbilled(state, wrong, booksOf(state))).toBe(state);
  });
});

test('of long settlements as many are remembered as 24 KiB hold, and the latest always', () => {
  const remembered = (...lengths: number[]) =>
    lengths
      .map((length, at) => [`in_${at}`, 'x'.repeat(length)] as const)
      .reduce((state, [id, settlement]) => noteExplained(state, id, settlement), aState())
      .explainedUnbilled?.map(({ id }) => id);
  expect(remembered(10_000, 10_000, 10_000)).toEqual(['in_1', 'in_2']);
  expect(remembered(1, 30_000)).toEqual(['in_1']);
  // Two entries have 61 bytes besides their settlements.
  expect(remembered(4_000, 24 * 1024 - 61 - 4_000)).toEqual(['in_0', 'in_1']);
  expect(remembered(4_000, 24 * 1024 - 61 - 3_999)).toEqual(['in_1']);
});
