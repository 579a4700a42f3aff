/** Goal: an item at Stripe that does not charge what was sold is told, and never guessed at. */
import {
  acceptPrice,
  comparePrices,
  describePrice,
  heldBefore,
  isAccepted,
  withAcceptedPrices,
} from '../../../src/core/plans/sold-prices';
import {
  aPeriod,
  aRate,
  aState,
  FEBRUARY,
  JANUARY,
  MARCH,
  someTerms,
} from '../../support/builders/builders';
import type { PriceDifference, SoldItem } from '../../../src/core/state/remembered';

const RATE = 'overage_standard';
const BASE = { planId: 'starter', monthlyPriceCents: 2900 };
const base = (is: Partial<SoldItem> = {}): SoldItem => ({
  ...{ priceId: 'price_base', planId: 'starter', rateId: null, unitAmount: '2900', quantity: 1 },
  ...is,
});
/** $3.00 a million are 0.0003 cents a token. */
const metered = (is: Partial<SoldItem> = {}): SoldItem => ({
  ...{ priceId: 'price_rate', planId: null, rateId: RATE, unitAmount: '0.0003', quantity: 1 },
  ...is,
});
const differing = (item: SoldItem, soldAmount: string | null): PriceDifference => ({
  ...item,
  soldAmount,
});
const found = (...items: SoldItem[]) => comparePrices(someTerms(), BASE, items).differences;

test('items that charge what was sold do not differ, however the amount is written', () => {
  expect(found(base(), metered())).toEqual([]);
  expect(found(base({ unitAmount: '2900.00' }), metered({ unitAmount: '0.00030' }))).toEqual([]);
});

describe('the base price', () => {
  test.each<[string, Partial<SoldItem>]>([
    ['of another amount', { unitAmount: '2901' }],
    ['twice', { quantity: 2 }],
    ['without a single amount', { unitAmount: null }],
  ])('%s differs from the 2,900 cents that were sold', (_case, is) => {
    expect(found(base(is), metered())).toEqual([differing(base(is), '2900')]);
  });

  test('that is missing is told by its plan', () => {
    expect(found(metered())).toEqual([
      {
        ...{ priceId: 'plan starter', planId: 'starter', rateId: null },
        ...{ unitAmount: '0', quantity: 0, soldAmount: '2900' },
      },
    ]);
  });

  test('of nothing need not be there', () => {
    const free = { planId: 'starter', monthlyPriceCents: 0 };
    expect(comparePrices(someTerms(), free, [metered()]).differences).toEqual([]);
    const other = base({ planId: 'pro' });
    expect(comparePrices(someTerms(), free, [other]).differences).toEqual([differing(other, null)]);
  });

  test('of another plan was not sold, whether ours is there or not', () => {
    const other = base({ priceId: 'price_pro', planId: 'pro' });
    expect(found(other, base())).toEqual([differing(other, null)]);
    expect(found(base({ unitAmount: '1' }), other)).toEqual([
      differing(base({ unitAmount: '1' }), '2900'),
      differing(other, null),
    ]);
    expect(found(other).map(({ priceId, soldAmount }) => [priceId, soldAmount])).toEqual([
      ['plan starter', '2900'],
      ['price_pro', null],
    ]);
  });
});

describe('the price of a rate', () => {
  test.each<[string, Partial<SoldItem>]>([
    ['of another amount', { unitAmount: '0.0004' }],
    ['without a single amount', { unitAmount: null }],
  ])('%s differs', (_case, is) => {
    expect(found(base(), metered(is))).toEqual([differing(metered(is), '0.0003')]);
  });

  test('a second item of it was not sold', () => {
    const second = metered({ priceId: 'price_second' });
    expect(found(base(), metered(), second)).toEqual([differing(second, null)]);
  });

  test('an item of a rate that the terms do not have is of another plan, and says nothing', () => {
    expect(found(base(), metered({ rateId: 'payg', unitAmount: '9' }))).toEqual([]);
  });

  test('an item that is nobody’s was not sold', () => {
    const nobodys = metered({ rateId: null });
    expect(found(base(), nobodys)).toEqual([differing(nobodys, null)]);
  });
});

describe('an item that still has the price of the terms before', () => {
  const was = (price: string, catalogVersion = 'v1') =>
    someTerms({ catalogVersion, rates: [aRate({ pricePerMillionTokens: price })] });
  const now = was('3.00', 'v2');
  const compared = (item: SoldItem, terms = [was('2.00')], outdated: string[] = []) =>
    comparePrices(now, BASE, [base(), item], { terms, outdated });
  const old = metered({ unitAmount: '0.0002' });

  test('is to be exchanged, and no difference', () => {
    expect(compared(old)).toEqual({ differences: [], outdated: [RATE] });
  });

  test.each<[string, SoldItem, Parameters<typeof compared>[1]]>([
    ['a price of neither', metered({ unitAmount: '0.0009' }), [was('2.00')]],
    ['terms of the same version', old, [was('2.00', 'v2')]],
    ['terms without the rate', old, [someTerms({ catalogVersion: 'v1', rates: [] })]],
    ['no terms before', old, []],
    ['no single amount', metered({ unitAmount: null }), [was('2.00')]],
  ])('is a difference with %s', (_case, item, terms) => {
    expect(compared(item, terms)).toEqual({
      differences: [differing(item, '0.0003')],
      outdated: [],
    });
  });

  test('is known by any of the terms that held before', () => {
    expect(compared(old, [was('9.00'), was('2.00')]).outdated).toEqual([RATE]);
  });

  test('stays to be exchanged, whatever it charges, while it is known to be left', () => {
    const odd = metered({ unitAmount: '0.0009' });
    expect(compared(odd, [], [RATE])).toEqual({ differences: [], outdated: [RATE] });
    expect(compared(odd, [], ['other']).outdated).toEqual([]);
  });

  test('of which there is a second, the second is a difference', () => {
    const second = metered({ priceId: 'price_second' });
    const { differences, outdated } = comparePrices(now, BASE, [base(), old, second], {
      terms: [was('2.00')],
      outdated: [RATE],
    });
    expect(differences).toEqual([differing(second, null)]);
    expect(outdated).toEqual([RATE]);
  });
});

