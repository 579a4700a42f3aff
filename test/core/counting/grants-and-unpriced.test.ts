/** Goal: what grants may still cover is known, and usage without a price is somebody's decision. */
import { DomainError } from '../../../src/core/errors';
import {
  assertGrantable,
  GRANTS_MAX,
  inOrderOfUse,
  takenByPeriods,
  tokensLeft,
  withGrant,
  withoutGrant,
} from '../../../src/core/counting/grants';
import { noteUnpriced, writeOffUnpriced } from '../../../src/core/counting/unpriced';
import { uncoveredTokens } from '../../../src/core/counting/allowance';
import { countLine } from '../../../src/core/counting/count-line';
import { countBatches } from '../../../src/core/counting/counting';
import type { TokenGrant } from '../../../src/core/state/remembered';
import {
  aBatch,
  aGrant,
  aLine,
  aPeriod,
  aState,
  FEBRUARY,
  JANUARY,
  MARCH,
  someTerms,
} from '../../support/builders/builders';

const february = aPeriod({ start: FEBRUARY, end: MARCH });

describe('a grant', () => {
  test('is for usage from the current period on, and for all that was counted of it', () => {
    const state = withGrant(aState({ periods: [aPeriod(), february] }), aGrant());
    expect(state.grants).toEqual([aGrant({ since: FEBRUARY })]);
    expect(state.recount?.reasons).toEqual(['granted 1000 tokens (goodwill)']);
  });

  test('that could not be recorded is taken away, and counted without', () => {
    const state = aState({ grants: [aGrant(), aGrant({ id: 'other' })] });
    const without = withoutGrant(state, 'goodwill');
    expect(without.grants).toEqual([aGrant({ id: 'other' })]);
    expect(without.recount?.reasons).toEqual(['grant goodwill was not recorded']);
    expect(withoutGrant(state, 'x')).toBe(state);
  });

  test('that expires first is used first, then the older, then by name', () => {
    const grants = [
      aGrant({ id: 'c' }),
      aGrant({ id: 'b' }),
      aGrant({ id: 'later', since: FEBRUARY }),
      aGrant({ id: 'march', expiresAt: MARCH }),
      aGrant({ id: 'soon', expiresAt: FEBRUARY }),
    ];
    const ids = (all: TokenGrant[]) => all.map(({ id }) => id);
    const expected = ['soon', 'march', 'b', 'c', 'later'];
    expect(ids(inOrderOfUse(grants))).toEqual(expected);
    expect(ids(inOrderOfUse([...grants].reverse()))).toEqual(expected);
  });

  test('has used what the periods have of it', () => {
    const periods = [
      aPeriod({ grantUses: { goodwill: 3 } }),
      aPeriod({ grantUses: { other: 9 } }),
      aPeriod(),
    ];
    expect(takenByPeriods([aGrant({ usedTokens: 4 })], periods)).toEqual([
      aGrant({ usedTokens: 7 }),
    ]);
  });

  test.each<[string, Partial<TokenGrant>, number]>([
    ['all that is unused', { usedTokens: 300 }, 700],
    ['nothing of one that is spent', { usedTokens: 1_000 }, 0],
    ['nothing less of one that is overspent', { usedTokens: 1_200 }, 0],
    ['nothing of one for later periods', { since: FEBRUARY }, 0],
    ['all of one that began with the last second', { since: FEBRUARY - 1 }, 1_000],
    ['all of one that expires after now', { expiresAt: JANUARY + 6 }, 1_000],
    ['nothing of one that expires now', { expiresAt: JANUARY + 5 }, 0],
  ])('leaves %s', (_case, is, left) => {
    expect(tokensLeft([aGrant(is)], { end: FEBRUARY }, JANUARY + 5)).toBe(left);
    expect(
      tokensLeft([aGrant(is), aGrant({ id: 'b', tokens: 7 })], { end: FEBRUARY }, JANUARY + 5),
    ).toBe(left + 7);
  });

  const refusal = (state: Parameters<typeof assertGrantable>[0], is: Partial<TokenGrant> = {}) => {
    try {
      assertGrantable(state, aGrant(is));
    } catch (error) {
      if (error instanceof DomainError) return [error.code, error.message];
      throw error;
    }
    return [];
  };

  test('is refused with the values seen, and what was expected', () => {
    expect(refusal(aState())).toEqual([]);
    const none = 'a grant needs a subscription with a period.';
    expect(refusal(aState({ billingStatus: 'ended' }))).toEqual([
      'subscription_not_active',
      `ada is ended: ${none}`,
    ]);
    expect(refusal(aState({ periods: [] }))).toEqual([
      'subscription_not_active',
      `ada is active: ${none}`,
    ]);
    expect(refusal(aState(), { expiresAt: JANUARY })).toEqual([
      'invalid_request',
      `The grant expires at ${JANUARY}, before the current period began (${JANUARY}): expected a ` +
        'later time, or none.',
    ]);
    expect(refusal(aState(), { expiresAt: JANUARY + 1 })).toEqual([]);
    const given = aState({ grants: [aGrant()] });
    expect(refusal(given)).toEqual([]);
    expect(refusal(given, { tokens: 5 })).toEqual([
      'grant_conflict',
      'Grant goodwill is of 1000 tokens until ever, the request says 5 until ever: use another id.',
    ]);
    expect(refusal(given, { expiresAt: MARCH })[1]).toContain(
      `until ever, the request says 1000 until ${MARCH}:`,
    );
    const expiring = aState({ grants: [aGrant({ expiresAt: MARCH })] });
    expect(refusal(expiring)[1]).toContain(`until ${MARCH}, the request says 1000 until ever:`);
    const grants = Array.from({ length: GRANTS_MAX }, (_, at) => aGrant({ id: `g${at}` }));
    expect(refusal(aState({ grants }))).toEqual([
      'too_many_grants',
      'ada has 50 grants, the most there may be: let one expire.',
    ]);
    expect(refusal(aState({ grants }), { id: 'g3' })).toEqual([]);
    expect(refusal(aState({ grants: grants.slice(1) }))).toEqual([]);
  });
});

