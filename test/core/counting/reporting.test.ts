/** Goal: every billable token is reported once, under an identity that survives a restart. */
import fc from 'fast-check';
import type { BillingState } from '../../../src/core/state/billing-state';
import { countBatches } from '../../../src/core/counting/counting';
import {
  acknowledgeReport,
  beginReport,
  isFlushed,
  meteredRates,
  nextReport,
  ratesToReport,
  REPORT_TOKENS_MAX,
  refuseReport,
  reportIdentifier,
} from '../../../src/core/counting/reporting';
import {
  aBatch,
  aLine,
  aPeriod,
  aState,
  FEBRUARY,
  JANUARY,
  MARCH,
} from '../../support/builders/builders';
import { requestRecount, withPeriod, NO_TOKENS } from '../../../src/core/state/periods';

const RATE = 'overage_standard';
const overBy = (tokens: number, sequence = 1, state = aState()): BillingState =>
  countBatches(state, [aBatch(sequence, aLine(100_000 + tokens))]);
const next = (state: BillingState) => nextReport(state, RATE, 1000) ?? fail('nothing to report');
const fail = (message: string): never => {
  throw new Error(message);
};

test('within the allowance there is nothing to report', () => {
  expect(ratesToReport(overBy(0))).toEqual([]);
});

test('the first overage is reported at once, with number, tokens and the second of the usage', () => {
  const state = overBy(50_000);
  expect(ratesToReport(state)).toEqual([RATE]);
  expect(next(state)).toEqual({
    periodStart: JANUARY,
    rateId: RATE,
    report: { number: 1, tokens: 50_000, timestamp: JANUARY + 3600, firstAttemptAt: 1000 },
  });
  expect(reportIdentifier(state, next(state))).toBe(`sub_ada:${JANUARY}:overage_standard:1`);
});

test('while a report is under way further overage waits, and the report keeps its identity', () => {
  const begun = beginReport(overBy(10), next(overBy(10)));
  const more = countBatches(begun, [aBatch(2, aLine(5))]);
  expect(nextReport(more, RATE, 999_999)).toEqual(next(overBy(10)));
  const acknowledged = acknowledgeReport(more, next(overBy(10)));
  expect(next(acknowledged).report).toMatchObject({ number: 2, tokens: 5 });
});

test('a period is flushed when all its tokens are acknowledged and none is under way', () => {
  const state = overBy(10);
  expect(isFlushed(state, JANUARY)).toBe(false);
  const begun = beginReport(state, next(state));
  expect(isFlushed(begun, JANUARY)).toBe(false);
  expect(isFlushed(acknowledgeReport(begun, next(state)), JANUARY)).toBe(true);
});

test('a report never exceeds Stripe’s 15 digits; the rest follows', () => {
  const state = aState({
    periods: [
      aPeriod({
        rates: {
          [RATE]: {
            tokens: REPORT_TOKENS_MAX + 7,
            reportedTokens: 0,
            reports: 0,
            lastSecond: JANUARY + 60,
            inFlight: null,
          },
        },
      }),
    ],
  });
  expect(next(state).report.tokens).toBe(999_999_999_999_999);
  const after = acknowledgeReport(beginReport(state, next(state)), next(state));
  expect(next(after).report).toMatchObject({ number: 2, tokens: 7 });
});

describe('where fewer tokens are billable than were reported', () => {
  const corrected = (tokens: number, reportedTokens: number, overrides = {}): BillingState => {
    const rate = { tokens, reportedTokens, reports: 4, lastSecond: JANUARY + 90, inFlight: null };
    return aState({ periods: [aPeriod({ rates: { [RATE]: rate }, ...overrides })] });
  };

  test('the next report is negative, under a number and second of its own', () => {
    const state = corrected(20, 50);
    expect(ratesToReport(state)).toEqual([RATE]);
    expect(next(state).report).toEqual({
      ...{ number: 5, tokens: -30, timestamp: JANUARY + 90, firstAttemptAt: 1000 },
    });
    expect(reportIdentifier(state, next(state))).toBe(`sub_ada:${JANUARY}:overage_standard:5`);
  });

  test('a correction under way keeps its identity, whatever is counted meanwhile', () => {
    const begun = beginReport(corrected(20, 50), next(corrected(20, 50)));
    const more = countBatches(begun, [aBatch(1, aLine(100_100))]);
    expect(nextReport(more, RATE, 999_999)).toEqual(next(corrected(20, 50)));
    const after = acknowledgeReport(more, next(corrected(20, 50)));
    expect(next(after).report).toMatchObject({ number: 6, tokens: 100 });
  });

  test('the period is not flushed until the correction is acknowledged', () => {
    const state = corrected(20, 50);
    expect(isFlushed(state, JANUARY)).toBe(false);
    const begun = beginReport(state, next(state));
    expect(isFlushed(begun, JANUARY)).toBe(false);
    expect(isFlushed(acknowledgeReport(begun, next(state)), JANUARY)).toBe(true);
  });

  test('a correction never exceeds Stripe’s 15 digits either; the rest follows', () => {
    const state = corrected(0, REPORT_TOKENS_MAX + 7);
    expect(next(state).report.tokens).toBe(-999_999_999_999_999);
    const after = acknowledgeReport(beginReport(state, next(state)), next(state));
    expect(next(after).report).toMatchObject({ number: 6, tokens: -7 });
  });

  test('a finalized period is not corrected: it would land on another invoice', () => {
    expect(ratesToReport(corrected(20, 50, { phase: 'finalized' }))).toEqual([]);
  });

  test('a report that was under way when its period was finalized is brought to its end', () => {
    const begun = beginReport(corrected(20, 50), next(corrected(20, 50)));
    const finalized = withPeriod(begun, { ...aPeriod(), ...begun.periods[0], phase: 'finalized' });
    expect(nextReport(finalized, RATE, 5)).toEqual(next(corrected(20, 50)));
  });
});

