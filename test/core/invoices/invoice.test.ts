/**
 * Goal: only a renewal bills a period, and an invoice that differs is found out with its numbers.
 */
import { booksOf } from '../../../src/core/proof/books';
import {
  billedEnd,
  isOurs,
  periodBilledBy,
  serviceEdges,
} from '../../../src/core/invoices/invoice';
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
} from '../../support/builders/builders';
import type { PeriodState } from '../../../src/core/state/period-state';
import { NO_TOKENS } from '../../../src/core/state/periods';
import type { InvoiceLine, InvoiceSnapshot } from '../../../src/core/invoices/invoice-snapshot';
import {
  describeDifferences,
  differences as allDifferences,
  isAgreed,
} from '../../../src/core/proof/differences';
import type { LedgerSums } from '../../../src/core/proof/difference-row';

type Tokens = Readonly<Record<string, number>>;

const renewing = aState({ periods: [aPeriod(), aPeriod({ start: FEBRUARY, end: MARCH })] });

test('a renewal with usage bills the period of its metered lines', () => {
  expect(periodBilledBy(renewing, anInvoice())?.start).toBe(JANUARY);
});

test('a renewal bills its period also where the line of a removed item ends before, and comes first', () => {
  const removed = aMeteredLine(5, { end: FEBRUARY - 86_400 });
  const lines = [removed, aBaseLine(), aMeteredLine(7)];
  expect(periodBilledBy(renewing, anInvoice({ lines }))?.start).toBe(JANUARY);
});

test('a renewal of a flat plan bills the period before the one it charges in advance', () => {
  expect(periodBilledBy(renewing, anInvoice({ lines: [aBaseLine()] }))?.start).toBe(JANUARY);
});

test('a renewal of a pay-per-token plan bills the period of its metered lines', () => {
  expect(periodBilledBy(renewing, anInvoice({ lines: [aMeteredLine(5)] }))?.start).toBe(JANUARY);
});

test.each(['subscription_create', 'manual', 'subscription_threshold', null])(
  'an invoice for %s bills no period',
  (billingReason) => {
    expect(periodBilledBy(renewing, anInvoice({ billingReason }))).toBeUndefined();
  },
);

test('an invoice for a change without usage bills no period', () => {
  const lines = [aBaseLine({ isBase: false }), aBaseLine({ isBase: false, amountCents: -1450 })];
  const invoice = anInvoice({ billingReason: 'subscription_update', lines });
  expect(periodBilledBy(renewing, invoice)).toBeUndefined();
});

test('an invoice for a change that cuts a period short bills that period', () => {
  const cut = aState({ periods: [aPeriod({ end: FEBRUARY - 500 })] });
  const lines = [aMeteredLine(9, { end: FEBRUARY - 500 })];
  const invoice = anInvoice({ billingReason: 'subscription_update', lines });
  expect(periodBilledBy(cut, invoice)?.start).toBe(JANUARY);
});

test('a renewal of another subscription of the same customer bills no period', () => {
  expect(periodBilledBy(renewing, anInvoice({ subscriptionId: 'sub_other' }))).toBeUndefined();
});

test('of the invoices of two subscriptions only that of ours bills a period', () => {
  const other = anInvoice({ id: 'in_other', subscriptionId: 'sub_other' });
  expect([other, anInvoice()].map((invoice) => isOurs(renewing, invoice))).toEqual([false, true]);
  expect([other, anInvoice()].map((invoice) => billedEnd(renewing, invoice))).toEqual([
    undefined,
    FEBRUARY,
  ]);
});