test.each([
  // used, granted so far, used by now, left of grants, and what counts towards the limits
  [100_000, 0, 100_000, 0, 100_000],
  [101_000, 1_000, 101_000, 0, 100_000],
  [100_000, 0, 100_500, 400, 100_100],
  [100_000, 0, 100_500, 900, 100_000],
  [90_000, 0, 100_500, 900, 100_000],
  [101_000, 0, 100_500, 900, 100_500],
])(
  'of %d used, %d granted, %d by now and %d left, %d count',
  (usedTokens, grantedTokens, now, left, expected) => {
    const counted = { usedTokens, grantedTokens };
    expect(uncoveredTokens(someTerms(), counted, now, left)).toBe(expected);
  },
);

describe('usage that no rate prices', () => {
  const unpriced = (is = {}) => aPeriod({ unpricedTokens: 900, ...is });
  const told = (tokens: number, since = 5) => ({
    ...{ kind: 'usage_unpriced', subject: '2026-01-01T00:00:00Z', since },
    message:
      `${tokens} billable tokens of the period from 2026-01-01T00:00:00Z on have no price: no ` +
      'rate of plan starter as it was sold covers their models and token types. They are ' +
      'recorded, and on no invoice. Move the customer to a catalog version with a rate for them, ' +
      'or write_off.',
  });

  test('is told of each period, with the tokens of now', () => {
    const once = noteUnpriced(aState({ periods: [unpriced(), february] }), 5);
    expect(once.exceptions).toEqual([told(900)]);
    expect(noteUnpriced(once, 6)).toBe(once);
    const more = { ...once, periods: [unpriced({ unpricedTokens: 950 })] };
    expect(noteUnpriced(more, 6).exceptions).toEqual([told(950)]);
  });

  test('is told no more once it is written off, until there is more', () => {
    const once = noteUnpriced(aState({ periods: [unpriced(), february] }), 5);
    const given = writeOffUnpriced(once, '2026-01-01T00:00:00Z');
    expect(given.periods).toEqual([unpriced({ writtenOffTokens: 900 }), february]);
    expect(noteUnpriced(given, 6).exceptions).toEqual([]);
    const more = { ...given, periods: [unpriced({ unpricedTokens: 950, writtenOffTokens: 900 })] };
    expect(noteUnpriced({ ...more, exceptions: [] }, 6).exceptions).toEqual([told(50, 6)]);
    expect(writeOffUnpriced(once, 'x')).toBe(once);
  });
});

describe('counting', () => {
  test.each([
    [-1, '-1 tokens'],
    [0.5, '0.5 tokens'],
  ])('%d tokens break an invariant', (tokens, message) => {
    expect(() => countLine(aPeriod(), aLine(tokens))).toThrow(message);
  });

  test('what no exact number can hold breaks an invariant', () => {
    const full = aPeriod({ usedTokens: Number.MAX_SAFE_INTEGER });
    expect(() => countLine(full, aLine(1))).toThrow('9007199254740992 tokens in a period');
  });

  test('takes batches in their order, in whatever they come', () => {
    const batches = [aBatch(3, aLine(5)), aBatch(1, aLine(1)), aBatch(2, aLine(3))];
    const state = countBatches(aState(), batches);
    expect(state.appliedSequence).toBe(3);
    expect(state.periods[0]?.usedTokens).toBe(9);
  });

  test('what reaches a draft that was compared has it compared again', () => {
    const state = aState({ periods: [aPeriod({ phase: 'reconciled', usedTokens: 100_000 })] });
    expect(countBatches(state, [aBatch(1, aLine(5))]).periods[0]?.phase).toBe('closing');
    const final = aState({ periods: [aPeriod({ phase: 'finalized', usedTokens: 100_000 })] });
    expect(countBatches(final, [aBatch(1, aLine(5))]).periods[0]?.phase).toBe('finalized');
  });
});
