/** Goal: what is given or left open around the periods of a customer is of the right one. */
import { withGrant } from '../../../src/core/counting/grants';
import { hasUnsettledLate, isOver } from '../../../src/core/counting/late-tokens';
import { aPeriod, aState, FEBRUARY, JANUARY, MARCH } from '../../support/builders/builders';

describe('around the periods of a customer', () => {
  const late = (settledTokens: number, correctionCents?: number) =>
    aPeriod({
      ...{ phase: 'paid' },
      late: {
        x: {
          tokens: 5,
          settledTokens,
          settlements: 1,
          ...(correctionCents && { correctionCents }),
        },
      },
    });

  test('a grant is for usage from the current one on, be it the second', () => {
    const periods = [aPeriod(), aPeriod({ start: FEBRUARY, end: MARCH })];
    const grant = { id: 'goodwill', tokens: 5, expiresAt: null };
    expect(withGrant(aState({ periods }), grant).grants).toMatchObject([{ since: FEBRUARY }]);
    expect(withGrant(aState(), grant).grants).toMatchObject([{ since: JANUARY }]);
  });

  test('while a subscription lasts invoices come, though none of them takes usage', () => {
    expect(isOver(aState({ periods: [aPeriod({ phase: 'paid' })] }))).toBe(false);
    expect(isOver(aState({ billingStatus: 'ended', periods: [late(5)] }))).toBe(true);
  });

  test('late usage is unsettled while tokens or cents of it are open', () => {
    expect([late(5), late(4), late(5, 1)].map(hasUnsettledLate)).toEqual([false, true, true]);
  });
});