describe('while the ledger is counted again', () => {
  const state = requestRecount(overBy(10), 'granted');

  test('no report is begun: its figure is about to change', () => {
    expect(ratesToReport(state)).toEqual([]);
  });

  test('a report under way is brought to its end', () => {
    expect(ratesToReport(beginReport(state, next(state)))).toEqual([RATE]);
  });
});

describe('a rate that was added within the period is reported from then on', () => {
  const added = (from: number, lastSecond: number, end = FEBRUARY): number => {
    const rates = { [RATE]: { ...NO_TOKENS, tokens: 1, lastSecond } };
    const period = aPeriod({ end, rates, meteredFrom: { [RATE]: from } });
    return next(aState({ periods: [period] })).report.timestamp;
  };
  const MIDDLE = JANUARY + 500;

  test.each([
    ['usage before it: in its first whole minute', MIDDLE, JANUARY + 10, JANUARY + 540],
    ['usage after it: at its own second', MIDDLE, JANUARY + 777, JANUARY + 777],
    ['added in the last minute: not before it was added', FEBRUARY - 20, MIDDLE, FEBRUARY - 20],
    ['and usage after that at its own second', FEBRUARY - 20, FEBRUARY - 5, FEBRUARY - 5],
    ['added in the last second: in it', FEBRUARY - 1, MIDDLE, FEBRUARY - 1],
  ])('%s', (_when, from, lastSecond, expected) => {
    expect(added(from, lastSecond)).toBe(expected);
  });

  test('another rate of the period is reported from the period’s start on', () => {
    const rates = { [RATE]: { ...NO_TOKENS, tokens: 1, lastSecond: JANUARY + 10 } };
    const period = aPeriod({ rates, meteredFrom: { other: MIDDLE } });
    expect(next(aState({ periods: [period] })).report.timestamp).toBe(JANUARY + 10);
  });
});

test('the meters of a period are those of its plan, and of what was reported before it', () => {
  const period = aPeriod({ rates: { payg_standard: NO_TOKENS, [RATE]: NO_TOKENS } });
  expect(meteredRates(period)).toEqual([
    { id: RATE, meterEventName: 'tollkeeper_overage_standard' },
    { id: 'payg_standard', meterEventName: 'tollkeeper_payg_standard' },
  ]);
});

test('periods take turns on a rate: the older one is reported first', () => {
  const periods = [aPeriod(), aPeriod({ start: FEBRUARY, end: MARCH })];
  const state = countBatches(aState({ periods }), [
    aBatch(1, aLine(100_001), aLine(100_002, { second: FEBRUARY + 60 })),
  ]);
  expect(next(state)).toMatchObject({ periodStart: JANUARY, report: { tokens: 1 } });
  const after = acknowledgeReport(beginReport(state, next(state)), next(state));
  expect(next(after)).toMatchObject({ periodStart: FEBRUARY, report: { tokens: 2 } });
});

test('an old report that Stripe refuses does not keep later periods from reporting', () => {
  const rates = { [RATE]: { ...NO_TOKENS, tokens: 10 } };
  const january = aPeriod({ rates });
  const february = aPeriod({ start: FEBRUARY, end: MARCH, rates });
  const state = aState({ periods: [january, february] });
  const old = next(state);
  const refused = refuseReport(beginReport(state, old), old, 5_000);
  expect(next(refused)).toMatchObject({ periodStart: FEBRUARY, report: { tokens: 10 } });
  const acknowledged = acknowledgeReport(refused, next(refused));
  expect(next(acknowledged)).toEqual({ ...old, report: { ...old.report, refusedAt: 5_000 } });
  const both = refuseReport(beginReport(refused, next(refused)), next(refused), 6_000);
  expect(next(both).periodStart).toBe(JANUARY);
  expect(next(refuseReport(both, old, 7_000)).periodStart).toBe(FEBRUARY);
});

test('a finalized period reports nothing new: it would land on no invoice', () => {
  const state = overBy(10);
  const finalized = {
    ...state,
    periods: [{ ...aPeriod(), ...state.periods[0], phase: 'finalized' as const }],
  };
  expect(ratesToReport(finalized)).toEqual([]);
});

test('the sum of acknowledged reports is the overage, however usage and reports interleave', () => {
  const steps = fc.array(
    fc.oneof(fc.integer({ min: 1, max: 70_000 }), fc.constant('report' as const)),
  );
  fc.assert(
    fc.property(steps, (all) => {
      let state = aState();
      let sequence = 0;
      let used = 0;
      const sent: number[] = [];
      const report = () => {
        const found = nextReport(state, RATE, 0);
        if (!found) return;
        state = acknowledgeReport(beginReport(state, found), found);
        sent.push(found.report.tokens);
        expect(found.report.number).toBe(sent.length);
      };
      for (const step of all) {
        if (step === 'report') report();
        else {
          sequence += 1;
          used += step;
          state = countBatches(state, [aBatch(sequence, aLine(step))]);
        }
      }
      report();
      expect(sent.reduce((sum, tokens) => sum + tokens, 0)).toBe(Math.max(0, used - 100_000));
      expect(isFlushed(state, JANUARY)).toBe(true);
    }),
  );
});