describe('of the edges that lines have', () => {
  const end = (...lines: InvoiceLine[]) => billedEnd(renewing, anInvoice({ lines }));

  test('one that a period of ours has counts, and not a later one that none has', () => {
    expect(end(aMeteredLine(1), aMeteredLine(1, { end: MARCH + 9 }))).toBe(FEBRUARY);
  });

  test('of those that periods of ours have, the latest', () => {
    expect(end(aMeteredLine(1), aMeteredLine(1, { end: MARCH }))).toBe(MARCH);
  });

  test('while we know of no period, those of usage come before those of what is paid ahead', () => {
    const usage = [aMeteredLine(1, { end: 9 }), aMeteredLine(1, { end: 5 })];
    const invoice = anInvoice({ lines: [aBaseLine({ start: 20 }), ...usage] });
    expect(billedEnd(aState({ periods: [] }), invoice)).toBe(9);
  });

  test('none is of somebody else’s price: then the invoice’s own end counts, if it is ours', () => {
    const lines = [aBaseLine({ isBase: false, start: MARCH, end: MARCH + 9 })];
    expect(billedEnd(renewing, anInvoice({ lines, periodEnd: FEBRUARY }))).toBe(FEBRUARY);
    expect(billedEnd(renewing, anInvoice({ lines, periodEnd: 5 }))).toBeUndefined();
    expect(billedEnd(renewing, anInvoice({ periodEnd: MARCH }))).toBe(FEBRUARY);
    expect(billedEnd(aState({ periods: [] }), anInvoice({ periodEnd: 5 }))).toBe(FEBRUARY);
  });

  test('an end that a period of another subscription has bills none of that one', () => {
    const returned = aState({ periods: [aPeriod({ subscriptionId: 'sub_old' })] });
    expect(periodBilledBy(returned, anInvoice())).toBeUndefined();
    const old = anInvoice({ subscriptionId: 'sub_old' });
    expect(periodBilledBy(returned, old)?.start).toBe(JANUARY);
  });
});

test('an invoice of no subscription is nobody’s, even before ours is known', () => {
  const unknown = aState({ subscriptionId: null });
  expect(isOurs(unknown, anInvoice({ subscriptionId: null }))).toBe(false);
});

test('a payment that arrives after its period was archived bills no period', () => {
  const archived = aState({ periods: [aPeriod({ start: FEBRUARY, end: MARCH })] });
  expect(periodBilledBy(archived, anInvoice({ status: 'paid' }))).toBeUndefined();
});

