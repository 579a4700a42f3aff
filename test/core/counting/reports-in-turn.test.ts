/** Goal: reports of a rate take turns, and what Stripe would bill wrongly or not at all waits. */
import {
  acknowledgedTokens,
  hasRefused,
  isFlushed,
  meteredRates,
  nextReport,
  ratesToReport,
  refuseReport,
  reportIdentifier,
} from '../../../src/core/counting/reporting';
import type { BillingState } from '../../../src/core/state/billing-state';
import type { PeriodState, RateState } from '../../../src/core/state/period-state';
import { NO_TOKENS } from '../../../src/core/state/periods';
import { aPeriod, aState, FEBRUARY, JANUARY, MARCH } from '../../support/builders/builders';

const RATE = 'overage_standard';
const NOW = (JANUARY + 3_600) * 1000;
const DAY = 24 * 60 * 60;
const report = (is = {}) => ({
  ...{ number: 1, tokens: 5, timestamp: JANUARY + 60, firstAttemptAt: 1, ...is },
});
const aRateOf = (is: Partial<RateState> = {}): RateState => ({
  ...{ ...NO_TOKENS, tokens: 9, lastSecond: JANUARY + 60, ...is },
});
const using = (is: Partial<RateState> = {}, period: Partial<PeriodState> = {}) =>
  aPeriod({ rates: { [RATE]: aRateOf(is) }, ...period });
const february = (is: Partial<RateState> = {}) => using(is, { start: FEBRUARY, end: MARCH });
const stateOf = (...periods: PeriodState[]): BillingState => aState({ periods });

describe('of a rate the next report is', () => {
  test('the one under way, whatever else there is', () => {
    const state = stateOf(using(), february({ inFlight: report() }));
    expect(nextReport(state, RATE, NOW)).toEqual({
      ...{ periodStart: FEBRUARY, rateId: RATE, report: report() },
    });
  });

  test('what is new of another period, while one is refused', () => {
    const refused = using({ inFlight: report({ refusedAt: 3 }) });
    const next = nextReport(stateOf(refused, february()), RATE, NOW);
    expect(next).toMatchObject({ periodStart: FEBRUARY, report: { number: 1, tokens: 9 } });
    expect(nextReport(stateOf(refused, february({ inFlight: report() })), RATE, NOW)).toMatchObject(
      {
        periodStart: FEBRUARY,
      },
    );
  });

  test('then the one that was refused longest ago', () => {
    const state = stateOf(
      using({ inFlight: report({ refusedAt: 8 }) }),
      february({ inFlight: report({ refusedAt: 3, timestamp: FEBRUARY }) }),
    );
    expect(nextReport(state, RATE, NOW)).toEqual({
      ...{ periodStart: FEBRUARY, rateId: RATE },
      report: report({ refusedAt: 3, timestamp: FEBRUARY }),
    });
  });

  test('none where nothing is used, or all is reported', () => {
    expect(nextReport(stateOf(aPeriod(), using({ reportedTokens: 9 })), RATE, NOW)).toBeUndefined();
  });

  test.each<[string, Partial<PeriodState>, number, number]>([
    ['when it was used', {}, NOW, JANUARY + 60],
    ['when it was used, as long as the period is open', {}, NOW + 40 * DAY * 1000, JANUARY + 60],
    [
      'when it was used, up to 34 days ago',
      { phase: 'closing' },
      (JANUARY + 60 + 34 * DAY) * 1000,
      JANUARY + 60,
    ],
    [
      'the last second of the period, after that',
      { phase: 'closing' },
      (JANUARY + 61 + 34 * DAY) * 1000,
      FEBRUARY - 1,
    ],
    [
      'the first whole minute of its item',
      { meteredFrom: { [RATE]: JANUARY + 90 } },
      NOW,
      JANUARY + 120,
    ],
    ['not before the period', { meteredFrom: { [RATE]: JANUARY - 90 } }, NOW, JANUARY + 60],
  ])('as of %s', (_case, period, now, timestamp) => {
    expect(nextReport(stateOf(using({}, period)), RATE, now)?.report.timestamp).toBe(timestamp);
    const inFlight = report({ refusedAt: 1 });
    const refused = nextReport(stateOf(using({ inFlight }, period)), RATE, now);
    expect(refused?.report).toEqual({ ...inFlight, timestamp });
  });
});

