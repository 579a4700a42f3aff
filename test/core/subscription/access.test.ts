/** Advice as the allowance runs out: warned, throttled, never blocked. */
import { accessOf } from '../../../src/core/subscription/access';
import type { AccessFacts } from '../../../src/core/subscription/access';

const facts = (change: Partial<AccessFacts>): AccessFacts => ({
  policy: {
    warnAtPercent: 80,
    throttleAtPercent: 300,
    throttledRequestsPerMinute: 60,
    upgradeTo: 'pro',
  },
  billingStatus: 'active',
  dunningAccess: null,
  includedTokens: 100_000,
  usedTokens: 0,
  uncoveredTokens: change.usedTokens ?? 0,
  ...change,
});

test.each([
  [79_999, 'ok'],
  [80_000, 'warned'],
  [299_999, 'warned'],
  [300_000, 'throttled'],
  [9_000_000_000, 'throttled'],
])('at %i of 100,000 tokens the customer is %s', (usedTokens, state) => {
  expect(accessOf(facts({ usedTokens })).state).toBe(state);
});

test('the throttled are told their rate and the plan that helps', () => {
  expect(accessOf(facts({ usedTokens: 300_000 }))).toMatchObject({
    requestsPerMinute: 60,
    upgrade: 'pro',
  });
});

test('unlimited and empty allowances are never used up', () => {
  expect(accessOf(facts({ includedTokens: null, usedTokens: 9e12 })).state).toBe('ok');
  expect(accessOf(facts({ includedTokens: 0, usedTokens: 9e12 })).state).toBe('ok');
});

test('an unpaid invoice warns, and only the end of the subscription revokes', () => {
  expect(accessOf(facts({ billingStatus: 'past_due' })).state).toBe('warned');
  expect(accessOf(facts({ billingStatus: 'incomplete' }))).toMatchObject({
    ...{ state: 'warned', reasons: [{ code: 'payment_incomplete' }] },
  });
  expect(accessOf(facts({ billingStatus: 'ended' })).state).toBe('revoked');
});

test('nobody is throttled for tokens that a grant covers', () => {
  const used = { usedTokens: 400_000 };
  expect(accessOf(facts({ ...used, uncoveredTokens: 100_000 }))).toMatchObject({
    state: 'warned',
    reasons: [
      {
        code: 'allowance_warning',
        message: '400000 of 100000 included tokens are used, 300000 of them covered by grants.',
      },
    ],
  });
  expect(accessOf(facts({ ...used, uncoveredTokens: 300_000 })).state).toBe('throttled');
});

test('a plan that no catalog has gives no advice, and says so', () => {
  expect(accessOf(facts({ policy: null, usedTokens: 9e12 }))).toMatchObject({
    state: 'ok',
    reasons: [{ code: 'plan_unknown' }],
  });
});
