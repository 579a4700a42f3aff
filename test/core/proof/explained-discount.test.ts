/** Goal: what a coupon takes off an invoice is as its terms say, or the draft is held. */
import fc from 'fast-check';
import { differencesInCents } from '../../../src/core/proof/cent-differences';
import { explainDiscounts, totalAfterDiscounts } from '../../../src/core/proof/explained-discount';
import { explainInvoice } from '../../../src/core/proof/verification';
import type { InvoiceDiscount } from '../../../src/core/invoices/invoice-discount';
import type { InvoiceLine, InvoiceSnapshot } from '../../../src/core/invoices/invoice-snapshot';
import { splitByLargestRemainder } from '../../../src/core/money';
import { periodsOf } from '../../../src/core/proof/books';
import { planPrice } from '../../../src/core/plans/plan';
import {
  aBaseLine,
  aLine,
  aMeteredLine,
  anInvoice,
  aPeriod,
  counted,
  FEBRUARY,
  JANUARY,
  MARCH,
  someTerms,
} from '../../support/builders/builders';

const terms = someTerms();
const booked = (start: number, end: number) => ({
  ...{ start, end, wholeEnd: end, isPastKnown: true, plans: [planPrice(terms)] },
});
const books = {
  ...periodsOf([booked(JANUARY, FEBRUARY), booked(FEBRUARY, MARCH)]),
  lateItem: () => undefined,
};
const january = counted(aPeriod({ terms }), aLine(150_167));

const twenty = (amountCents: number, more: Partial<InvoiceDiscount> = {}): InvoiceDiscount => ({
  ...{ id: 'di_1', couponId: 'LAUNCH', percentOff: '20', isOnInvoice: true, amountCents },
  ...more,
});
const off = (amountCents: number, id = 'di_1') => ({ discounts: [{ id, amountCents }] });
const line = (amountCents: number, takenCents?: number, more: Partial<InvoiceLine> = {}) =>
  aBaseLine({ amountCents, ...(takenCents !== undefined && off(takenCents)), ...more });
/** The renewal: 29.00 and 15 cents of usage. */
const renewal = (baseOff: number, usageOff: number, more: Partial<InvoiceSnapshot> = {}) =>
  anInvoice({
    lines: [line(2900, baseOff), aMeteredLine(50_167, { amountCents: 15, ...off(usageOff) })],
    discounts: [twenty(baseOff + usageOff)],
    totalCents: 2915 - baseOff - usageOff,
    ...more,
  });
const found = (invoice: InvoiceSnapshot) => differencesInCents(january, invoice, books);

test('a coupon’s part of each line, metered ones too, is explained, and by which coupon', () => {
  const invoice = renewal(580, 3);
  expect(found(invoice)).toEqual([]);
  expect(explainInvoice(invoice, january, books)).toMatchObject({
    ...{ equal: true, totalCents: 2915 },
    discounts: [
      {
        ...{ what: 'coupon LAUNCH, 20% off', discountId: 'di_1' },
        ...{ amountCents: 583, invoiceAmountCents: 583, equal: true },
      },
    ],
  });
});

test.each<[string, InvoiceSnapshot, object]>([
  ['takes more than its coupon says', renewal(680, 3), { ledger: 583, invoice: 683 }],
  ['takes less than its coupon says', renewal(480, 3), { ledger: 583, invoice: 483 }],
  [
    'leaves out a line that it is for',
    renewal(580, 3, {
      lines: [line(2900, 580), aMeteredLine(50_167, { amountCents: 15 })],
      ...{ discounts: [twenty(580)], totalCents: 2335 },
    }),
    { ledger: 583, invoice: 580 },
  ],
  [
    'takes another sum than its lines',
    renewal(580, 3, { discounts: [twenty(600)], totalCents: 2315 }),
    { ledger: 583, invoice: 600 },
  ],
])('a discount that %s is a difference', (_, invoice, row) => {
  expect(found(invoice)).toMatchObject([{ what: 'cents off by coupon LAUNCH, 20% off', ...row }]);
  expect(explainInvoice(invoice, january, books).equal).toBe(false);
});

test('a total that subtotal and discounts do not come to is a difference', () => {
  const invoice = renewal(580, 3, { totalCents: 2331 });
  expect(found(invoice)).toMatchObject([
    { what: 'cents after discounts', ledger: 2332, invoice: 2331 },
  ]);
});

test('a discount whose coupon Stripe does not tell is explained by nobody', () => {
  const bare = { id: 'di_1', isOnInvoice: true, amountCents: 583 };
  expect(found(renewal(580, 3, { discounts: [bare] }))).toMatchObject([
    { what: 'cents off by discount di_1, whose coupon Stripe does not tell', ledger: 0 },
  ]);
});

test('tax is Stripe’s: what is left is not compared when it is in the total', () => {
  expect(found(renewal(580, 3, { totalCents: 2775, isTaxed: true }))).toEqual([]);
});

test('credits have paid a part of the rest', () => {
  expect(found(renewal(580, 3, { totalCents: 2320, creditCents: 12 }))).toEqual([]);
});

const only = (discounts: readonly InvoiceDiscount[], lines: readonly InvoiceLine[]) =>
  explainDiscounts(anInvoice({ lines, discounts }), undefined, books);

