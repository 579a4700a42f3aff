/** Goal: an invoice is explained to the cent, or the line that is not is named. */
import { explainInvoice } from '../../src/core/verification';
import {
  aBaseLine,
  aLine,
  aMeteredLine,
  anInvoice,
  aPeriod,
  aRate,
  FEBRUARY,
  JANUARY,
  someTerms,
  counted,
} from '../support/builders';

const terms = someTerms({ rates: [aRate({ id: 'premium', models: ['gpt-4o'] }), aRate()] });
const termsAt = (second: number) => ([JANUARY, FEBRUARY].includes(second) ? terms : undefined);
const january = counted(aPeriod({ terms }), aLine(150_167));
/** 50,167 tokens at $3.00 a million: 15.0501 cents. */
const metered = aMeteredLine(50_167, { amountCents: 15 });
const right = anInvoice({ totalCents: 2915, lines: [aBaseLine(), metered] });

test('the base price, then each rate: quantity times price, rounded once', () => {
  expect(explainInvoice(right, january, termsAt)).toEqual({
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
  expect(explainInvoice({ ...right, lines }, january, termsAt).equal).toBe(true);
});

test('lines of rates without usage are explained by zero', () => {
  const lines = [...right.lines, aMeteredLine(0, { rateId: 'premium' })];
  expect(explainInvoice({ ...right, lines }, january, termsAt).equal).toBe(true);
});

test('the first invoice bills the base price alone', () => {
  const lines = [aBaseLine({ start: JANUARY, end: FEBRUARY })];
  const first = anInvoice({ billingReason: 'subscription_create', totalCents: 2900, lines });
  expect(explainInvoice(first, undefined, termsAt)).toMatchObject({ equal: true });
});

test.each([
  ['a token too many', { lines: [aBaseLine(), { ...metered, quantity: 50_168 }] }],
  ['a cent too many', { totalCents: 2916, lines: [aBaseLine(), { ...metered, amountCents: 16 }] }],
  ['a total that is not the sum', { totalCents: 2914 }],
  ['usage that is not on it', { totalCents: 2900, lines: [aBaseLine()] }],
  ['another base price', { lines: [aBaseLine({ amountCents: 9900 }), metered] }],
  ['a rate not of the plan', { lines: [...right.lines, aMeteredLine(1, { rateId: 'payg' })] }],
  ['usage of another period', { lines: [...right.lines, aMeteredLine(5, { end: JANUARY })] }],
  [
    'a line that is none of ours',
    { lines: [...right.lines, aBaseLine({ isBase: false, amountCents: 0 })] },
  ],
  ['the base price of a period that nobody knows', { lines: [aBaseLine({ start: 5 }), metered] }],
])('%s is not explained', (_case, change) => {
  expect(explainInvoice({ ...right, ...change }, january, termsAt).equal).toBe(false);
});
