/** What coupons will take off the next invoice: by hand, and as Stripe's rules always have it. */
import fc from 'fast-check';
import {
  discountsAt,
  discountsWithPlan,
  takenByDiscounts,
} from '../../../src/core/discounts/coming-discount';
import type { ComingDiscount, DueLine } from '../../../src/core/discounts/coming-discount';
import { amountDueCents, dueOf } from '../../../src/core/invoices/period-figures';
import { partsOf } from '../../../src/dev/stripe-sandbox/discounts/taking-off';

const BASE: DueLine = { rateId: null, amountCents: 2900 };
const USAGE: DueLine = { rateId: 'standard', amountCents: 15 };
const IMAGES: DueLine = { rateId: 'images', amountCents: 333 };

const percent = (coupon: string, percentOff: string, more: Partial<ComingDiscount> = {}) => ({
  ...{ coupon, percentOff, ...more },
});
const amount = (coupon: string, amountOffCents: number, more: Partial<ComingDiscount> = {}) => ({
  ...{ coupon, amountOffCents, ...more },
});
const onlyBase = { only: { isOnBase: true, rateIds: [] } };
const onlyImages = { only: { isOnBase: false, rateIds: ['images'] } };

test.each<[string, ComingDiscount[], DueLine[], number[]]>([
  // 580 + 3
  ['20% of each line', [percent('A', '20')], [BASE, USAGE], [583]],
  // 965.7 → 966, 4.995 → 5, 110.889 → 111
  ['33.3%, each line rounded', [percent('A', '33.3')], [BASE, USAGE, IMAGES], [1082]],
  ['an amount', [amount('A', 1000)], [BASE, USAGE], [1000]],
  ['an amount that is more than all', [amount('A', 5000)], [BASE, USAGE], [2915]],
  ['the base price only', [percent('A', '50', onlyBase)], [BASE, USAGE], [1450]],
  ['one rate only', [amount('A', 500, onlyImages)], [BASE, USAGE, IMAGES], [333]],
  // 1450, then 10% of 1450, of 15 and nothing of what is not there
  [
    'one after the other',
    [percent('A', '50', onlyBase), percent('B', '10')],
    [BASE, USAGE],
    [1450, 147],
  ],
  // 1000 = 995 of the base + 5 of the usage: 1905 → 191, 10 → 1
  [
    'a percentage of what an amount left',
    [amount('A', 1000), percent('B', '10')],
    [BASE, USAGE],
    [1000, 192],
  ],
  ['a coupon that Stripe does not tell', [{ coupon: null }], [BASE], [0]],
  ['nothing', [percent('A', '20')], [], [0]],
])('%s', (_what, discounts, lines, cents) => {
  expect(takenByDiscounts(discounts, lines)).toEqual(
    discounts.map(({ coupon }, at) => ({ coupon, amountCents: cents[at] })),
  );
});

test('what a discount takes is told with its coupon’s name, if that has one', () => {
  const discounts = [percent('A', '20', { couponName: 'For friends' }), percent('B', '10')];
  expect(takenByDiscounts(discounts, [BASE])).toStrictEqual([
    { coupon: 'A', couponName: 'For friends', amountCents: 580 },
    { coupon: 'B', amountCents: 232 },
  ]);
});

test('a coupon whose months are over when the invoice is made takes nothing off it', () => {
  const discounts = [percent('A', '20', { endsAt: 100 }), percent('B', '5')];
  expect(discountsAt(discounts, 99).map(({ coupon }) => coupon)).toEqual(['A', 'B']);
  expect(discountsAt(discounts, 100).map(({ coupon }) => coupon)).toEqual(['B']);
});

const cents = fc.integer({ min: 0, max: 1_000_000 });
const anyDiscount = fc.oneof(
  fc.integer({ min: 1, max: 100 }).map((value) => percent('A', String(value))),
  fc.integer({ min: 1, max: 2_000_000 }).map((value) => amount('A', value)),
);

test('each line is left with what the sandbox’s invoices are left with', () => {
  const property = fc.property(
    fc.array(cents, { minLength: 1, maxLength: 6 }),
    fc.array(anyDiscount, { maxLength: 3 }),
    (lines, discounts) => {
      const due = lines.map((amountCents, at) => ({
        rateId: at === 0 ? null : `r${at}`,
        amountCents,
      }));
      let remainders = lines;
      const sums = discounts.map((one: ComingDiscount) => {
        const terms = {
          percent_off: one.percentOff === undefined ? null : Number(one.percentOff),
          amount_off: one.amountOffCents ?? null,
        };
        const parts = partsOf(terms as Parameters<typeof partsOf>[0], remainders);
        remainders = remainders.map((base, at) => base - (parts[at] ?? 0));
        return parts.reduce((sum, part) => sum + part, 0);
      });
      expect(takenByDiscounts(discounts, due).map((one) => one.amountCents)).toEqual(sums);
    },
  );
  fc.assert(property);
});

test('what is due never falls below nothing, nor rises by a discount', () => {
  const property = fc.property(
    cents,
    fc.array(anyDiscount, { maxLength: 4 }),
    (base, discounts) => {
      const terms = { monthlyPriceCents: base, rates: [] };
      const due = amountDueCents(terms, () => 0, discounts);
      expect(due).toBeGreaterThanOrEqual(0);
      expect(due).toBeLessThanOrEqual(base);
    },
  );
  fc.assert(property);
});

test('with another plan a coupon for certain products leaves the base price alone', () => {
  const both = { only: { isOnBase: true, rateIds: ['images'] } };
  const discounts = discountsWithPlan([percent('A', '50', both), percent('B', '10')]);
  // 167 of the images, then 290 of the base and 17 of what is left of them
  expect(takenByDiscounts(discounts, [BASE, IMAGES])).toMatchObject([
    { amountCents: 167 },
    { amountCents: 307 },
  ]);
});

test('what is due is base and usage, less what discounts take of both', () => {
  expect(dueOf(2900, [USAGE, IMAGES], [percent('A', '20')])).toEqual({
    // 580 + 3 + 67
    ...{ usageCents: 348, discountCents: 650, amountCents: 2598 },
  });
});
