/** Goal: another subscription follows the one that has ended, and every token is in one place. */
import fc from 'fast-check';
import type { BillingState } from '../../../src/core/state/billing-state';
import { countBatches } from '../../../src/core/counting/counting';
import { followSubscription } from '../../../src/core/subscription/subscription';
import { unbilledTimes } from '../../../src/core/subscription/unbilled';
import { allPeriods } from '../../../src/core/state/periods';
import type { UsageBatch } from '../../../src/core/usage/usage';
import {
  aBatch,
  aGrant,
  aLine,
  aPeriod,
  aState,
  aSubscription,
  FEBRUARY,
  JANUARY,
  MARCH,
} from '../../support/builders/builders';
import { recount } from '../../support/builders/recounting';

const DAY = 24 * 3_600;
const END = JANUARY + 10 * DAY;
const RETURN = FEBRUARY;

const ended = aSubscription({ status: 'canceled', endedAt: END });
const returned = aSubscription({
  subscriptionId: 'sub_2',
  startedAt: RETURN,
  currentPeriod: { start: RETURN, end: MARCH },
});

/** The end is known after so many batches, and the return after so many more. */
function live(ledger: readonly UsageBatch[], endKnown: number, returnKnown: number): BillingState {
  const before = countBatches(aState(), ledger.slice(0, endKnown));
  const left = recount(followSubscription(before, ended), ledger);
  const between = countBatches(left, ledger.slice(endKnown, returnKnown));
  const back = followSubscription(between, returned);
  const again = back.recount === null ? back : recount(back, ledger);
  return countBatches(again, ledger.slice(returnKnown));
}

test('the periods of both stand side by side', () => {
  const state = followSubscription(followSubscription(aState(), ended), returned);
  expect(allPeriods(state)).toMatchObject([
    { subscriptionId: aState().subscriptionId, start: JANUARY, end: END },
    { start: RETURN, end: MARCH },
  ]);
  expect(state).toMatchObject({ subscriptionId: 'sub_2', billingStatus: 'active' });
});

test('reading it again changes nothing', () => {
  const state = followSubscription(followSubscription(aState(), ended), returned);
  expect(followSubscription(state, returned)).toEqual(state);
});

test('whenever the end and the return become known, each token is counted where it belongs', () => {
  const second = fc.integer({ min: JANUARY, max: MARCH - 1 });
  const tokens = fc.integer({ min: 1, max: 500_000 });
  const lines = fc.array(fc.tuple(second, tokens), { minLength: 1, maxLength: 12 });
  const knownAfter = fc.tuple(fc.nat({ max: 12 }), fc.nat({ max: 12 }));
  fc.assert(
    fc.property(lines, knownAfter, (usage, [a, b]) => {
      const inOrder = [...usage].sort(([one], [other]) => one - other);
      const ledger = inOrder.map(([at, sum], index) =>
        aBatch(index + 1, aLine(sum, { second: at })),
      );
      const sumOf = (from: number, to: number): number =>
        usage.reduce((sum, [at, used]) => sum + (at >= from && at < to ? used : 0), 0);
      // Nothing of a period can be counted before it is known.
      const known = (edge: number) => inOrder.filter(([at]) => at < edge).length;
      const endKnown = Math.min(a, known(FEBRUARY));
      const state = live(ledger, endKnown, Math.max(endKnown, Math.min(b, ledger.length)));
      const [first, second] = allPeriods(state);
      expect(first?.usedTokens).toBe(sumOf(JANUARY, END));
      expect(second?.usedTokens).toBe(sumOf(RETURN, MARCH));
      const between = unbilledTimes(state).reduce((sum, time) => sum + time.tokens, 0);
      expect(between).toBe(sumOf(END, RETURN));
    }),
    { numRuns: 300 },
  );
});

test('grants are kept, or end with the subscription, as the catalog has it', () => {
  const state = followSubscription(aState({ grants: [aGrant({ expiresAt: null })] }), ended);
  expect(followSubscription(state, returned).grants).toMatchObject([{ expiresAt: null }]);
  const expiring = followSubscription(state, { ...returned, grantsAfterEnd: 'expire' });
  expect(expiring.grants).toMatchObject([{ expiresAt: END }]);
});

test('an earlier end of a grant stays', () => {
  const grants = [aGrant({ expiresAt: END - DAY })];
  const state = followSubscription(aState({ grants }), ended);
  const expiring = followSubscription(state, { ...returned, grantsAfterEnd: 'expire' });
  expect(expiring.grants).toMatchObject([{ expiresAt: END - DAY }]);
});

describe('the last period before a gap is remembered while usage of the gap may come', () => {
  const start = FEBRUARY + 60 * DAY;
  const currentPeriod = { start, end: start + 30 * DAY };
  const gap = (change = {}) => ({
    ...{ subscriptionId: 'sub_old', start: FEBRUARY, end: start - 30 * DAY },
    ...{ tokens: 0, valueCents: '0', ...change },
  });
  const remembered = (gaps: BillingState['gaps'], of: string | undefined = 'sub_old'): number => {
    const former = { ...aPeriod({ phase: 'paid' }), ...(of && { subscriptionId: of }) };
    const state = aState({ periods: [aPeriod(currentPeriod)], archived: [former], gaps });
    return followSubscription(state, aSubscription({ startedAt: start, currentPeriod })).archived
      .length;
  };

  test('it is, and longer than its own usage needs', () => expect(remembered([gap()])).toBe(1));

  test.each<[string, BillingState['gaps']]>([
    ['there is no gap', undefined],
    ['there is none any more', []],
    ['the gap is another subscription’s', [gap({ subscriptionId: 'sub_older' })]],
    ['the gap begins at another time', [gap({ start: FEBRUARY + DAY })]],
    ['the gap ended 36 days before', [gap({ end: start - 36 * DAY })]],
  ])('it is not where %s', (_where, gaps) => {
    expect(remembered(gaps)).toBe(0);
  });

  test('nor is a period of the subscription that lasts', () => {
    expect(remembered([gap()], '')).toBe(0);
  });
});
