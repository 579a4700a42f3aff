/** Goal: what explains an invoice’s lines is found where it was kept, and an edit is seen. */
import { bookedPeriod, booksOf } from '../../../src/core/proof/books';
import { differencesInCents } from '../../../src/core/proof/cent-differences';
import { describeDifferences, differences, isAsCounted } from '../../../src/core/proof/differences';
import { explainInvoice } from '../../../src/core/proof/verification';
import { trialTerms } from '../../../src/core/subscription/trial';
import type { InvoiceLine } from '../../../src/core/invoices/invoice-snapshot';
import type { BillingState } from '../../../src/core/state/billing-state';
import type { PeriodState } from '../../../src/core/state/period-state';
import { NO_TOKENS } from '../../../src/core/state/periods';
import {
  aBaseLine,
  aLateItem,
  aMeteredLine,
  anInvoice,
  aPeriod,
  aState,
  FEBRUARY,
  JANUARY,
  MARCH,
  someTerms,
} from '../../support/builders/builders';

const RATE = 'overage_standard';
const starter = { planId: 'starter', monthlyPriceCents: 2900, quantity: 1 };
const pro = { planId: 'pro', monthlyPriceCents: 9900, quantity: 1 };
const proTerms = someTerms({ planId: 'pro', monthlyPriceCents: 9900 });
const february = (is: Partial<PeriodState> = {}) => aPeriod({ start: FEBRUARY, end: MARCH, ...is });

describe('the books of a period', () => {
  test('have its plan, and those that held before within it, in their order', () => {
    expect(bookedPeriod(aPeriod(), undefined)).toEqual({
      ...{ start: JANUARY, end: FEBRUARY, wholeEnd: FEBRUARY, plans: [starter], isPastKnown: true },
    });
    const changed = aPeriod({ terms: proTerms, formerRates: [], formerPlans: [starter] });
    expect(bookedPeriod(changed, undefined).plans).toEqual([starter, pro]);
    const forgotten = aPeriod({ formerRates: [] });
    expect(bookedPeriod(forgotten, undefined).isPastKnown).toBe(false);
    expect(bookedPeriod(aPeriod({ wholeEnd: MARCH }), undefined).wholeEnd).toBe(MARCH);
  });

  test('begin with the plan of the period before, where that was another', () => {
    expect(bookedPeriod(february({ terms: proTerms }), aPeriod())).toMatchObject({
      ...{ plans: [starter, pro], renewedAs: pro },
    });
  });

  test.each<[string, PeriodState]>([
    ['the same', aPeriod({ terms: proTerms })],
    ['of a trial', aPeriod({ terms: trialTerms(someTerms()) })],
    ['of a time before a pause', aPeriod({ end: FEBRUARY - 1 })],
  ])('not where that was %s', (_case, previous) => {
    const booked = bookedPeriod(february({ terms: proTerms }), previous);
    expect(booked.plans).toEqual([pro]);
    expect(booked).not.toHaveProperty('renewedAs');
  });

  test('are found by their start, and by any second that is, or was to be, in them', () => {
    const cut = aPeriod({ end: JANUARY + 9, wholeEnd: FEBRUARY });
    const after = aPeriod({ start: JANUARY + 9, end: FEBRUARY });
    const books = booksOf(aState({ periods: [cut, after, february({ terms: proTerms })] }));
    expect(books.periodFrom(FEBRUARY)?.plans).toEqual([starter, pro]);
    expect(books.periodFrom(JANUARY + 1)).toBeUndefined();
    const starts = (second: number) => books.periodsAt(second).map(({ start }) => start);
    expect(starts(JANUARY)).toEqual([JANUARY]);
    expect(starts(JANUARY + 9)).toEqual([JANUARY, JANUARY + 9]);
    expect(starts(FEBRUARY)).toEqual([FEBRUARY]);
    expect(starts(MARCH)).toEqual([]);
  });

  test('have late items that are on an invoice, and those that are being put there', () => {
    const other = aLateItem({ key: 'late:other' });
    const late = { [RATE]: { tokens: 1, settledTokens: 0, settlements: 0 } };
    const begun = { x: { ...late[RATE], underWay: { invoiceId: 'in_1', item: other } } };
    const periods = [
      aPeriod({ late: { ...late, ...begun } as PeriodState['late'] }),
      february({ lateItems: [aLateItem()] }),
    ];
    const { lateItem } = booksOf(aState({ periods }));
    expect(lateItem(aLateItem().key)).toEqual(aLateItem());
    expect(lateItem('late:other')).toEqual(other);
    expect(lateItem('x')).toBeUndefined();
  });
});

test('the books have the subscription’s discounts, as they were read for the period that runs', () => {
  const periods = [aPeriod(), february(), aPeriod({ start: MARCH, end: MARCH + 9 })];
  const held = (standing: BillingState['standing']) =>
    booksOf(aState({ periods, standing })).discounts;
  const { standing } = aState();
  expect(held(standing)).toEqual({ present: [], gone: [], readSince: MARCH });
  const discounts = [{ id: 'di_1', coupon: 'LAUNCH', percentOff: '20' }];
  const goneDiscounts = [{ id: 'di_0', since: JANUARY }];
  expect(held({ ...standing, discounts, goneDiscounts })).toMatchObject({
    ...{ present: discounts, gone: goneDiscounts },
  });
});

