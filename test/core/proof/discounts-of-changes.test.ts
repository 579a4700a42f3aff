/** Goal: a discount takes of each line what it may, adds to none, and is told by its coupon. */
import { differencesInCents } from '../../../src/core/proof/cent-differences';
import { explainDiscounts, totalAfterDiscounts } from '../../../src/core/proof/explained-discount';
import { explainInvoice } from '../../../src/core/proof/verification';
import { periodsOf } from '../../../src/core/proof/books';
import type { InvoiceDiscount } from '../../../src/core/invoices/invoice-discount';
import type { InvoiceLine } from '../../../src/core/invoices/invoice-snapshot';
import { aBaseLine, anInvoice } from '../../support/builders/builders';

const discount = (amountCents: number, more: Partial<InvoiceDiscount>): InvoiceDiscount => ({
  ...{ id: 'di_1', couponId: 'LAUNCH', isOnInvoice: true, amountCents },
  ...more,
});
const taken = (amountCents: number, cents: number, more: Partial<InvoiceLine> = {}) =>
  aBaseLine({ amountCents, discounts: [{ id: 'di_1', amountCents: cents }], ...more });
const proration = { isProration: true } as const;
const tenOff = (cents: number) => discount(cents, { amountOffCents: 1000 });
const twenty = (cents: number, more: Partial<InvoiceDiscount> = {}) =>
  discount(cents, { percentOff: '20', ...more });
const noBooks = { lateItem: () => undefined };
const explained = (one: InvoiceDiscount, ...lines: readonly InvoiceLine[]) =>
  explainDiscounts(anInvoice({ lines, discounts: [one] }), undefined, noBooks).map(
    ({ amountCents, equal }) => [...[amountCents, equal]],
  );

test.each<[string, InvoiceDiscount, readonly InvoiceLine[], number]>([
  [
    'all of its amount of the base, and back what a credited line had got of it',
    ...([tenOff(700), [taken(2900, 1000), taken(-1450, -300, proration)], 700] as const),
  ],
  [
    'what there is of the base, and of a change what Stripe says',
    ...([tenOff(900), [taken(400, 400), taken(4950, 500, proration)], 900] as const),
  ],
  ['of a change alone what Stripe says', tenOff(500), [taken(4950, 500, proration)], 500],
  ['all that a credit had got', tenOff(-1000), [taken(-1000, -1000, proration)], -1000],
  ['more than the nearest cent, within one', twenty(4, { percentOff: '33.3' }), [taken(10, 4)], 4],
])('a discount takes %s', (_what, one, lines, ours) => {
  expect(explained(one, ...lines)).toEqual([[ours, true]]);
});

test.each<[string, InvoiceDiscount, readonly InvoiceLine[], number | null]>([
  [
    'more back than the credit is',
    ...([tenOff(-1100), [taken(-1000, -1100, proration)], null] as const),
  ],
  ['something of a line of nothing', tenOff(1000), [taken(2900, 995), taken(0, 5)], null],
  [
    'from a line of nothing what it takes of another',
    ...([tenOff(1000), [taken(2900, 1005), taken(0, -5)], null] as const),
  ],
  ['from a line by adding to another', tenOff(1000), [taken(2900, 1100), taken(1000, -100)], null],
  ['from a credit by adding to it', tenOff(5), [taken(-1000, 5, proration)], null],
  ['a whole cent more of a percentage', twenty(581), [taken(2900, 581)], 580],
  ['the right sum, and less by its lines', twenty(580), [taken(2900, 579)], 580],
  [
    'nothing of what an earlier one has left',
    discount(0, { id: 'di_2', percentOff: '10' }),
    [taken(2900, 580)],
    232,
  ],
  [
    'nothing of its own product',
    twenty(0, { products: ['prod_1'] }),
    [aBaseLine({ productId: 'prod_1' })],
    580,
  ],
])('a discount that takes %s is found out', (_what, one, lines, ours) => {
  expect(explained(one, ...lines)).toEqual([[ours, false]]);
});

test('a discount of certain products takes nothing of a line that is of none', () => {
  expect(explained(twenty(0, { products: ['prod_1'] }), aBaseLine())).toEqual([[0, true]]);
});

describe('an operator reads', () => {
  const books = { ...periodsOf([]), lateItem: () => undefined };
  const found = (one: InvoiceDiscount, ...lines: readonly InvoiceLine[]) => {
    const invoice = anInvoice({ lines, discounts: [one] });
    const noted = { ...invoice, totalCents: totalAfterDiscounts(invoice) ?? 0 };
    return differencesInCents(undefined, noted, books).filter(({ what }) =>
      what.startsWith('cents off'),
    );
  };

  test('the coupon and its amount, or the discount where there is no coupon', () => {
    expect(found(tenOff(900), taken(2900, 900))).toMatchObject([
      { what: 'cents off by coupon LAUNCH, 1000 cents off', ledger: 1000, invoice: 900 },
    ]);
    const nameless = discount(900, { couponId: undefined, amountOffCents: 1000 });
    expect(found(nameless, taken(2900, 900))).toMatchObject([
      { what: 'cents off by coupon di_1, 1000 cents off' },
    ]);
  });

  test('that the lines do not come to a sum that is right', () => {
    // One cent of the five is 20 % of them, and Stripe shows none there.
    const one = twenty(583);
    const lines = [taken(2910, 582), aBaseLine({ amountCents: 5 })];
    expect(found(one, ...lines)).toEqual([
      {
        ...{ what: 'cents off by coupon LAUNCH, 20% off, line by line', ledger: 583 },
        ...{ workflow: 583, meter: null, invoice: null },
      },
    ]);
  });
});

test('a total that the discounts do not leave makes the invoice unequal', () => {
  const text = { isBase: false, id: 'il_text' };
  const lines = [taken(0, 0, text)];
  const invoice = anInvoice({ lines, discounts: [twenty(0)], totalCents: 0 });
  const books = { ...periodsOf([]), lateItem: () => undefined };
  expect(explainInvoice(invoice, undefined, books).equal).toBe(true);
  expect(explainInvoice({ ...invoice, totalCents: 1 }, undefined, books).equal).toBe(false);
});

test('without a subtotal, as an earlier release read it, no total is worked out', () => {
  const invoice = anInvoice({ discounts: [twenty(580)] });
  expect(totalAfterDiscounts({ ...invoice, subtotalCents: undefined })).toBeUndefined();
});
