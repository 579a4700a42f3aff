/** Goal: a vendor's usage without an item is asked one for, or becomes a line of its invoice. */
import {
  describeExceeded,
  itemsToAskFor,
  lacksItem,
  noteVendorItems,
  usedRates,
  withoutItems,
} from '../../../src/core/vendors/vendor-items';
import type { BillingState } from '../../../src/core/state/billing-state';
import type { PeriodState } from '../../../src/core/state/period-state';
import { NO_TOKENS } from '../../../src/core/state/periods';
import {
  aPeriod,
  aRate,
  aState,
  FEBRUARY,
  MARCH,
  someTerms,
} from '../../support/builders/builders';

describe('a vendor’s item', () => {
  const acme = aRate({ id: 'acme', vendor: 'acme' });
  const terms = someTerms({ rates: [aRate(), acme], vendorItems: 'on_first_use' });
  const used = { ...NO_TOKENS, tokens: 5 };
  const january = (is: Partial<PeriodState> = {}) =>
    aPeriod({ terms, rates: { acme: used }, ...is });
  const february = aPeriod({ terms, start: FEBRUARY, end: MARCH });
  const state = (is: Partial<BillingState> = {}) =>
    aState({ periods: [january()], vendorItems: {}, ...is });
  const inFlight = { number: 1, tokens: 1, timestamp: 1, firstAttemptAt: 1 };

  test.each<[string, Partial<BillingState>, PeriodState, string, boolean]>([
    ['that is not there lacks', {}, january(), 'acme', true],
    ['that is there does not', { vendorItems: { acme: FEBRUARY - 1 } }, january(), 'acme', false],
    [
      'that came with the next period does',
      { vendorItems: { acme: FEBRUARY } },
      january(),
      'acme',
      true,
    ],
    ['of our own rate never does', {}, january(), 'overage_standard', false],
    [
      'where all have theirs from the start never does',
      {},
      aPeriod({ terms: someTerms({ rates: [acme] }) }),
      'acme',
      false,
    ],
    [
      'of nobody knows what is not said to lack',
      { vendorItems: undefined },
      january(),
      'acme',
      false,
    ],
    [
      'of an earlier subscription is that one’s',
      { vendorItems: { acme: 1 } },
      january({ subscriptionId: 'sub_old', vendorItems: {} }),
      'acme',
      true,
    ],
    [
      'of an earlier one that has it does not',
      {},
      january({ subscriptionId: 'sub_old', vendorItems: { acme: 1 } }),
      'acme',
      false,
    ],
  ])('%s', (_case, is, period, rateId, lacks) => {
    expect(lacksItem(state(is), period, rateId)).toBe(lacks);
  });

  test('is used once Stripe has, or is to have, tokens of its rate', () => {
    const rates = {
      a: NO_TOKENS,
      b: used,
      c: { ...NO_TOKENS, reportedTokens: 1 },
      d: { ...NO_TOKENS, inFlight },
    };
    expect(usedRates(aPeriod({ rates }))).toEqual(['b', 'c', 'd']);
  });

  test('is asked for once, unless the usage is of a period that is over', () => {
    const full = { kind: 'items_exceeded', subject: 'acme', message: 'x', since: 1 } as const;
    expect(itemsToAskFor(state())).toEqual(['acme']);
    expect(itemsToAskFor(state({ exceptions: [full] }))).toEqual([]);
    expect(itemsToAskFor(state({ exceptions: [{ ...full, subject: 'x' }] }))).toEqual(['acme']);
    expect(itemsToAskFor(state({ exceptions: [{ ...full, kind: 'price_differs' }] }))).toEqual([
      'acme',
    ]);
    const both = state({ exceptions: [full], periods: [january(), february] });
    expect(itemsToAskFor(both)).toEqual(['acme']);
    expect(itemsToAskFor(state({ vendorItems: { acme: 1 } }))).toEqual([]);
    expect(itemsToAskFor(state({ periods: [january({ phase: 'paid' })] }))).toEqual([]);
  });

  test('of what has ended is asked for only where an invoice can bear a line', () => {
    expect(itemsToAskFor(state({ billingStatus: 'ended' }))).toEqual([]);
    const invoice = { id: 'in_1', status: 'draft', totalCents: 1 };
    expect(
      itemsToAskFor(state({ billingStatus: 'ended', periods: [january({ invoice })] })),
    ).toEqual(['acme']);
  });

  test('that came too late is replaced by lines, which bill what came in time', () => {
    const noted = noteVendorItems(state({ periods: [january(), february] }), {
      acme: FEBRUARY,
      overage_standard: 1,
    });
    expect(noted.vendorItems).toEqual({ acme: FEBRUARY });
    expect(noted.periods).toEqual([
      january({
        terms: { ...terms, lineRates: ['acme'] },
        rates: {},
        late: { acme: { tokens: 5, settledTokens: 0, settlements: 0, inTimeTokens: 5 } },
      }),
      february,
    ]);
  });

  test('is only noted where it came in time, or its period lasts', () => {
    const periods = [january(), february];
    expect(noteVendorItems(state({ periods }), { acme: 1 }).periods).toEqual(periods);
    expect(noteVendorItems(state(), {}).periods).toEqual([january()]);
    const final = [january({ phase: 'paid' }), february];
    expect(noteVendorItems(state({ periods: final }), {}).periods).toEqual(final);
    const own = aState();
    expect(noteVendorItems(own, { acme: 1 })).toBe(own);
  });

  test('that is taken away is there no more', () => {
    const items = { acme: 1, zen: 2 };
    expect(withoutItems(state({ vendorItems: items }), ['acme']).vendorItems).toEqual({ zen: 2 });
    const none = aState();
    expect(withoutItems(none, ['acme'])).toBe(none);
  });

  test('for which there is no room is told with the vendor', () => {
    expect(describeExceeded(state(), 'acme', 20)).toBe(
      'ada uses acme of vendor acme, and its subscription has 20 items in use already, the most it ' +
        "can have. The usage is counted, and becomes a line of this period's invoice. If Stripe " +
        'lets your account have more, say so by subscriptionItemsMax in the catalog, then retry.',
    );
    expect(describeExceeded(state(), 'x', 20)).toContain('uses x of vendor unknown,');
  });
});

describe('the items of a subscription that ended', () => {
  const acme = aRate({ id: 'acme', vendor: 'acme' });
  const terms = someTerms({ rates: [aRate(), acme], vendorItems: 'on_first_use' });
  const rates = { acme: { ...NO_TOKENS, tokens: 5 } };
  const left = (is: Partial<PeriodState>) =>
    noteVendorItems(
      aState({ billingStatus: 'ended', periods: [aPeriod({ terms, rates, ...is })] }),
      {},
    ).periods[0]?.rates;

  test('come no more: its last invoice has a line, if there is one', () => {
    expect(left({ invoice: { id: 'in_1', status: 'draft', totalCents: 0 } })).toEqual({});
    expect(left({ invoice: null })).toEqual(rates);
  });

  test('are noted, though a period before had them all from the start', () => {
    const before = aPeriod({ terms: someTerms(), phase: 'paid' });
    const now = aPeriod({ terms, start: FEBRUARY, end: MARCH });
    const noted = noteVendorItems(aState({ periods: [before, now] }), { acme: FEBRUARY });
    expect(noted.vendorItems).toEqual({ acme: FEBRUARY });
  });
});
