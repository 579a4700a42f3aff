/** Goal: an invoice is explained to the cent, or the line that is not is named. */
import { periodsOf } from '../../../src/core/proof/books';
import type { Books } from '../../../src/core/proof/books';
import { NO_TOKENS } from '../../../src/core/state/periods';
import { planPrice } from '../../../src/core/plans/plan';
import { explainInvoice } from '../../../src/core/proof/verification';
import {
  aBaseLine,
  aLine,
  aMeteredLine,
  anInvoice,
  aPeriod,
  aRate,
  FEBRUARY,
  MARCH,
  aLateItem,
  JANUARY,
  someTerms,
  counted,
} from '../../support/builders/builders';

const terms = someTerms({ rates: [aRate({ id: 'premium', models: ['gpt-4o'] }), aRate()] });
const pro = { planId: 'pro', monthlyPriceCents: 9900, quantity: 1 };
const booked = (start: number, end: number) => ({
  ...{ start, end, wholeEnd: end, isPastKnown: true },
  plans: [planPrice(terms), pro],
});
const books: Books = {
  ...periodsOf([booked(JANUARY, FEBRUARY), booked(FEBRUARY, MARCH)]),
  lateItem: (key) => (key === aLateItem().key ? aLateItem() : undefined),
};
const january = counted(aPeriod({ terms }), aLine(150_167));
/** 50,167 tokens at $3.00 a million: 15.0501 cents. */
const metered = aMeteredLine(50_167, { amountCents: 15 });
const right = anInvoice({ totalCents: 2915, lines: [aBaseLine(), metered] });

test('the base price, then each rate: quantity times price, rounded once', () => {
  expect(explainInvoice(right, january, books)).toEqual({
    equal: true,
    totalCents: 2915,
    invoiceTotalCents: 2915,
    lines: [
      {
        what: 'starter base price',
        quantity: 1,
        pricePerMillionTokens: null,
        exactCents: '2900',
        amountCents: 2900,
        invoiceQuantity: 1,
        invoiceAmountCents: 2900,
        equal: true,
      },
      {
        what: 'overage_standard',
        rateId: 'overage_standard',
        quantity: 50_167,
        pricePerMillionTokens: '3.00',
        exactCents: '15.0501',
        amountCents: 15,
        invoiceQuantity: 50_167,
        invoiceAmountCents: 15,
        equal: true,
      },
    ],
  });
});

test('a rate that Stripe splits over two lines is rounded once', () => {
  const lines = [aBaseLine(), { ...metered, quantity: 50_000 }, aMeteredLine(167)];
  expect(explainInvoice({ ...right, lines }, january, books).equal).toBe(true);
});

test('lines of rates without usage are explained by zero', () => {
  const lines = [...right.lines, aMeteredLine(0, { rateId: 'premium' })];
  expect(explainInvoice({ ...right, lines }, january, books).equal).toBe(true);
});

test('the first invoice bills the base price alone', () => {
  const lines = [aBaseLine({ start: JANUARY, end: FEBRUARY })];
  const first = anInvoice({ billingReason: 'subscription_create', totalCents: 2900, lines });
  expect(explainInvoice(first, undefined, books)).toMatchObject({ equal: true });
});

test.each([
  ['a token too many', { lines: [aBaseLine(), { ...metered, quantity: 50_168 }] }],
  ['a cent too many', { totalCents: 2916, lines: [aBaseLine(), { ...metered, amountCents: 16 }] }],
  ['a subtotal that is not the sum', { subtotalCents: 2914 }],
  ['usage that is not on it', { totalCents: 2900, lines: [aBaseLine()] }],
  ['another base price', { lines: [aBaseLine({ amountCents: 9900 }), metered] }],
  ['a rate not of the plan', { lines: [...right.lines, aMeteredLine(1, { rateId: 'payg' })] }],
  ['usage of another period', { lines: [...right.lines, aMeteredLine(5, { end: JANUARY })] }],
  [
    'a line that is none of ours',
    { lines: [...right.lines, aBaseLine({ isBase: false, amountCents: 1 })] },
  ],
  ['the base price of a period that nobody knows', { lines: [aBaseLine({ start: 5 }), metered] }],
])('%s is not explained', (_case, change) => {
  expect(explainInvoice({ ...right, ...change }, january, books).equal).toBe(false);
});

