/** Goal: usage after the end of a subscription is billed nowhere, and somebody is told. */
import {
  addCutOff,
  afterEndValueCents,
  describeAfterEnd,
  uninvoicedTokens,
  usageAfterEnd,
  withCutOff,
  withoutAfterEnd,
} from '../../../src/core/subscription/after-end';
import { countBatches } from '../../../src/core/counting/counting';
import { followSubscription } from '../../../src/core/subscription/subscription';
import {
  aBatch,
  aLine,
  aPeriod,
  aState,
  aSubscription,
  FEBRUARY,
  JANUARY,
} from '../../support/builders/builders';
import { recount } from '../../support/builders/recounting';
import { NO_TOKENS, requestRecount } from '../../../src/core/state/periods';

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

test('an operator reads what it is worth, and what to do', () => {
  const state = countBatches(ended(), [aBatch(1, aLine(1_000_000, { second: FEBRUARY }))]);
  expect(describeAfterEnd(state)).toBe(
    'The subscription has ended, and the customer goes on: 1000000 tokens since then, worth 300 ' +
      'cents at the rates of its plan, are billed nowhere. Stop them, or give the customer a new ' +
      'subscription.',
  );
  expect(describeAfterEnd(ended())).toContain(': 0 tokens since then, worth 0 cents');
});

test('what was given up counts as used after the end, and is open no more', () => {
  const used = countBatches(ended(), [aBatch(1, aLine(1_000_000, { second: FEBRUARY }))]);
  const state = withoutAfterEnd(used);
  expect(state).not.toHaveProperty('afterEnd');
  expect(usageAfterEnd(state)).toEqual({ tokens: 1_000_000, valueCents: '300' });
  expect(withoutAfterEnd(state)).toEqual(state);
  expect(withoutAfterEnd(ended(), { tokens: 5, rates: {} })).toEqual(ended());
  expect(usageAfterEnd(ended())).toEqual({ tokens: 0, valueCents: '0' });
});

test('more given up than is there leaves nothing', () => {
  const state = countBatches(ended(), [aBatch(1, aLine(5, { second: FEBRUARY }))]);
  const more = { tokens: 7, rates: { overage_standard: 7 } };
  expect(withoutAfterEnd(state, more)).not.toHaveProperty('afterEnd');
});

describe('counted again', () => {
  const cutAt = JANUARY + 86_400;
  const cut = aState({
    ...{ billingStatus: 'ended', periods: [aPeriod({ end: cutAt, wholeEnd: FEBRUARY })] },
  });

  test.each([
    ['a second before the new end', cutAt - 1, undefined],
    ['at the new end', cutAt, 5],
    ['in the last second that the period once had', FEBRUARY - 1, 5],
    ['after the end that it once had', FEBRUARY, undefined],
  ])('usage %s is cut off, or not', (_when, second, tokens) => {
    expect(addCutOff(cut, aLine(5, { second })).afterEnd?.tokens).toBe(tokens);
  });

  test('a period that was not cut has nothing cut off', () => {
    expect(addCutOff(aState(), aLine(5, { second: FEBRUARY })).afterEnd).toBeUndefined();
  });

  test('what was cut off is added only where the subscription has ended', () => {
    const cutOff = { tokens: 5, rates: { overage_standard: 5 } };
    expect(withCutOff(ended(), cutOff).afterEnd).toEqual(cutOff);
    expect(withCutOff(aState(), cutOff).afterEnd).toBeUndefined();
    expect(withCutOff(ended(), undefined).afterEnd).toBeUndefined();
  });
});

describe('of the last period of a subscription for which Stripe made no invoice', () => {
  const rates = { overage_standard: { ...NO_TOKENS, tokens: 50_000 } };
  const invoice = {
    ...{ id: 'in_1', status: 'open', quantities: {}, amountCents: 0, currency: 'usd' },
  } as unknown as NonNullable<ReturnType<typeof aPeriod>['invoice']>;

  test.each([
    ['all is uninvoiced', {}, 50_000],
    ['nothing is, once another invoice bills it', { invoice }, 0],
    ['nothing is, where all of it came after the end', { end: JANUARY }, 0],
  ])('%s', (_what, is, tokens) => {
    const state = aState({ billingStatus: 'ended', periods: [aPeriod({ rates, ...is })] });
    expect(uninvoicedTokens(state, aSubscription({ isLastPeriodInvoiced: false }))).toBe(tokens);
  });
});
