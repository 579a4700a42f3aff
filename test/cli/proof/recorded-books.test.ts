/** Goal: what `verify-invoice` knows of a period's plans is what the close knew of them. */
import { booksOf } from '../../../src/core/proof/books';
import { beginReplay } from '../../../src/core/proof/replay';
import { statementOf } from '../../../src/core/invoices/statement';
import { followSubscription } from '../../../src/core/subscription/subscription';
import { recordedBooks } from '../../../src/cli/proof/recorded-books';
import type { Catalog } from '../../../src/core/plans/catalog';
import { aPeriod, aState, aSubscription, someTerms } from '../../support/builders/builders';
import { FEBRUARY, JANUARY, MARCH } from '../../support/builders/builders';

const pro = someTerms({ planId: 'pro', monthlyPriceCents: 9900 });
/** What is on record needs none. */
const NO_CATALOG = { plans: [] } as unknown as Catalog;
const DAY = 86_400;

/** February began with Starter, became Pro, and was cut short: as the workflow has it. */
const state = [
  aSubscription({ currentPeriod: { start: FEBRUARY, end: MARCH }, terms: pro }),
  aSubscription({
    currentPeriod: { start: FEBRUARY, end: MARCH },
    terms: pro,
    status: 'canceled',
    endedAt: FEBRUARY + 20 * DAY,
  }),
].reduce(
  followSubscription,
  aState({
    periods: [aPeriod(), aPeriod({ start: FEBRUARY, end: MARCH })],
  }),
);

test('former plans and the end that a period was to have are read from the record', () => {
  const recorded = state.periods.map((period) => {
    const { formerPlans, wholeEnd } = statementOf(state, period);
    const { start, end, terms } = period;
    return { start, end, terms, closedAt: null, formerPlans, ...(wholeEnd && { wholeEnd }) };
  });
  const books = recordedBooks(beginReplay('ada', 'active', recorded), [], NO_CATALOG);
  const ours = booksOf(state);
  expect(books.periodFrom(FEBRUARY)).toMatchObject({
    wholeEnd: MARCH,
    plans: [{ planId: 'starter' }, { planId: 'pro' }],
  });
  for (const second of [JANUARY, FEBRUARY])
    expect(books.periodFrom(second)).toEqual(ours.periodFrom(second));
});

test('what an earlier release recorded has at least the plan that it ended with', () => {
  const [january = aPeriod()] = state.periods;
  const { start, end, terms } = january;
  const replay = beginReplay('ada', 'active', [{ start, end, terms, closedAt: null }]);
  const plans = recordedBooks(replay, [], NO_CATALOG).periodFrom(JANUARY)?.plans ?? [];
  expect(plans[0]).toMatchObject({ planId: 'starter' });
});
