/**
 * Goal: counted again after a change, usage comes to what it would have been had the change held
 * from the start, and Stripe is told exactly the difference.
 */
import type { BillingState } from '../../../src/core/state/billing-state';
import { countBatches, hasGap } from '../../../src/core/counting/counting';
import { withGrant } from '../../../src/core/counting/grants';
import { recountInput, takeOverRecount } from '../../../src/core/counting/recount';
import { acknowledgeReport, beginReport } from '../../../src/core/counting/reporting';
import { followSubscription } from '../../../src/core/subscription/subscription';
import {
  aBatch,
  aGrant,
  aLine,
  aPeriod,
  aRate,
  aState,
  aSubscription,
  FEBRUARY,
  JANUARY,
  MARCH,
  someTerms,
} from '../../support/builders/builders';
import {
  nextOfAll,
  recount,
  recountAnswer,
  reportAll,
  tokensOf,
} from '../../support/builders/recounting';
import { findPeriod, NO_TOKENS, requestRecount, withPeriod } from '../../../src/core/state/periods';
import type { PeriodState } from '../../../src/core/state/period-state';

const RATE = 'overage_standard';
const PRO = someTerms({ planId: 'pro', includedTokens: 500_000 });
const payg = aRate({ id: 'payg_standard', pricePerMillionTokens: '2.00' });
const PAYG = someTerms({ planId: 'pay_as_you_go', includedTokens: 0, rates: [payg] });

const upgraded = (state: BillingState, terms = PRO) =>
  followSubscription(state, aSubscription({ terms }));

const LEDGER = [aBatch(1, aLine(150_000))];
const [REPORTED] = reportAll(countBatches(aState(), LEDGER));

test('an upgrade takes back the overage that its allowance covers', () => {
  const [state, sent] = reportAll(recount(upgraded(REPORTED), LEDGER));
  expect(tokensOf(sent)).toEqual([-50_000]);
  expect(state.periods[0]?.rates[RATE]).toMatchObject({ tokens: 0, reportedTokens: 0, reports: 2 });
});

test('what a vendor sells within the allowance is counted once, and none of it is left over', () => {
  const acme = aRate({ id: 'vendor_acme', vendor: 'acme' });
  const terms = someTerms({ rates: [aRate(), acme], allowanceVendors: ['acme'] });
  const ledger = [aBatch(1, aLine(150_000, { vendor: 'acme' }))];
  const state = countBatches(aState({ periods: [aPeriod({ terms })] }), ledger);
  const after = recount(
    upgraded(state, { ...terms, planId: 'pro', includedTokens: 120_000 }),
    ledger,
  );
  expect(after.periods[0]).toMatchObject({
    usedTokens: 150_000,
    rates: { vendor_acme: { tokens: 30_000 } },
  });
  expect(after.unbilledTokens).toBe(0);
});

test('a change to a plan with other rates moves the usage from the old rates to the new', () => {
  const after = recount(upgraded(REPORTED, PAYG), LEDGER);
  expect(after.periods[0]?.rates).toMatchObject({
    overage_standard: { tokens: 0, reportedTokens: 50_000 },
    payg_standard: { tokens: 150_000, reportedTokens: 0 },
  });
});

test('a grant takes back the overage that it covers, and no more', () => {
  const granted = withGrant(REPORTED, { id: 'goodwill', tokens: 20_000, expiresAt: null });
  const [state, sent] = reportAll(recount(granted, LEDGER));
  expect(tokensOf(sent)).toEqual([-20_000]);
  expect(state.grants[0]?.usedTokens).toBe(20_000);
});

test('counted again for another reason, what a grant had covered is given back to it first', () => {
  const granted = withGrant(REPORTED, { id: 'goodwill', tokens: 20_000, expiresAt: null });
  const once = recount(granted, LEDGER);
  const twice = recount(requestRecount(once, 'granted'), LEDGER);
  expect([twice.periods, twice.grants]).toEqual([once.periods, once.grants]);
});

test('each request has a number of its own, also after the one before it was answered', () => {
  const first = requestRecount(aState(), 'granted');
  const second = requestRecount(recount(first, []), 'plan');
  expect([first, second].map((state) => state.recount)).toEqual([
    { number: 1, reasons: ['granted'] },
    { number: 2, reasons: ['plan'] },
  ]);
});

test('a report under way while the ledger is counted keeps its identity, and is part of the sum', () => {
  const counted = countBatches(aState(), LEDGER);
  const first = nextOfAll(counted);
  if (!first) throw new Error('nothing to report');
  const after = recount(upgraded(beginReport(counted, first)), LEDGER);
  expect(nextOfAll(after)).toEqual(first);
  expect(tokensOf(reportAll(acknowledgeReport(after, first))[1])).toEqual([-50_000]);
});

test('while a recount is pending usage is heard of, and counted once after it', () => {
  const ledger = [...LEDGER, aBatch(2, aLine(1_000))];
  const pending = countBatches(upgraded(REPORTED, PAYG), [aBatch(2, aLine(1_000))]);
  expect(pending.periods[0]?.usedTokens).toBe(150_000);
  expect(hasGap(pending)).toBe(false);
  const after = recount(pending, ledger);
  expect(hasGap(after)).toBe(true);
  expect(countBatches(after, ledger).periods[0]?.usedTokens).toBe(151_000);
});

