/** Goal: what a missing discount would have taken is of what it can reach, and no more. */
import type { ComingDiscount } from '../../../src/core/discounts/coming-discount';
import { missingDiscounts } from '../../../src/core/discounts/subscription-discounts';
import type { InvoiceDiscount } from '../../../src/core/invoices/invoice-discount';
import type { InvoiceLine } from '../../../src/core/invoices/invoice-snapshot';
import {
  aBaseLine,
  aLateItem,
  aMeteredLine,
  anInvoice,
  FEBRUARY,
  JANUARY,
} from '../../support/builders/builders';

const BASE = aBaseLine({ amountCents: 2900 });
const USAGE = aMeteredLine(50_000, { amountCents: 15 });
const other = (amountCents: number, key?: string): InvoiceLine => ({
  ...{ rateId: null, isBase: false, quantity: 1, amountCents, start: JANUARY, end: FEBRUARY },
  ...(key !== undefined && { lateItemKey: key }),
});
const late = aLateItem({ key: 'late', amountCents: 40 });
const correction = aLateItem({ key: 'correction', amountCents: 500, correctionCents: 500 });

const onInvoice: InvoiceDiscount = {
  ...{ id: 'di_1', couponId: 'LAUNCH', percentOff: '20', amountCents: 583 },
  ...{ isOnInvoice: true, isOfSubscription: true },
};
const tenPercent = (more: Partial<ComingDiscount> = {}): ComingDiscount => ({
  ...{ id: 'di_2', coupon: 'FRIENDS', percentOff: '10', startsAt: JANUARY, ...more },
});

const centsOf = (
  lines: readonly InvoiceLine[],
  discount = tenPercent(),
  discounts?: InvoiceDiscount[],
) =>
  missingDiscounts(
    anInvoice({ lines, ...(discounts && { discounts }) }),
    { end: FEBRUARY },
    { present: [discount], gone: [], readSince: FEBRUARY },
    (key) => [late, correction].find((item) => item.key === key),
  ).map(({ amountCents }) => amountCents);

test('10% of base price and usage', () => {
  expect(centsOf([BASE, USAGE])).toEqual([292]);
});

test('10% of what another discount of the invoice has left of each line', () => {
  const lines = [
    { ...BASE, discounts: [{ id: 'di_1', amountCents: 580 }] },
    { ...USAGE, discounts: [{ id: 'di_1', amountCents: 3 }] },
  ];
  // 2320 → 232 and 12 → 1.
  expect(centsOf(lines, tenPercent(), [onInvoice])).toEqual([233]);
});

test('nothing of what a change of plan settled, nor of what a correction charges', () => {
  expect(centsOf([BASE, USAGE, other(1000), other(500, correction.key)])).toEqual([292]);
  expect(centsOf([other(1000), other(500, correction.key)])).toEqual([]);
});

test('a tenth of late usage, too, unless its coupon is for certain products', () => {
  expect(centsOf([BASE, other(40, late.key)])).toEqual([294]);
  expect(centsOf([other(40, late.key)])).toEqual([4]);
  const only = { isOnBase: true, rateIds: ['overage_standard'] };
  expect(centsOf([BASE, other(40, late.key)], tenPercent({ only }))).toEqual([290]);
});
