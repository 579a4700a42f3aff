/** Goal: grants are used after the allowance and before overage, by rule, and never beyond. */
import fc from 'fast-check';
import type { BillingState } from '../../../src/core/state/billing-state';
import { countBatches } from '../../../src/core/counting/counting';
import { DomainError } from '../../../src/core/errors';
import {
  assertGrantable,
  dropSpentGrants,
  GRANTS_MAX,
  withGrant,
} from '../../../src/core/counting/grants';
import type { NewGrant } from '../../../src/core/counting/grants';
import { countLine } from '../../../src/core/counting/count-line';
import { followSubscription } from '../../../src/core/subscription/subscription';
import type { UsageLine } from '../../../src/core/usage/usage';
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
import type { PeriodState } from '../../../src/core/state/period-state';
import type { TokenGrant } from '../../../src/core/state/remembered';

const DAY = 86_400;
const SECOND = aLine(0).second;
const acme = aRate({ id: 'vendor_acme', vendor: 'acme' });
const FULL = aPeriod({ usedTokens: 100_000 });

/** What these lines come to in January: uses by grant, overage by rate, what grants have left. */
function used(grants: readonly TokenGrant[], lines: readonly UsageLine[], start = FULL) {
  let counted = { period: start, grants };
  for (const line of lines) counted = countLine(counted.period, line, counted.grants);
  const { period } = counted;
  const billable = Object.entries(period.rates).map(([id, { tokens }]) => [id, tokens]);
  return {
    period,
    uses: period.grantUses ?? {},
    billable: Object.fromEntries(billable) as Record<string, number>,
    left: Object.fromEntries(counted.grants.map((one) => [one.id, one.tokens - one.usedTokens])),
  };
}

const codeOf = (act: () => void): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
  return 'allowed';
};

test('the allowance is used first, then the grant, and only then there is overage', () => {
  const period = aPeriod({ usedTokens: 99_000 });
  expect(used([aGrant()], [aLine(2_500)], period)).toMatchObject({
    uses: { goodwill: 1_000 },
    billable: { overage_standard: 500 },
    left: { goodwill: 0 },
  });
});

test('usage within the allowance leaves grants alone', () => {
  expect(used([aGrant()], [aLine(100_000)], aPeriod())).toMatchObject({ uses: {}, billable: {} });
});

test('on an unlimited plan grants are never used', () => {
  const unlimited = aPeriod({ terms: someTerms({ includedTokens: null }) });
  expect(used([aGrant()], [aLine(10 ** 9)], unlimited)).toMatchObject({
    left: { goodwill: 1_000 },
  });
});

test('usage sold by a vendor leaves grants alone', () => {
  const period = aPeriod({ usedTokens: 100_000, terms: someTerms({ rates: [aRate(), acme] }) });
  expect(used([aGrant()], [aLine(700, { vendor: 'acme' })], period)).toMatchObject({
    uses: {},
    billable: { vendor_acme: 700 },
  });
});

test('what expires first is used first, whatever the order in which it was given', () => {
  const given: NewGrant[] = [
    { id: 'forever', tokens: 100, expiresAt: null },
    { id: 'later', tokens: 100, expiresAt: FEBRUARY },
    { id: 'soon', tokens: 100, expiresAt: FEBRUARY - DAY },
  ];
  const { grants } = given.reduce(withGrant, aState());
  expect(used(grants, [aLine(150)]).uses).toEqual({ soon: 100, later: 50 });
});

test.each([
  ['the second before it expires, a grant is used', SECOND + 1, 700],
  ['at the second it expires, no more', SECOND, 0],
  ['nor after it has expired', SECOND - 1, 0],
])('%s', (_when, expiresAt, expected) => {
  expect(used([aGrant({ expiresAt })], [aLine(700)]).uses.goodwill ?? 0).toBe(expected);
});

test.each([
  ['usage in the first second of the period in which it was given may use a grant', SECOND, 700],
  ['usage before that may not', SECOND + 1, 0],
])('%s', (_when, since, expected) => {
  expect(used([aGrant({ since })], [aLine(700)]).uses.goodwill ?? 0).toBe(expected);
});

test('a grant holds from the start of the current period on, and the ledger is counted again', () => {
  const periods = [aPeriod(), aPeriod({ start: FEBRUARY, end: MARCH })];
  const state = withGrant(aState({ periods }), { id: 'g', tokens: 5, expiresAt: null });
  expect(state.grants).toEqual([aGrant({ id: 'g', tokens: 5, since: FEBRUARY })]);
  expect(state.recount).toEqual({ number: 1, reasons: ['granted 5 tokens (g)'] });
});

test('the same grant again changes nothing, even with another number of tokens', () => {
  const once = withGrant(aState(), { id: 'g', tokens: 5, expiresAt: null });
  expect(withGrant(once, { id: 'g', tokens: 500, expiresAt: MARCH })).toBe(once);
});