test('a draft that equalled the ledger is to be compared again', () => {
  const state = aState({ periods: [aPeriod({ phase: 'reconciled' })] });
  expect(recount(requestRecount(state, 'granted'), []).periods[0]?.phase).toBe('closing');
});

test('what was invoiced is not counted again: only periods that take usage are', () => {
  const finalized = aPeriod({ phase: 'finalized', usedTokens: 7 });
  const state = aState({ periods: [finalized, aPeriod({ start: FEBRUARY, end: MARCH })] });
  const after = recount(requestRecount(state, 'granted'), LEDGER);
  expect(after.periods.map(({ usedTokens }) => usedTokens)).toEqual([7, 0]);
});

test('when a period is finalized meanwhile, the answer is not used: its grants stay taken', () => {
  const ledger = [aBatch(1, aLine(100_600))];
  const used = upgraded(countBatches(aState({ grants: [aGrant()] }), ledger));
  const answer = recountAnswer(used, ledger);
  const january = findPeriod(used, JANUARY) ?? aPeriod();
  const after = takeOverRecount(withPeriod(used, { ...january, phase: 'finalized' }), answer);
  expect(after.grants).toEqual([aGrant({ usedTokens: 600 })]);
  expect(after.recount?.number).toBe(2);
  expect(recount(after, ledger)).toMatchObject({ grants: after.grants, recount: null });
});

describe('taken over', () => {
  const used = (usedTokens: number, is: Partial<PeriodState> = {}) =>
    aPeriod({ usedTokens, ...is });
  const afterEnd = { tokens: 9, rates: { [RATE]: 9 } };
  const answer = (...periods: PeriodState[]) => ({ periods, grants: [], afterEnd });
  const pending = (usedTokens: number, recount: object, is: Partial<BillingState> = {}) =>
    aState({
      ...{ billingStatus: 'ended', unbilledTokens: 10, periods: [used(usedTokens)] },
      recount: { number: 1, reasons: ['a test'], ...recount },
      ...is,
    });

  test('what came before the customer’s return was known is unbilled no more', () => {
    const state = takeOverRecount(pending(0, { returnedAt: JANUARY }), answer(used(7)));
    expect(state.unbilledTokens).toBe(3);
    expect(takeOverRecount(pending(0, {}), answer(used(7))).unbilledTokens).toBe(10);
  });

  test('only what a cut has left out comes after the end', () => {
    const cut = { cutPeriod: JANUARY };
    const after = (tokens: number, recount: object) =>
      takeOverRecount(pending(tokens, recount), answer(used(7))).afterEnd;
    expect([after(9, cut), after(7, cut), after(9, {})]).toEqual([afterEnd, undefined, undefined]);
  });

  test('without a gap none is made up', () => {
    expect(takeOverRecount(pending(7, {}), answer(used(7)))).not.toHaveProperty('gaps');
  });

  test('a period that is final meanwhile is the reason for counting once more', () => {
    const final = pending(7, {}, { periods: [used(7, { phase: 'finalized' })] });
    expect(takeOverRecount(final, answer(used(7))).recount?.reasons).toEqual([
      ...['a test', 'a period was finalized meanwhile'],
    ]);
  });

  test('the last second that was reported of stays the last', () => {
    const at = (lastSecond: number) => ({ rates: { [RATE]: { ...NO_TOKENS, lastSecond } } });
    const last = (before: number, counted: number) =>
      takeOverRecount(
        pending(0, {}, { periods: [used(7, at(before))] }),
        answer(used(7, at(counted))),
      ).periods[0]?.rates[RATE]?.lastSecond;
    expect([last(500, 300), last(300, 500)]).toEqual([500, 500]);
  });

  test('what is billed by a line keeps what was settled of it, and the rest is due', () => {
    const acme = aRate({ id: 'acme', vendor: 'acme' });
    const terms = someTerms({ rates: [aRate(), acme], lineRates: ['acme'] });
    const settled = { settledTokens: 500, settlements: 1 };
    const other = { tokens: 3, settledTokens: 0, settlements: 0 };
    const late = { acme: { tokens: 1_500, ...settled, inTimeTokens: 1_000 }, other };
    const state = requestRecount(aState({ periods: [aPeriod({ terms, late })] }), 'a test');
    const counted = (tokens: number) =>
      recount({ ...state, appliedSequence: 1 }, [aBatch(1, aLine(tokens, { vendor: 'acme' }))])
        .periods[0]?.late;
    expect(counted(1_200)).toEqual({
      acme: { tokens: 1_200, ...settled, inTimeTokens: 700 },
      other,
    });
  });
});

test('of several times without a subscription the one before the return is counted', () => {
  const gap = (subscriptionId: string, start: number, end: number) => ({
    ...{ subscriptionId, start, end, tokens: 0, valueCents: '0' },
  });
  const gaps = [gap('sub_1', JANUARY - 9, JANUARY - 5), gap('sub_2', JANUARY - 3, JANUARY)];
  const recounted = { number: 1, reasons: ['a test'], returnedAt: JANUARY };
  expect(recountInput(aState({ gaps, recount: recounted })).gap).toMatchObject({
    ...{ subscriptionId: 'sub_2', start: JANUARY - 3, end: JANUARY },
  });
});