describe('comparing ledger, workflow, meter and invoice', () => {
  /** January is looked at; of February only the price is. */
  const differences = (...[january, ...seen]: [PeriodState, LedgerSums, Tokens, InvoiceSnapshot]) =>
    allDifferences(january, ...seen, booksOf(aState({ periods: [january, february] })));
  const february = aPeriod({ start: FEBRUARY, end: MARCH });
  const period = aPeriod({
    usedTokens: 150_000,
    rates: { overage_standard: { ...NO_TOKENS, tokens: 50_000, reportedTokens: 50_000 } },
  });
  const ledger = { usedTokens: 150_000, vendorTokens: 0 };
  const meter = { overage_standard: 50_000 };
  const invoice = anInvoice({ lines: [aBaseLine(), aMeteredLine(50_000)] });

  test('finds nothing when all four agree', () => {
    expect(differences(period, ledger, meter, invoice)).toEqual([]);
  });

  test.each([
    ['the ledger has usage we did not count', { ...ledger, usedTokens: 150_001 }, meter, invoice],
    ['the meter lags', ledger, { overage_standard: 49_999 }, invoice],
    ['the meter has a rate we never reported', ledger, { ...meter, other: 1 }, invoice],
    [
      'the invoice lacks usage',
      ledger,
      meter,
      anInvoice({ lines: [aBaseLine(), aMeteredLine(49_000)] }),
    ],
    ['a vendor’s usage was not counted', { ...ledger, vendorTokens: 3 }, meter, invoice],
  ])('finds out when %s', (_case, seenLedger, seenMeter, seenInvoice) => {
    expect(differences(period, seenLedger, seenMeter, seenInvoice)).not.toEqual([]);
  });

  describe('a line for late usage of an earlier period', () => {
    const item = aLateItem();
    const withItem = { ...period, lateItems: [item] };
    const lateLine = (amountCents: number, lateItemKey = item.key) =>
      aBaseLine({ isBase: false, amountCents, lateItemKey });
    const found = (...lines: InvoiceLine[]) => {
      const billing = [aBaseLine(), aMeteredLine(50_000), ...lines];
      return differences(withItem, ledger, meter, anInvoice({ lines: billing }));
    };

    test('agrees to the cent', () => {
      expect(found(lateLine(15))).toEqual([]);
    });

    test.each([
      ['is missing', [], 0],
      ['was changed', [lateLine(14)], 14],
      ['is there twice', [lateLine(15), lateLine(15)], 30],
    ])('is found out when it %s', (_case, lines, invoiced) => {
      expect(found(...lines)).toEqual([
        { what: `cents of ${item.key}`, ledger: 15, workflow: 15, meter: null, invoice: invoiced },
      ]);
    });
  });

  test('a line for late usage that we did not put there is named', () => {
    const other = aBaseLine({ isBase: false, amountCents: 7, lateItemKey: 'late:x', id: 'il_1' });
    const lines = [aBaseLine(), aMeteredLine(50_000), other];
    expect(differences(period, ledger, meter, anInvoice({ lines }))).toMatchObject([
      { what: expect.stringContaining('line il_1, late usage late:x') as string, invoice: 7 },
    ]);
  });

  test('late usage is part of what is billable, so the invoice it missed still agrees', () => {
    const late = { overage_standard: { tokens: 7, settledTokens: 0, settlements: 0 } };
    const more = { ...period, usedTokens: 150_007, late };
    expect(differences(more, { ...ledger, usedTokens: 150_007 }, meter, invoice)).toEqual([]);
  });

  test('what grants cover is no overage', () => {
    const granted = { ...period, usedTokens: 151_000, grantUses: { goodwill: 1_000 } };
    expect(differences(granted, { ...ledger, usedTokens: 151_000 }, meter, invoice)).toEqual([]);
  });

  test('usage that no rate prices is on no invoice', () => {
    const unpriced = { ...period, usedTokens: 150_003, unpricedTokens: 3 };
    expect(differences(unpriced, { ...ledger, usedTokens: 150_003 }, meter, invoice)).toEqual([]);
  });

  test('usage of another period on the same invoice is not this one’s, and is named', () => {
    const other = aMeteredLine(90_000, { start: FEBRUARY, end: MARCH });
    const both = anInvoice({ lines: [aBaseLine(), aMeteredLine(50_000), other] });
    expect(differences(period, ledger, meter, both)).toMatchObject([
      { what: expect.stringContaining('in a period that this invoice does not bill') as string },
    ]);
  });

  test('these very differences an operator has accepted, and no others', () => {
    const accepted = differences(period, ledger, { overage_standard: 1 }, invoice);
    const settled = { ...period, settlement: describeDifferences(accepted) };
    expect(isAgreed(settled, accepted)).toBe(true);
    const others = differences(period, ledger, { overage_standard: 2 }, invoice);
    expect(isAgreed(settled, others)).toBe(false);
    expect(isAgreed(settled, [])).toBe(true);
  });

  test('tells an operator the four numbers', () => {
    const found = differences(period, ledger, { overage_standard: 1 }, invoice);
    expect(describeDifferences(found)).toBe(
      'overage_standard: ledger 50000, workflow 50000, meter 1, invoice 50000',
    );
  });
});

test('edges of service periods are those of base and metered lines only', () => {
  const other = aBaseLine({ isBase: false, start: 1, end: 2 });
  expect(serviceEdges([aBaseLine(), aMeteredLine(1), other])).toEqual([
    FEBRUARY,
    MARCH,
    JANUARY,
    FEBRUARY,
  ]);
});
