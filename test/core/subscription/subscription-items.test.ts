/** Goal: a subscription has the items that its usage needs, and of several idle ones the newest. */
import { itemsToArrange } from '../../../src/core/subscription/subscription-items';
import type { PeriodState } from '../../../src/core/state/period-state';
import { NO_TOKENS } from '../../../src/core/state/periods';
import {
  aPeriod,
  aRate,
  aState,
  FEBRUARY,
  JANUARY,
  MARCH,
  someTerms,
} from '../../support/builders/builders';

const OWN = 'overage_standard';
const vendors = ['acme', 'globex', 'initech', 'hooli'];
const rates = [aRate(), ...vendors.map((vendor) => aRate({ id: vendor, vendor }))];
const terms = someTerms({ rates, vendorItems: 'on_first_use' });
const NOTHING = { missing: [], superfluous: [], outdated: [], exceeding: [] };

const using = (ids: readonly string[], change: Partial<PeriodState> = {}): PeriodState =>
  aPeriod({
    ...{ terms, rates: Object.fromEntries(ids.map((id) => [id, { ...NO_TOKENS, tokens: 5 }])) },
    ...change,
  });
const items = (...ids: string[]) => Object.fromEntries(ids.map((id) => [id, JANUARY]));

/** There is room for `itemsMax` items, of the base price too. */
const arranged = (
  periods: readonly PeriodState[],
  has: Readonly<Record<string, number>>,
  itemsMax = 20,
) => itemsToArrange(aState({ periods }), has, { items: Object.keys(has).length + 1, itemsMax });

test('a rate of the plan’s own that is used is asked for once', () => {
  expect(arranged([using([OWN])], {})).toEqual({ ...NOTHING, missing: [OWN] });
});

test('what was used of a rate that is sold no more needs no item', () => {
  expect(arranged([using(['gone'])], items(OWN))).toEqual(NOTHING);
});

test('the only item may leave where another takes its place', () => {
  const state = aState({ periods: [using([OWN])] });
  expect(itemsToArrange(state, items('gone'), { items: 1, itemsMax: 20 })).toEqual({
    ...{ ...NOTHING, missing: [OWN], superfluous: ['gone'] },
  });
});

test('an item of no plan that holds makes room for one that is needed', () => {
  expect(arranged([using(['globex'])], items(OWN, 'gone'), 3)).toEqual({
    ...{ ...NOTHING, missing: ['globex'], superfluous: ['gone'] },
  });
});

test('a period whose invoice is final keeps no vendor’s item', () => {
  const former = using(['acme'], { phase: 'finalized' });
  const current = using(['globex'], { start: FEBRUARY, end: MARCH });
  expect(arranged([former, current], items(OWN, 'acme'), 3)).toEqual({
    ...{ ...NOTHING, missing: ['globex'], superfluous: ['acme'] },
  });
});

test.each<[string, Record<string, number>, string]>([
  ['the oldest', { globex: JANUARY + 60, initech: JANUARY }, 'initech'],
  ['the oldest', { acme: JANUARY, globex: JANUARY + 60 }, 'acme'],
  ['of two as old, the first by name', { acme: JANUARY, globex: JANUARY }, 'acme'],
  ['of two as old, the first by name', { globex: JANUARY, acme: JANUARY }, 'acme'],
])('one idle item leaves for another, and no more: %s', (_which, idle, leaving) => {
  expect(arranged([using(['hooli'])], { [OWN]: JANUARY, ...idle }, 4)).toEqual({
    ...{ ...NOTHING, missing: ['hooli'], superfluous: [leaving] },
  });
});

describe('of a plan without rates, whose base price has left for a plan to come', () => {
  const enterprise = aPeriod({ terms: someTerms({ planId: 'enterprise', rates: [] }) });
  const arrangedOf = (has: Record<string, number>, count: number) =>
    itemsToArrange(aState({ periods: [enterprise] }), has, { items: count, itemsMax: 20 });

  test('the items of that plan stay: Stripe keeps no subscription without one', () => {
    expect(arrangedOf(items('payg_premium', 'payg_standard'), 2)).toEqual(NOTHING);
  });

  test('they go once there is a base price again', () => {
    expect(arrangedOf(items('payg_premium', 'payg_standard'), 3)).toEqual({
      ...{ ...NOTHING, superfluous: ['payg_premium', 'payg_standard'] },
    });
  });
});