test('what held before a period are its own terms and those before, and what is left since', () => {
  const january = someTerms({ planId: 'a' });
  const february = someTerms({ planId: 'b' });
  const march = someTerms({ planId: 'c' });
  const periods = [
    aPeriod({ terms: january, outdatedItems: ['old'] }),
    aPeriod({ start: FEBRUARY, end: MARCH, terms: february, outdatedItems: [RATE] }),
    aPeriod({ start: MARCH, end: MARCH + 9, terms: march }),
  ];
  const state = aState({ periods });
  expect(heldBefore(state, FEBRUARY)).toEqual({ terms: [january, february], outdated: [RATE] });
  expect(heldBefore(state, MARCH)).toEqual({ terms: [february, march], outdated: [] });
  expect(heldBefore(state, JANUARY - 1)).toEqual({ terms: [], outdated: [] });
});

describe('what an operator accepts', () => {
  const difference = differing(base({ unitAmount: '3000', quantity: 2 }), '2900');
  const state = aState({ priceDifferences: [difference] });

  test('is remembered, and is that very difference', () => {
    const accepted = acceptPrice(state, 'price_base');
    expect(accepted?.acceptedPrices).toEqual([difference]);
    expect(isAccepted(accepted ?? state, difference)).toBe(true);
  });

  test.each<[string, Partial<PriceDifference>]>([
    ['of another price', { priceId: 'price_other' }],
    ['of another amount', { unitAmount: '1' }],
    ['so many times', { quantity: 3 }],
    ['beside another sale', { soldAmount: '1' }],
  ])('a difference %s is to be decided again', (_case, is) => {
    expect(isAccepted({ acceptedPrices: [difference] }, { ...difference, ...is })).toBe(false);
    expect(isAccepted({}, difference)).toBe(false);
  });

  test('must be open, and have an amount for one', () => {
    expect(acceptPrice(state, 'price_other')).toBeUndefined();
    expect(acceptPrice(aState(), 'price_base')).toBeUndefined();
    const none = aState({ priceDifferences: [{ ...difference, unitAmount: null }] });
    expect(acceptPrice(none, 'price_base')).toBeUndefined();
  });

  test('replaces what was accepted of the same price, and of others the last 49 stay', () => {
    const others = Array.from({ length: 50 }, (_, at) => ({ ...difference, priceId: `p${at}` }));
    const acceptedPrices = [{ ...difference, unitAmount: '1' }, ...others.slice(0, 2)];
    const replaced = acceptPrice({ ...state, acceptedPrices }, 'price_base')?.acceptedPrices;
    expect(replaced).toEqual([others[0], others[1], difference]);
    const full = acceptPrice({ ...state, acceptedPrices: others }, 'price_base')?.acceptedPrices;
    expect(full).toEqual([...others.slice(1), difference]);
  });

  test('becomes the terms: twice 30 dollars, and 4 dollars a million', () => {
    const rate = differing(metered({ unitAmount: '0.0004' }), '0.0003');
    expect(withAcceptedPrices(someTerms(), [rate, difference])).toEqual({
      ...someTerms({ rates: [aRate({ pricePerMillionTokens: '4' })] }),
      ...{ monthlyPriceCents: 6000, baseQuantity: 2 },
    });
  });

  test.each<[string, PriceDifference]>([
    ['of another plan', { ...difference, planId: 'pro' }],
    ['of what was not sold', { ...difference, soldAmount: null }],
    ['of a rate that was not sold', differing(metered({ unitAmount: '9' }), null)],
    ['of another rate', differing(metered({ rateId: 'other', unitAmount: '9' }), '0.0003')],
    ['without an amount', { ...difference, unitAmount: null }],
    ['of a rate without an amount', differing(metered({ unitAmount: null }), '0.0003')],
  ])('leaves the terms as they are where it is %s', (_case, accepted) => {
    expect(withAcceptedPrices(someTerms(), [accepted])).toEqual(someTerms());
    expect(withAcceptedPrices(someTerms(), [])).toEqual(someTerms());
  });
});

test.each<[PriceDifference, string]>([
  [
    differing(base({ unitAmount: '3000', quantity: 2 }), '2900'),
    'price price_base (the base price of starter) charges 3000 cents a period, quantity 2 at ' +
      'Stripe; sold were 2900 cents a period.',
  ],
  [
    differing(base({ unitAmount: '3000' }), '2900'),
    'price price_base (the base price of starter) charges 3000 cents a period at Stripe; sold ',
  ],
  [
    differing(metered({ unitAmount: '0.0004', quantity: 2 }), '0.0003'),
    'price price_rate (rate overage_standard) charges 0.0004 cents a token at Stripe; sold were ' +
      '0.0003 cents a token.',
  ],
  [
    differing(metered({ rateId: null, unitAmount: null }), null),
    '(nobody’s) charges an amount that is not one per unit at Stripe; no such price was sold. No ' +
      'invoice is released before this is settled: put the item right at Stripe (retry looks ' +
      'again at once), or accept_stripe, and the customer is billed and told what Stripe charges.',
  ],
])('the operator reads both figures, and what to do: %#', (difference, text) => {
  expect(describePrice(difference)).toContain(text);
});
