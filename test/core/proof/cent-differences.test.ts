/** Goal: an invoice leaves only if every cent of it is ours, and what is not is named. */
import { booksOf } from '../../../src/core/proof/books';
import type { BillingState } from '../../../src/core/state/billing-state';
import {
  aBaseLine,
  aLateItem,
  aMeteredLine,
  anInvoice,
  aPeriod,
  aState,
  FEBRUARY,
  MARCH,
  someTerms,
  subtotalOf,
} from '../../support/builders/builders';
import { NO_TOKENS } from '../../../src/core/state/periods';
import type { InvoiceLine, InvoiceSnapshot } from '../../../src/core/invoices/invoice-snapshot';
import { describeDifferences, differences } from '../../../src/core/proof/differences';

/** A million tokens over, at $3.00, and one Starter for February. */
const january = aPeriod({
  usedTokens: 1_100_000,
  rates: { overage_standard: { ...NO_TOKENS, tokens: 1_000_000, reportedTokens: 1_000_000 } },
});
const february = aPeriod({ start: FEBRUARY, end: MARCH });
const state = aState({ periods: [january, february] });
const usage = aMeteredLine(1_000_000, { id: 'il_usage', unitAmount: '0.0003' });
const base = aBaseLine({ id: 'il_base' });

const differ = (invoice: InvoiceSnapshot, of: BillingState = state): string => {
  const [period = january] = of.periods;
  const tokens = period.rates.overage_standard?.tokens ?? 0;
  const ledger = { usedTokens: period.usedTokens, vendorTokens: 0 };
  const meter = { overage_standard: tokens };
  return describeDifferences(differences(period, ledger, meter, invoice, booksOf(of)));
};
const withLines = (...lines: InvoiceLine[]) => differ(anInvoice({ lines }));

test('what the ledger says costs what Stripe asks', () => {
  expect(withLines(base, usage)).toBe('');
});

test.each([
  ['for nothing', 0, 'cents of overage_standard: ledger 300, workflow 300, invoice 0'],
  ['for a fortune', 999_999, 'cents of overage_standard: ledger 300, workflow 300, invoice 999999'],
  ['for a cent more', 301, 'cents of overage_standard: ledger 300, workflow 300, invoice 301'],
])('the same tokens %s are found out', (_case, amountCents, expected) => {
  expect(withLines(base, { ...usage, amountCents })).toBe(expected);
});

test('a price that is another one is found out, even where it makes no cent', () => {
  const few = { ...january, rates: { overage_standard: { ...NO_TOKENS, tokens: 10 } } };
  const line = aMeteredLine(10, { unitAmount: '0.0004', amountCents: 0 });
  const used = { ...few, usedTokens: 100_010 };
  const found = differ(anInvoice({ lines: [base, line] }), aState({ periods: [used, february] }));
  expect(found).toBe('price of overage_standard per million: ledger 3, workflow 3, invoice 4');
});

test('without usage no price is looked at', () => {
  const unused = aState({ periods: [aPeriod(), february] });
  const line = aMeteredLine(0, { unitAmount: '0.0004' });
  expect(differ(anInvoice({ lines: [base, line] }), unused)).toBe('');
});

test.each([
  [
    'three of them',
    { quantity: 3, amountCents: 8700 },
    'quantity of starter base price: ledger 1, workflow 1, invoice 3; ' +
      'cents of starter base price: ledger 2900, workflow 2900, invoice 8700',
  ],
  [
    'at $19',
    { amountCents: 1900 },
    'cents of starter base price: ledger 2900, workflow 2900, invoice 1900',
  ],
  [
    'of another plan',
    { planId: 'pro', amountCents: 9900 },
    'cents of line il_base, the base price of a plan that was not held: ledger 0, workflow 0, ' +
      'invoice 9900',
  ],
  [
    'of a period that we do not know',
    { start: MARCH, end: MARCH + 5 },
    'cents of line il_base, the base price of a period that we do not know: ledger 0, workflow 0, ' +
      'invoice 2900',
  ],
  [
    'for nothing',
    { amountCents: 0 },
    'cents of starter base price: ledger 2900, workflow 2900, invoice 0',
  ],
])('a base price %s is found out', (_case, change, expected) => {
  expect(withLines({ ...base, ...change }, usage)).toContain(expected);
});

test('a base price that is missing, or there twice, is found out', () => {
  expect(withLines(usage)).toContain(
    'cents of starter base price: ledger 2900, workflow 2900, invoice 0',
  );
  expect(withLines(base, base, usage)).toContain(
    'starter base price: ledger 1, workflow 1, invoice 2',
  );
});

test('a line twice is two cents for one, and no rounding of Stripe’s explains the second', () => {
  const tokens = 1_700;
  const few = {
    ...january,
    usedTokens: 101_700,
    rates: { overage_standard: { ...NO_TOKENS, tokens } },
  };
  // 0.51 cents, rounded up.
  const line = aMeteredLine(tokens, { amountCents: 1 });
  const found = differ(
    anInvoice({ lines: [base, line, line] }),
    aState({ periods: [few, february] }),
  );
  expect(found).toContain('cents of overage_standard: ledger 1, workflow 1, invoice 2');
});

