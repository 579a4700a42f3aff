/**
 * Goal: only a renewal bills a period, and an invoice that differs is found out with its numbers.
 */
import { NO_TOKENS } from '../../src/core/rating';
import {
  describeDifferences,
  differences,
  periodBilledBy,
  serviceEdges,
} from '../../src/core/invoice';
import {
  aBaseLine,
  aMeteredLine,
  anInvoice,
  aPeriod,
  aState,
  FEBRUARY,
  JANUARY,
  MARCH,
} from '../support/builders';

const renewing = aState({ periods: [aPeriod(), aPeriod({ start: FEBRUARY, end: MARCH })] });

test('a renewal with usage bills the period of its metered lines', () => {
  expect(periodBilledBy(renewing, anInvoice())?.start).toBe(JANUARY);
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

test('a payment that arrives after its period was archived bills no period', () => {
  const archived = aState({ periods: [aPeriod({ start: FEBRUARY, end: MARCH })] });
  expect(periodBilledBy(archived, anInvoice({ status: 'paid' }))).toBeUndefined();
});

describe('comparing ledger, workflow, meter and invoice', () => {
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
