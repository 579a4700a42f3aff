/** Goal: an app is advised by what holds, in words that its people can act on. */
import { accessOf } from '../../../src/core/subscription/access';
import type { AccessFacts } from '../../../src/core/subscription/access';

describe('the advice to an app', () => {
  const policy = {
    ...{ warnAtPercent: 80, throttleAtPercent: 100 },
    ...{ throttledRequestsPerMinute: 5, upgradeTo: 'pro' },
  };
  const of = (is: Partial<AccessFacts>) =>
    accessOf({
      ...{ policy, billingStatus: 'active', dunningAccess: null, includedTokens: 100 },
      ...{ usedTokens: 0, uncoveredTokens: 0, ...is },
    });
  const reason = (code: string, message: string) => ({ code, message });
  const unpaid = reason('payment_past_due', 'An invoice is unpaid.');

  test.each<[string, Partial<AccessFacts>, object]>([
    ['nothing', {}, { state: 'ok', reasons: [] }],
    [
      'that it has ended, and nothing else',
      { billingStatus: 'ended', uncoveredTokens: 100 },
      { state: 'revoked', reasons: [reason('subscription_ended', 'The subscription has ended.')] },
    ],
    [
      'that it is paused',
      { billingStatus: 'paused' },
      {
        state: 'warned',
        reasons: [
          reason(
            'subscription_paused',
            'The trial is over and there is no way to pay: the subscription is paused.',
          ),
        ],
      },
    ],
    [
      'that nothing was paid yet',
      { billingStatus: 'incomplete' },
      {
        state: 'warned',
        reasons: [reason('payment_incomplete', 'The first payment is not made yet.')],
      },
    ],
    [
      'that an invoice is unpaid',
      { billingStatus: 'past_due' },
      { state: 'warned', reasons: [unpaid] },
    ],
    ['that dunning has begun', { dunningAccess: 'warned' }, { state: 'warned', reasons: [unpaid] }],
    [
      'that dunning throttles, to the plan’s own limit',
      { dunningAccess: 'throttled' },
      { state: 'throttled', reasons: [unpaid], requestsPerMinute: 5 },
    ],
    [
      'that dunning throttles, to sixty where the plan has none',
      { dunningAccess: 'throttled', policy: { ...policy, throttledRequestsPerMinute: null } },
      { state: 'throttled', reasons: [unpaid], requestsPerMinute: 60 },
    ],
    [
      'that the allowance runs out, and which plan would help',
      { usedTokens: 80, uncoveredTokens: 80 },
      {
        ...{ state: 'warned', upgrade: 'pro' },
        reasons: [reason('allowance_warning', '80 of 100 included tokens are used.')],
      },
    ],
    [
      'that it has, less what grants cover',
      { usedTokens: 130, uncoveredTokens: 100 },
      {
        ...{ state: 'throttled', upgrade: 'pro', requestsPerMinute: 5 },
        reasons: [
          reason(
            'allowance_exceeded',
            '130 of 100 included tokens are used, 30 of them covered by grants.',
          ),
        ],
      },
    ],
    [
      'that it has, without a limit or a plan that would help',
      {
        ...{ usedTokens: 100, uncoveredTokens: 100 },
        policy: { ...policy, throttledRequestsPerMinute: null, upgradeTo: null },
      },
      {
        state: 'warned',
        reasons: [reason('allowance_exceeded', '100 of 100 included tokens are used.')],
      },
    ],
    [
      'that nobody knows the plan',
      { policy: null, usedTokens: 200, uncoveredTokens: 200 },
      {
        state: 'ok',
        reasons: [
          reason(
            'plan_unknown',
            'No catalog that was ever stored has the plan, so usage leads to no advice.',
          ),
        ],
      },
    ],
    [
      'nothing where the policy is never to warn',
      { usedTokens: 99, uncoveredTokens: 99, policy: { ...policy, warnAtPercent: null } },
      { state: 'ok', reasons: [] },
    ],
  ])('says %s', (_case, is, expected) => {
    expect(of(is)).toEqual(expected);
  });
});