test('two base prices for one period, of the plan before a change and the one after, are one too much', () => {
  const pro = someTerms({ planId: 'pro', monthlyPriceCents: 9900 });
  const formerPlans = [{ planId: 'starter', monthlyPriceCents: 2900, quantity: 1 }];
  const upgraded = { ...february, terms: pro, formerPlans, formerRates: [] };
  const changed = aState({ periods: [january, upgraded] });
  const ofPro = { ...base, id: 'il_pro', planId: 'pro', amountCents: 9900 };
  for (const one of [base, ofPro])
    expect(differ(anInvoice({ lines: [one, usage] }), changed)).toBe('');
  for (const both of [
    [base, ofPro],
    [ofPro, base],
  ])
    expect(differ(anInvoice({ lines: [...both, usage] }), changed)).toContain('invoice 12800');
});

test('a price of nobody’s in place of the base price is named, and the base price is missed', () => {
  const other = { ...base, isBase: false, planId: undefined, amountCents: 1900 };
  const line = { ...other, description: '1 × Special deal (at $19.00 / month)' };
  expect(withLines(line, usage)).toBe(
    'cents of line il_base "1 × Special deal (at $19.00 / month)", no line of ours: ledger 0, ' +
      'workflow 0, invoice 1900; ' +
      'quantity of starter base price: ledger 1, workflow 1, invoice 0; ' +
      'cents of starter base price: ledger 2900, workflow 2900, invoice 0',
  );
});

test('a base price for as many as the period was sold with is right', () => {
  const sold = someTerms({ baseQuantity: 3, monthlyPriceCents: 8700 });
  const three = aState({ periods: [january, aPeriod({ ...february, terms: sold })] });
  const line = { ...base, quantity: 3, amountCents: 8700 };
  expect(differ(anInvoice({ lines: [line, usage] }), three)).toBe('');
  expect(differ(anInvoice({ lines: [base, usage] }), three)).toContain(
    'ledger 3, workflow 3, invoice 1',
  );
});

test('no base price is missed where no further period begins, or its plan has none', () => {
  const last = aState({ periods: [january] });
  expect(differ(anInvoice({ lines: [usage] }), last)).toBe('');
  const free = aPeriod({ ...february, terms: someTerms({ monthlyPriceCents: 0 }) });
  expect(differ(anInvoice({ lines: [usage] }), aState({ periods: [january, free] }))).toBe('');
});

describe('a line of somebody else’s', () => {
  const foreign = { ...base, id: 'il_setup', isBase: false, description: 'Setup fee' };

  test.each([5_000, -5_000])('of %i cents is named with its id and its text', (amountCents) => {
    expect(withLines(base, usage, { ...foreign, amountCents })).toBe(
      `cents of line il_setup "Setup fee", no line of ours: ledger 0, workflow 0, invoice ${amountCents}`,
    );
  });

  test('that costs nothing is let be', () => {
    expect(withLines(base, usage, { ...foreign, amountCents: 0 })).toBe('');
  });

  test('of a rate that no plan has is named, with its tokens if it has no cents', () => {
    const other = { ...usage, id: 'il_x', rateId: 'other' };
    expect(withLines(base, usage, { ...other, quantity: 7, amountCents: 0 })).toBe(
      'quantity of rate other, which no plan of the period has: ledger 0, workflow 0, invoice 7',
    );
    expect(withLines(base, usage, { ...other, quantity: 0, amountCents: 0 })).toBe('');
  });
});

describe('a rate on several lines', () => {
  const half = (quantity: number, amountCents: number) => ({ ...usage, quantity, amountCents });

  test('may be a cent off for each line more', () => {
    expect(withLines(base, half(500_000, 150), half(500_000, 151))).toBe('');
  });

  test('may not be off by more', () => {
    expect(withLines(base, half(500_000, 150), half(500_000, 152))).toBe(
      'cents of overage_standard: ledger 300, workflow 300, invoice 302',
    );
  });
});

test('a late item that was edited is found out, by its key', () => {
  const item = aLateItem();
  const late = aState({ periods: [{ ...january, lateItems: [item] }, february] });
  const line = { ...base, isBase: false, lateItemKey: item.key, amountCents: item.amountCents };
  expect(differ(anInvoice({ lines: [base, usage, line] }), late)).toBe('');
  const edited = { ...line, amountCents: 1 };
  expect(differ(anInvoice({ lines: [base, usage, edited] }), late)).toBe(
    `cents of ${item.key}: ledger 15, workflow 15, invoice 1`,
  );
});

test('a line that Stripe sums up and does not show is found out', () => {
  const lines = [base, usage];
  const invoice = anInvoice({ lines, subtotalCents: subtotalOf(lines) + 100 });
  expect(differ(invoice)).toBe('cents of all lines: ledger 3200, workflow 3200, invoice 3300');
});

test('tax, a discount on the whole and the customer’s balance are no difference', () => {
  const lines = [base, usage];
  expect(differ(anInvoice({ lines, totalCents: 1234, amountRemainingCents: 0 }))).toBe('');
});

test('an invoice read by a release that did not look at cents is compared as it did', () => {
  const lines = [
    { ...base, amountCents: 1 },
    { ...usage, amountCents: 0 },
  ];
  expect(differ({ ...anInvoice({ lines }), subtotalCents: undefined })).toBe('');
});

test('tokens that differ are told once, and then their cents', () => {
  const more = { quantity: 1_010_000, amountCents: 303 };
  expect(withLines(base, { ...usage, ...more })).toBe(
    'overage_standard: ledger 1000000, workflow 1000000, meter 1000000, invoice 1010000; ' +
      'cents of overage_standard: ledger 300, workflow 300, invoice 303',
  );
});