test('a late line is explained by the tokens and the price that it was made of', () => {
  const { key, amountCents } = aLateItem();
  const line = aBaseLine({ isBase: false, lateItemKey: key, amountCents });
  const invoice = anInvoice({ lines: [...right.lines, line] });
  expect(explainInvoice(invoice, january, books)).toMatchObject({ equal: true });
  const dearer = { ...line, amountCents: amountCents + 1 };
  const wrong = anInvoice({ lines: [...right.lines, dearer] });
  expect(explainInvoice(wrong, january, books).equal).toBe(false);
});

test('an upgrade is explained by the rest of the period: the old price back, the new one charged', () => {
  // 21 of 31 days: $19.645 back, $67.0645 charged.
  const rest = { start: JANUARY + 10 * 86_400, end: FEBRUARY, quantity: 1, isBase: false };
  const lines = [
    aBaseLine({ ...rest, proratedPlan: 'starter', amountCents: -1965 }),
    aBaseLine({ ...rest, proratedPlan: 'pro', amountCents: 6706 }),
  ];
  const upgrade = anInvoice({ billingReason: 'subscription_update', totalCents: 4741, lines });
  expect(explainInvoice(upgrade, undefined, books)).toMatchObject({
    equal: true,
    lines: [{ amountCents: -1965 }, { amountCents: 6706 }],
  });
});

test('usage on an invoice that bills no period of ours is not explained', () => {
  const bills = anInvoice({ lines: [metered] });
  expect(explainInvoice(bills, undefined, books).lines).toMatchObject([
    { what: expect.stringContaining('in a period that this invoice does not bill'), equal: false },
  ]);
});

test('usage of a rate that no plan of the period has is not explained by its not being billed', () => {
  const rates = { ...january.rates, gone: { ...NO_TOKENS, tokens: 5 } };
  expect(explainInvoice(right, { ...january, rates }, books).equal).toBe(false);
});

test('the base prices of two periods are two lines', () => {
  const bases = [aBaseLine({ start: JANUARY, end: FEBRUARY }), aBaseLine()];
  const both = anInvoice({ billingReason: 'manual', totalCents: 5800, lines: bases });
  expect(explainInvoice(both, undefined, books)).toMatchObject({ equal: true, totalCents: 5800 });
});

test.each([
  ['dearer', 3900, 1950],
  ['free', 0, 0],
])('a plan that became %s is given back and charged by two lines', (_what, priceCents, cents) => {
  const plans = [planPrice(terms), { ...planPrice(terms), monthlyPriceCents: priceCents }];
  const changed = {
    ...periodsOf([{ ...booked(FEBRUARY, MARCH), plans }]),
    lateItem: () => undefined,
  };
  const rest = { start: FEBRUARY + 14 * 86_400, isBase: false, proratedPlan: 'starter' };
  const lines = [
    aBaseLine({ ...rest, amountCents: -1450 }),
    aBaseLine({ ...rest, amountCents: cents }),
  ];
  const invoice = anInvoice({ billingReason: 'subscription_update', lines });
  expect(explainInvoice(invoice, undefined, changed)).toMatchObject({
    ...{ equal: true, lines: [{ amountCents: -1450 }, { amountCents: cents }] },
  });
});

test('a late line shows the exact cents that were rounded once', () => {
  const item = aLateItem({ tokens: 50_167 });
  const line = aBaseLine({ isBase: false, lateItemKey: item.key, amountCents: 15 });
  const noted = { ...books, lateItem: () => item };
  expect(explainInvoice(anInvoice({ lines: [line] }), undefined, noted).lines).toMatchObject([
    { exactCents: '15.0501', amountCents: 15, equal: true },
  ]);
});

test('an invoice without lines has nothing to explain', () => {
  const empty = anInvoice({ lines: [], totalCents: 0 });
  expect(explainInvoice(empty, undefined, books)).toMatchObject({ equal: true, lines: [] });
});