describe('nothing is reported', () => {
  test.each<[string, BillingState, string[]]>([
    ['twice', stateOf(using(), february()), [RATE]],
    [
      'while a recount changes the figures, but what is under way',
      { ...stateOf(using()), recount: { number: 1, reasons: [] } },
      [],
    ],
    ['of a customer who is gone', { ...stateOf(using()), isCustomerGone: true }, []],
    [
      'before it is known what there is',
      { ...stateOf(using()), recovering: { untilSequence: 1, settlements: [], invoices: [] } },
      [],
    ],
    ['of a period that is final', stateOf(using({}, { phase: 'finalized' })), []],
    ['of an item that is to be exchanged', stateOf(using({}, { outdatedItems: [RATE] })), []],
    ['of another rate than that', stateOf(using({}, { outdatedItems: ['x'] })), [RATE]],
  ])('%s', (_case, state, rates) => {
    expect(ratesToReport(state)).toEqual(rates);
  });

  test('out of order: rates are reported by name', () => {
    const rates = { zen: aRateOf(), acme: aRateOf() };
    expect(ratesToReport(stateOf(aPeriod({ rates })))).toEqual(['acme', 'zen']);
  });

  test('and what is under way is, while the ledger is counted again', () => {
    const state = {
      ...stateOf(using({ inFlight: report() })),
      recount: { number: 1, reasons: [] },
    };
    expect(ratesToReport(state)).toEqual([RATE]);
  });
});

test('a refusal is noted of the report that is under way', () => {
  const state = stateOf(using({ inFlight: report() }), february());
  const refused = refuseReport(state, { periodStart: JANUARY, rateId: RATE, report: report() }, 7);
  expect(refused.periods[0]?.rates[RATE]?.inFlight).toEqual(report({ refusedAt: 7 }));
  expect(hasRefused(refused, RATE)).toBe(true);
  expect([hasRefused(refused, 'x'), hasRefused(state, RATE)]).toEqual([false, false]);
  const none = refuseReport(
    stateOf(using()),
    { periodStart: JANUARY, rateId: RATE, report: report() },
    7,
  );
  expect(none.periods[0]?.rates[RATE]?.inFlight).toBeNull();
});

test('a period may have reports of its plan’s rates, and of all that were counted', () => {
  const period = aPeriod({ rates: { [RATE]: NO_TOKENS, old: NO_TOKENS }, meteredFrom: { old: 7 } });
  expect(meteredRates(period)).toEqual([
    { id: RATE, meterEventName: 'tollkeeper_overage_standard' },
    { id: 'old', meterEventName: 'tollkeeper_old', from: 7 },
  ]);
  expect(Object.keys(meteredRates(period)[0] ?? {})).not.toContain('from');
});

test('Stripe has all of a period once each rate is acknowledged', () => {
  const all = using({ reportedTokens: 9 });
  expect(acknowledgedTokens(all)).toEqual({ [RATE]: 9 });
  const flushed = (state: BillingState) => isFlushed(state, JANUARY);
  expect(flushed(stateOf(all))).toBe(true);
  expect(flushed(stateOf(using({ reportedTokens: 8 })))).toBe(false);
  expect(flushed(stateOf(using({ reportedTokens: 9, inFlight: report() })))).toBe(false);
  expect(flushed(stateOf(february()))).toBe(true);
  const recovering = { untilSequence: 1, settlements: [], invoices: [] };
  expect(flushed({ ...stateOf(all), recovering })).toBe(false);
});

test('a report is known by its subscription, period, rate and number', () => {
  const of = { periodStart: JANUARY, rateId: RATE, report: report({ number: 3 }) };
  expect(reportIdentifier(aState(), of)).toBe(`sub_ada:${JANUARY}:${RATE}:3`);
  const old = stateOf(aPeriod({ subscriptionId: 'sub_old' }));
  expect(reportIdentifier(old, of)).toBe(`sub_old:${JANUARY}:${RATE}:3`);
});