describe('an invoice is as it was counted', () => {
  const rates = { [RATE]: { ...NO_TOKENS, tokens: 50_000 }, other: NO_TOKENS };
  const january = aPeriod({ usedTokens: 150_000, rates });
  const books = booksOf(aState({ periods: [january, february()] }));
  const seen = (...lines: InvoiceLine[]) => anInvoice({ lines: [aBaseLine(), ...lines] });

  test('if each rate has its tokens, and each line its cents', () => {
    expect(isAsCounted(january, seen(aMeteredLine(50_000)), books)).toBe(true);
    expect(isAsCounted(january, seen(aMeteredLine(49_999)), books)).toBe(false);
    expect(isAsCounted(january, seen(aMeteredLine(50_000, { amountCents: 16 })), books)).toBe(
      false,
    );
    const more = [aMeteredLine(50_000), aMeteredLine(1, { rateId: 'other', amountCents: 0 })];
    expect(isAsCounted(january, seen(...more), books)).toBe(false);
  });

  test('or what differs is told by what it is, in order', () => {
    const ledger = { usedTokens: 150_001, vendorTokens: 3 };
    const rows = differences(
      january,
      ledger,
      { [RATE]: 7, a: 1 },
      seen(aMeteredLine(50_000)),
      books,
    );
    expect(describeDifferences(rows)).toBe(
      'used tokens: ledger 150001, workflow 150000; billable tokens: ledger 50004, workflow 50000; ' +
        `a: ledger 0, workflow 0, meter 1, invoice 0; ${RATE}: ledger 50000, workflow 50000, ` +
        'meter 7, invoice 50000',
    );
  });
});

describe('a line for late usage, as 0.1.0 read the invoice', () => {
  const item = aLateItem();
  const march = february({ lateItems: [item] });
  const books = booksOf(aState({ periods: [march] }));
  const rows = (...lines: InvoiceLine[]) =>
    differencesInCents(march, { ...anInvoice({ lines }), subtotalCents: undefined }, books);
  const line = (amountCents: number, lateItemKey = item.key) =>
    aBaseLine({ isBase: false, amountCents, lateItemKey });

  test('is there with our amount, once or in parts', () => {
    expect(rows(line(15), aBaseLine())).toEqual([]);
    expect(rows(line(10), line(5), line(99, 'late:other'))).toEqual([]);
  });

  test('or is told by its key', () => {
    expect(rows(line(14))).toEqual([
      { what: `cents of ${item.key}`, ledger: 15, workflow: 15, meter: null, invoice: 14 },
    ]);
    expect(rows()).toMatchObject([{ ledger: 15, invoice: 0 }]);
    const none = { ...anInvoice(), subtotalCents: undefined };
    expect(differencesInCents(undefined, none, books)).toEqual([]);
  });
});

describe('what a line must be', () => {
  const january = aPeriod({ rates: { zen: NO_TOKENS, [RATE]: { ...NO_TOKENS, tokens: 50_000 } } });
  const item = aLateItem({ correctionCents: -4, amountCents: 11 });
  const books = booksOf(aState({ periods: [january, february({ lateItems: [item] })] }));
  const explain = (...lines: InvoiceLine[]) => {
    const { lines: all } = explainInvoice(anInvoice({ lines }), january, books);
    return all.map(({ what, amountCents, equal }) => [what, amountCents, equal]);
  };
  const right = [['starter base price', 2900, true]];
  const usage = [RATE, 15, true];

  test('is told by rate, in the order of their names, also where nothing was used', () => {
    const lines = [aBaseLine(), aMeteredLine(50_000)];
    expect(explain(...lines)).toEqual([...right, usage, ['zen', 0, true]]);
    const charged = aMeteredLine(0, { rateId: 'zen', amountCents: 3 });
    expect(explain(...lines, charged)).toEqual([
      ...[...right, usage],
      ['rate zen, which no plan of the period has', null, false],
    ]);
  });

  test('has the cents of a correction beside those of its tokens', () => {
    const late = aBaseLine({ isBase: false, amountCents: 11, lateItemKey: item.key });
    expect(explain(aBaseLine(), late, aMeteredLine(50_000))).toEqual([
      ...[...right, [`late: ${RATE} of 2026-01-01`, 11, true]],
      ...[usage, ['zen', 0, true]],
    ]);
  });

  test('is nothing for a text without an amount, of which there may be several', () => {
    const text = aBaseLine({ isBase: false, amountCents: 0, quantity: 3, id: 'il_1' });
    const lines = [aBaseLine(), text, { ...text, id: 'il_2' }, aMeteredLine(50_000)];
    expect(explain(...lines)).toEqual([
      ...[...right, ['line il_1', 0, true], ['line il_2', 0, true]],
      ...[usage, ['zen', 0, true]],
    ]);
    const unnamed = aBaseLine({ isBase: false, amountCents: 0 });
    expect(explain(aBaseLine(), unnamed, aMeteredLine(50_000))[1]).toEqual([
      'line (no id)',
      0,
      true,
    ]);
  });

  test('usage of another period, without an amount, is nothing if it has no quantity', () => {
    const other = { end: FEBRUARY - 5, amountCents: 0, id: 'il_o' };
    const of = (quantity: number) =>
      explain(aBaseLine(), aMeteredLine(quantity, other), aMeteredLine(50_000))[1];
    expect(of(0)).toEqual([RATE, 0, true]);
    expect(of(7)).toEqual([
      `line il_o, usage of ${RATE} in a period that this invoice does not bill`,
      ...[null, false],
    ]);
  });
});
