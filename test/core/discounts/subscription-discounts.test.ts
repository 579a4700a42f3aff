/** Goal: a draft has its subscription's discounts, or is held; what may be right is let be. */
import { correctFinal } from '../../../src/core/invoices/correction';
import { asCountedAtEnd } from '../../../src/core/invoices/counted-at-end';
import type { ComingDiscount, GoneDiscount } from '../../../src/core/discounts/coming-discount';
import { followDiscounts } from '../../../src/core/discounts/subscription-discounts';
import type { KnownDiscounts } from '../../../src/core/discounts/subscription-discounts';
import type { InvoiceDiscount } from '../../../src/core/invoices/invoice-discount';
import type { InvoiceSnapshot } from '../../../src/core/invoices/invoice-snapshot';
import { planPrice } from '../../../src/core/plans/plan';
import { periodsOf } from '../../../src/core/proof/books';
import { differencesInCents } from '../../../src/core/proof/cent-differences';
import type { SubscriptionStanding } from '../../../src/core/state/remembered';
import type { SubscriptionSnapshot } from '../../../src/core/subscription/subscription-snapshot';
import {
  aBaseLine,
  aLine,
  aMeteredLine,
  anInvoice,
  aPeriod,
  aState,
  counted,
  FEBRUARY,
  JANUARY,
  MARCH,
  someTerms,
} from '../../support/builders/builders';

const DAY = 24 * 60 * 60;
const terms = someTerms();
const booked = (start: number, end: number) => ({
  ...{ start, end, wholeEnd: end, isPastKnown: true, plans: [planPrice(terms)] },
});
const january = counted(aPeriod({ terms }), aLine(150_167));
const rows = (invoice: InvoiceSnapshot, discounts: Partial<KnownDiscounts>, billed = january) =>
  differencesInCents(billed, invoice, books(discounts));
const books = (discounts: Partial<KnownDiscounts>) => ({
  ...periodsOf([booked(JANUARY, FEBRUARY), booked(FEBRUARY, MARCH)]),
  lateItem: () => undefined,
  discounts: { present: [], gone: [], readSince: FEBRUARY, ...discounts },
});

const theirs: InvoiceDiscount = {
  ...{ id: 'di_1', couponId: 'LAUNCH', percentOff: '20', amountCents: 583 },
  ...{ isOnInvoice: true, isOfSubscription: true },
};
/** 29.00 and 15 cents of usage: 580 and 3 are off. */
const withDiscount = (
  more: Partial<InvoiceDiscount> = {},
  invoice: Partial<InvoiceSnapshot> = {},
) =>
  anInvoice({
    lines: [
      aBaseLine({ amountCents: 2900, discounts: [{ id: 'di_1', amountCents: 580 }] }),
      aMeteredLine(50_167, { amountCents: 15, discounts: [{ id: 'di_1', amountCents: 3 }] }),
    ],
    ...{ discounts: [{ ...theirs, ...more }], totalCents: 2332, ...invoice },
  });
const without = (invoice: Partial<InvoiceSnapshot> = {}) =>
  anInvoice({
    lines: [aBaseLine({ amountCents: 2900 }), aMeteredLine(50_167, { amountCents: 15 })],
    ...{ totalCents: 2915, ...invoice },
  });

const has = (more: Partial<ComingDiscount> = {}): ComingDiscount => ({
  ...{ id: 'di_1', coupon: 'LAUNCH', percentOff: '20', startsAt: JANUARY + DAY, ...more },
});
const gone = (since: number): GoneDiscount => ({ id: 'di_1', since });