test('two periods share a grant in ledger order, not in the order of the periods', () => {
  const periods = [FULL, aPeriod({ start: FEBRUARY, end: MARCH, usedTokens: 100_000 })];
  const state = countBatches(aState({ periods, grants: [aGrant()] }), [
    aBatch(1, aLine(600, { second: FEBRUARY + 60 })),
    aBatch(2, aLine(600)),
  ]);
  expect(state.periods.map(({ grantUses }) => grantUses)).toEqual([
    { goodwill: 400 },
    { goodwill: 600 },
  ]);
  expect(state.periods[0]?.rates.overage_standard?.tokens).toBe(200);
});

test('a grant that no known period can use any more is forgotten', () => {
  const grants = [aGrant({ id: 'gone', expiresAt: JANUARY }), aGrant({ expiresAt: JANUARY + 1 })];
  expect(dropSpentGrants(aState({ grants })).grants.map(({ id }) => id)).toEqual(['goodwill']);
});

test('a grant that only late usage can use is kept as long as late usage may come', () => {
  const archived = [aPeriod({ phase: 'paid' })];
  const periods = [aPeriod({ start: FEBRUARY, end: MARCH })];
  const state = aState({ archived, periods, grants: [aGrant({ expiresAt: FEBRUARY })] });
  expect(dropSpentGrants(state)).toBe(state);
});

test('grants come back from the database in whatever order, and are used in theirs', () => {
  const grants = [aGrant({ id: 'a' }), aGrant({ id: 'B' }), aGrant({ id: 'z', expiresAt: MARCH })];
  const recovered = { archivedUntil: null, reports: [], grants };
  const state = followSubscription(
    aState({ billingStatus: 'pending', periods: [] }),
    aSubscription({ recovered }),
  );
  const given = [...grants].reduce<BillingState>(withGrant, aState());
  expect(state.grants.map(({ id }) => id)).toEqual(given.grants.map(({ id }) => id));
});

const many = Array.from({ length: GRANTS_MAX }, (_, at) => aGrant({ id: `g${at}` }));
const fresh: NewGrant = { id: 'new', tokens: 1, expiresAt: null };
test.each([
  ['a grant is given to a customer with a period', aState(), fresh, 'allowed'],
  [
    'not after the subscription has ended',
    aState({ billingStatus: 'ended' }),
    fresh,
    'subscription_not_active',
  ],
  ['not before there is a period', aState({ periods: [] }), fresh, 'subscription_not_active'],
  [
    'not when it expires before the current period',
    aState(),
    { ...fresh, expiresAt: JANUARY },
    'invalid_request',
  ],
  ['not beyond the most there may be', aState({ grants: many }), fresh, 'too_many_grants'],
  [
    'one of the most there may be again is no further one',
    aState({ grants: many }),
    many.find(({ id }) => id === 'g7') ?? fresh,
    'allowed',
  ],
  [
    'other figures under the id of another are a conflict',
    aState({ grants: many }),
    { ...fresh, id: 'g7', tokens: 77 },
    'grant_conflict',
  ],
])('%s', (_case, state, grant, expected) => {
  expect(codeOf(() => assertGrantable(state, grant))).toBe(expected);
});

describe('for any usage and grants', () => {
  // An id may be any word, those included that every JavaScript object has a meaning for.
  const ids = ['a', 'b', 'constructor', '__proto__', 'toString'];
  const time = fc.integer({ min: JANUARY, max: JANUARY + 20 });
  const line = fc.record({
    tokens: fc.integer({ min: 0, max: 60 }),
    second: time,
    vendor: fc.option(fc.constant('acme'), { nil: undefined }),
  });
  const grant = fc.record({
    id: fc.constantFrom(...ids),
    tokens: fc.integer({ min: 1, max: 80 }),
    since: time,
    expiresAt: fc.option(time, { nil: null }),
    usedTokens: fc.constant(0),
  });
  const world = fc.record({
    lines: fc.array(line, { maxLength: 20, size: 'max' }),
    grants: fc.uniqueArray(grant, { maxLength: 5, selector: ({ id }) => id }),
    includedTokens: fc.integer({ min: 0, max: 150 }),
  });
  const own = (id: string, uses: PeriodState['grantUses']): number =>
    Object.entries(uses ?? {}).find(([name]) => name === id)?.[1] ?? 0;

  test('allowance, grants and overage add up to what was used, and no grant is overspent', () => {
    fc.assert(
      fc.property(world, ({ lines, grants, includedTokens }) => {
        const terms = someTerms({ includedTokens, rates: [aRate(), acme] });
        const all = lines.map(({ tokens, ...rest }) => aLine(tokens, rest));
        const { period, billable, left } = used(grants, all, aPeriod({ terms }));
        const covered = grants.map(({ id }) => own(id, period.grantUses));
        const granted = covered.reduce((sum, tokens) => sum + tokens, 0);
        const included = Math.min(period.usedTokens, includedTokens);
        expect(included + granted + (billable.overage_standard ?? 0)).toBe(period.usedTokens);
        grants.forEach(({ id, tokens }, at) => {
          const remaining = Object.entries(left).find(([name]) => name === id)?.[1] ?? NaN;
          expect(remaining).toBeGreaterThanOrEqual(0);
          expect(remaining).toBe(tokens - (covered[at] ?? NaN));
        });
      }),
    );
  });
});
