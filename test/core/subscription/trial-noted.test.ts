/** Goal: a trial that was taken for an ordinary period is none of its usage’s price any more. */
import { noteTrial, trialTerms } from '../../../src/core/subscription/trial';
import type { PeriodState } from '../../../src/core/state/period-state';
import { NO_TOKENS } from '../../../src/core/state/periods';
import { aPeriod, aState, FEBRUARY, JANUARY, someTerms } from '../../support/builders/builders';

const RATE = 'overage_standard';

describe('a trial', () => {
  const trial = { trialStart: JANUARY, trialEnd: FEBRUARY };
  const noted = (is: Partial<PeriodState>, read = trial as Parameters<typeof noteTrial>[1]) =>
    noteTrial(aState({ periods: [aPeriod(is)] }), read);

  test('that we took for an ordinary period is counted again, if anything was counted', () => {
    const used = noted({ usedTokens: 5 });
    expect(used.periods[0]?.terms).toEqual(trialTerms(someTerms()));
    expect(used.recount?.reasons).toEqual(['usage of a trial is not billed']);
    expect(noted({}).recount).toBeNull();
    expect(
      noted({ rates: { [RATE]: { ...NO_TOKENS, reportedTokens: 1 } } }).recount,
    ).not.toBeNull();
    expect(noted({ rates: { [RATE]: { ...NO_TOKENS, tokens: 1 } } }).recount).not.toBeNull();
    expect(noted({ rates: { [RATE]: NO_TOKENS } }).recount).toBeNull();
  });

  test('of which one period was used and another was not is counted again', () => {
    const middle = JANUARY + 86_400;
    const periods = [aPeriod({ end: middle, usedTokens: 5 }), aPeriod({ start: middle })];
    expect(noteTrial(aState({ periods }), trial).recount).not.toBeNull();
  });

  test.each<[string, Partial<PeriodState>, Parameters<typeof noteTrial>[1]]>([
    ['begins after the period does', {}, { ...trial, trialStart: JANUARY + 1 }],
    ['ends before the period does', {}, { ...trial, trialEnd: FEBRUARY - 1 }],
    ['was none', {}, { trialStart: null, trialEnd: null }],
    ['was read before trials were told apart', {}, { trialEnd: FEBRUARY }],
    ['is known', { terms: trialTerms(someTerms()) }, trial],
    ['is final', { phase: 'paid' }, trial],
  ])('that %s changes nothing', (_case, is, read) => {
    const state = aState({ periods: [aPeriod(is)] });
    expect(noteTrial(state, read)).toBe(state);
  });
});