test.each<[string, InvoiceSnapshot, Partial<KnownDiscounts>]>([
  ['whose months were over', withDiscount({ endsAt: FEBRUARY - 2 * DAY }), {}],
  [
    'whose months were over by the subscription’s word',
    withDiscount(),
    { present: [has({ endsAt: FEBRUARY - 2 * DAY })] },
  ],
  [
    'whose months were over, and that Stripe dropped only at the renewal',
    withDiscount(),
    { gone: [{ ...gone(FEBRUARY), endsAt: FEBRUARY - 2 * DAY }] },
  ],
  ['that was gone in the period', withDiscount(), { gone: [gone(JANUARY)] }],
  ['that was used, or gone, in an earlier one', withDiscount(), { gone: [gone(JANUARY - DAY)] }],
])('a discount %s is a difference, with all that it takes', (_, invoice, known) => {
  const what = 'cents off by coupon LAUNCH, 20% off, which the subscription had no more';
  expect(rows(invoice, known)).toMatchObject([{ what, ledger: 0, invoice: 583 }]);
});

test.each<[string, InvoiceSnapshot, Partial<KnownDiscounts>]>([
  ['it has them still', withDiscount(), { present: [has()] }],
  ['this invoice used it up', withDiscount(), { gone: [gone(FEBRUARY)] }],
  ['nobody has read it', withDiscount(), {}],
  // Stripe may count to the end of the period, or until the invoice is made, or whole months.
  ['its months end as the period does', withDiscount({ endsAt: FEBRUARY }), {}],
  ['its months end in the last hours', withDiscount({ endsAt: FEBRUARY - 3600 }), {}],
  ['its months end a day before the period', withDiscount({ endsAt: FEBRUARY - DAY }), {}],
  [
    'those of another one were over',
    withDiscount(),
    { present: [has({ id: 'di_2', endsAt: FEBRUARY - 2 * DAY })] },
  ],
  ['another one is gone', withDiscount(), { gone: [{ id: 'di_2', since: JANUARY }] }],
  [
    'somebody put it onto the draft',
    withDiscount({ isOfSubscription: undefined }),
    {
      gone: [gone(JANUARY)],
    },
  ],
  [
    'no renewal has it',
    withDiscount({}, { billingReason: 'subscription_update' }),
    {
      gone: [gone(JANUARY)],
    },
  ],
])('a discount is right if %s', (_, invoice, known) => {
  expect(rows(invoice, known)).toEqual([]);
});

test.each<[string, ComingDiscount, number]>([
  ['20% of each line', has(), 583],
  ['an amount', has({ percentOff: undefined, amountOffCents: 1000 }), 1000],
  ['with months to go', has({ endsAt: FEBRUARY + 2 * DAY }), 583],
  ['of usage only', has({ only: { isOnBase: false, rateIds: ['overage_standard'] } }), 3],
])('a discount that the subscription has is missed: %s', (_, discount, cents) => {
  const [row] = rows(without(), { present: [discount] });
  expect(row).toMatchObject({ ledger: cents, invoice: 0 });
  expect(row?.what).toMatch(/^cents off by coupon LAUNCH, .* off, which the subscription has$/);
});

test.each<[string, InvoiceSnapshot, Partial<KnownDiscounts>]>([
  ['it began after the period', without(), { present: [has({ startsAt: FEBRUARY })] }],
  ['its months end as the period does', without(), { present: [has({ endsAt: FEBRUARY })] }],
  ['they end as the invoice is made', without(), { present: [has({ endsAt: FEBRUARY + 3600 })] }],
  ['they end a day after the period', without(), { present: [has({ endsAt: FEBRUARY + DAY })] }],
  ['it was not read since', without(), { present: [has()], readSince: JANUARY }],
  ['nobody read when it began', without(), { present: [has({ startsAt: undefined })] }],
  [
    'it takes nothing',
    without(),
    {
      present: [has({ only: { isOnBase: false, rateIds: ['images'] } })],
    },
  ],
  // Stripe does not say that an invoice's discount has the id of the subscription's.
  ['its coupon is there', withDiscount({ id: 'di_1' }), { present: [has({ id: 'di_9' })] }],
  ['it is there, of whatever coupon', withDiscount(), { present: [has({ coupon: null })] }],
  ['no renewal lacks it', without({ billingReason: 'subscription_update' }), { present: [has()] }],
])('no discount is missed if %s', (_, invoice, known) => {
  expect(rows(invoice, known)).toEqual([]);
});

