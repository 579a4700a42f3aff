/** Goal: usage after the end of a subscription is billed nowhere, and somebody is told. */
import {
  afterEndValueCents,
  describeAfterEnd,
  withoutAfterEnd,
} from '../../../src/core/subscription/after-end';
import { countBatches } from '../../../src/core/counting/counting';
import { followSubscription } from '../../../src/core/subscription/subscription';
import {
  aBatch,
  aLine,
  aState,
  aSubscription,
  FEBRUARY,
  JANUARY,
} from '../../support/builders/builders';
import { recount } from '../../support/builders/recounting';
import { requestRecount } from '../../../src/core/state/periods';

const ended = () => aState({ billingStatus: 'ended' });

test('400,000 tokens after the end are told with what they would have been worth', () => {
  const state = countBatches(ended(), [
    aBatch(1, aLine(150_000), aLine(250_000, { second: FEBRUARY })),
    aBatch(2, aLine(150_000, { second: FEBRUARY + 60 })),
  ]);
  expect(state.afterEnd).toEqual({ tokens: 400_000, rates: { overage_standard: 400_000 } });
  expect(afterEndValueCents(state)).toBe('120');
  expect(describeAfterEnd(state)).toContain('400000 tokens since then, worth 120 cents');
});

test.each([
  ['of a period that is known', ended(), aLine(5)],
  ['before the first period', ended(), aLine(5, { second: JANUARY - 1 })],
  ['while it lasts', aState(), aLine(5, { second: FEBRUARY })],
])('usage %s is no such usage', (_when, state, line) => {
  expect(countBatches(state, [aBatch(1, line)]).afterEnd).toBeUndefined();
});

test('written off, it begins anew', () => {
  const state = countBatches(ended(), [aBatch(1, aLine(7, { second: FEBRUARY }))]);
  const more = countBatches(withoutAfterEnd(state), [aBatch(2, aLine(9, { second: FEBRUARY }))]);
  expect(more.afterEnd?.tokens).toBe(9);
  expect(withoutAfterEnd(more, { tokens: 7, rates: { overage_standard: 7 } }).afterEnd).toEqual({
    ...{ tokens: 2, rates: { overage_standard: 2 } },
  });
});

const CUT = JANUARY + 20 * 86_400;
const canceled = { status: 'canceled', endedAt: CUT };

test('what was counted before we heard of the end is told, at the rates of its plan', () => {
  const ledger = [
    aBatch(1, aLine(150_000, { second: CUT - 1 }), aLine(2_000_000, { second: CUT })),
  ];
  const state = recount(
    followSubscription(countBatches(aState(), ledger), aSubscription(canceled)),
    ledger,
  );
  expect(state.unbilledTokens).toBe(2_000_000);
  expect(state.afterEnd).toEqual({ tokens: 2_000_000, rates: { overage_standard: 2_000_000 } });
  expect(recount(requestRecount(state, 'a grant'), ledger).afterEnd).toEqual(state.afterEnd);
});