test.each<[string, readonly InvoiceDiscount[], readonly InvoiceLine[], boolean]>([
  [
    'an amount, however it is shared out over the lines',
    [twenty(1000, { percentOff: undefined, amountOffCents: 1000 })],
    [line(2900, 700), line(1000, 300)],
    true,
  ],
  [
    'no more than there is',
    [twenty(3900, { percentOff: undefined, amountOffCents: 5000 })],
    [line(2900, 2900), line(1000, 1000)],
    true,
  ],
  [
    'more than a line is',
    [twenty(1200, { percentOff: undefined, amountOffCents: 1200 })],
    [line(2900, 100), line(1000, 1100)],
    false,
  ],
  [
    'less than its amount',
    [twenty(900, { percentOff: undefined, amountOffCents: 1000 })],
    [line(2900, 900)],
    false,
  ],
  ['everything', [twenty(2900, { percentOff: '100' })], [line(2900, 2900)], true],
  [
    'the second of what the first has left',
    [twenty(580), twenty(232, { id: 'di_2', percentOff: '10' })],
    [
      line(2900, undefined, {
        discounts: [
          { id: 'di_1', amountCents: 580 },
          { id: 'di_2', amountCents: 232 },
        ],
      }),
    ],
    true,
  ],
  [
    'its products alone',
    [twenty(580, { products: ['prod_1'] })],
    [line(2900, 580, { productId: 'prod_1' }), line(1000, undefined, { productId: 'prod_2' })],
    true,
  ],
  [
    'nothing of what may not be discounted, nor of credits',
    [twenty(580)],
    [line(2900, 580), line(1000, undefined, { isUndiscountable: true }), line(-500)],
    true,
  ],
  [
    'as much of a credit as of the charge, which was rounded before',
    [twenty(-281, { isOnInvoice: false })],
    [line(-1400, -281, { isProration: true })],
    true,
  ],
  [
    'two cents more of it',
    [twenty(-282, { isOnInvoice: false })],
    [line(-1400, -282, { isProration: true })],
    false,
  ],
  ['a rounding to either side', [twenty(3, { percentOff: '33.3' })], [line(10, 3)], true],
])('a discount takes %s', (_, discounts, lines, isRight) => {
  expect(only(discounts, lines).every(({ equal }) => equal)).toBe(isRight);
});

test('one that is over is right only where it takes nothing', () => {
  const over = (amountCents: number) => {
    const ended = { isOfSubscription: true as const, endsAt: JANUARY };
    const discounts = [twenty(amountCents, ended)];
    const invoice = anInvoice({ lines: [line(2900, amountCents)], discounts });
    const held = { present: [], gone: [], readSince: FEBRUARY };
    return explainDiscounts(invoice, january, { ...books, discounts: held });
  };
  expect(over(0)).toMatchObject([{ amountCents: 0, invoiceAmountCents: 0, equal: true }]);
  expect(over(580)).toMatchObject([{ amountCents: 0, invoiceAmountCents: 580, equal: false }]);
});

test('one that the renewal lacks is told by its id, and what it would have taken', () => {
  const present = [{ id: 'di_2', coupon: 'FRIENDS', percentOff: '10', startsAt: JANUARY }];
  const invoice = anInvoice({ lines: [line(2900)] });
  const held = { present, gone: [], readSince: FEBRUARY };
  expect(explainDiscounts(invoice, january, { ...books, discounts: held })).toEqual([
    {
      ...{ what: 'coupon FRIENDS, 10% off, which the subscription has', discountId: 'di_2' },
      ...{ amountCents: 290, invoiceAmountCents: 0, equal: false },
    },
  ]);
});

test('nothing is said of discounts that Stripe works out as it finalizes', () => {
  const invoice = { ...renewal(680, 3), areDiscountsOpen: true as const };
  expect(explainDiscounts(invoice, undefined, books)).toEqual([]);
  const held = { present: [], gone: [], readSince: FEBRUARY };
  expect(explainDiscounts(invoice, january, { ...books, discounts: held })).toEqual([]);
});

const cents = fc.integer({ min: 0, max: 1_000_000 });
const amounts = fc.array(cents, { minLength: 1, maxLength: 8 });

test('any percentage of any lines is right as rounded, and a cent more on one line is not', () => {
  const percent = fc.integer({ min: 1, max: 10_000 }).map((hundredths) => hundredths / 100);
  fc.assert(
    fc.property(amounts, percent, (bases, percentOff) => {
      const parts = bases.map((base) => Math.round((base * Math.round(percentOff * 100)) / 10_000));
      const sum = parts.reduce((total, part) => total + part, 0);
      const discount = twenty(sum, { percentOff: String(percentOff) });
      const lines = bases.map((base, at) => line(base, parts[at]));
      expect(only([discount], lines)).toMatchObject([{ equal: true, amountCents: sum }]);
      const wrong = bases.map((base, at) => line(base, (parts[at] ?? 0) + (at === 0 ? 2 : 0)));
      expect(only([{ ...discount, amountCents: sum + 2 }], wrong)).toMatchObject([
        { equal: false },
      ]);
    }),
  );
});

test('any amount off any lines leaves a total that is neither less than nothing nor unexplained', () => {
  fc.assert(
    fc.property(amounts, fc.integer({ min: 1, max: 2_000_000 }), (bases, amountOffCents) => {
      const whole = bases.reduce((total, base) => total + base, 0);
      const taken = Math.min(amountOffCents, whole);
      const parts = whole === 0 ? bases.map(() => 0) : splitByLargestRemainder(taken, bases);
      const discount = twenty(taken, { percentOff: undefined, amountOffCents });
      const lines = bases.map((base, at) => line(base, parts[at]));
      const invoice = anInvoice({ lines, discounts: [discount], totalCents: whole - taken });
      expect(explainDiscounts(invoice, undefined, books)).toMatchObject([{ equal: true }]);
      expect(totalAfterDiscounts(invoice)).toBe(invoice.totalCents);
      expect(invoice.totalCents).toBeGreaterThanOrEqual(0);
    }),
  );
});