test('a period of an earlier subscription is not compared with the discounts of this one', () => {
  const billed = { ...january, subscriptionId: 'sub_0' };
  expect(rows(without(), { present: [has()] }, billed)).toEqual([]);
});

test('a draft whose usage is still to be counted has the right discounts all the same', () => {
  const counts = (invoice: InvoiceSnapshot) =>
    asCountedAtEnd(
      {
        ...{ ...invoice, status: 'draft', subtotalCents: 2900 },
        lines: invoice.lines.map((line) =>
          line.rateId === null
            ? line
            : { ...line, quantity: 0, amountCents: 0, unitAmount: '0.0003', discounts: [] },
        ),
      },
      january,
      { overage_standard: 50_167 },
    );
  expect(rows(counts(withDiscount({ amountCents: 580 })), { present: [has()] })).toEqual([]);
  const over = { gone: [gone(JANUARY)] };
  expect(rows(counts(withDiscount({ amountCents: 580 })), over)).toMatchObject([{ invoice: 580 }]);
  expect(rows(counts(without()), { present: [has()] })).toMatchObject([{ ledger: 583 }]);
});

test('corrected, what was taken is charged, and what was not taken is given back', () => {
  const state = aState({ periods: [january] });
  const correction = (invoice: InvoiceSnapshot, known: Partial<KnownDiscounts>) => {
    const [period] = correctFinal(state, JANUARY, invoice, books(known)).periods;
    return Object.values(period?.late ?? {}).map(({ correctionCents }) => correctionCents);
  };
  expect(correction(withDiscount(), { gone: [gone(JANUARY)] })).toEqual([583]);
  expect(correction(without(), { present: [has()] })).toEqual([-583]);
});

const standing = (more: Partial<SubscriptionStanding>): SubscriptionStanding => ({
  ...{ nextPlan: null, cancelAt: null, collectionPaused: null, autoUpgrade: false, ...more },
});
const reading = (discounts: ComingDiscount[], endedAt: number | null = null) =>
  ({
    ...{ standing: standing({ discounts }), endedAt },
    currentPeriod: { start: JANUARY, end: FEBRUARY },
  }) as unknown as SubscriptionSnapshot;

test.each<
  [string, Partial<SubscriptionStanding>, SubscriptionSnapshot, GoneDiscount[] | undefined]
>([
  ['is gone', { discounts: [has()] }, reading([]), [gone(JANUARY)]],
  [
    'is gone, and when it was to end',
    { discounts: [has({ endsAt: MARCH })] },
    reading([]),
    [{ ...gone(JANUARY), endsAt: MARCH }],
  ],
  ['stays', { discounts: [has()] }, reading([has()]), undefined],
  [
    'is gone, whatever others stay',
    { discounts: [has(), has({ id: 'di_2' })] },
    reading([has({ id: 'di_2' })]),
    [gone(JANUARY)],
  ],
  ['was gone, and stays so', { goneDiscounts: [gone(7)] }, reading([]), [gone(7)]],
  ['is there again', { goneDiscounts: [gone(7)] }, reading([has()]), undefined],
  ['ended with the subscription', { discounts: [has()] }, reading([], FEBRUARY), undefined],
  ['has no id', { discounts: [has({ id: undefined })] }, reading([]), undefined],
])('what is read of a subscription tells that a discount %s', (_, previous, next, expected) => {
  expect(followDiscounts(standing(previous), next).goneDiscounts).toEqual(expected);
});

test('of the discounts that are gone the last forty are remembered', () => {
  const goneDiscounts = Array.from({ length: 40 }, (_, at) => ({ id: `di_old_${at}`, since: at }));
  const next = followDiscounts(standing({ goneDiscounts, discounts: [has()] }), reading([]));
  expect(next.goneDiscounts).toEqual([...goneDiscounts.slice(1), gone(JANUARY)]);
});
