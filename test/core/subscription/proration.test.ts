/** Goal: a change of plan credits what was paid, and nothing that was only charged. */
import { DomainError } from '../../../src/core/errors';
import { prorationFor } from '../../../src/core/subscription/proration';
import type { BaseCharge } from '../../../src/core/subscription/proration';

type Charge = readonly [planId: string, invoiceStatus: string];

const charge = ([planId, invoiceStatus]: Charge, at: number): BaseCharge => ({
  ...{ planId, invoiceStatus, invoiceId: `in_${at}` },
});

function settledBy(planId: string, isDearer: boolean, charges: readonly Charge[]): string {
  try {
    return prorationFor({ planId, isDearer }, charges.map(charge));
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
}

const starter: Charge = ['starter', 'paid'];

test.each<[string, string, boolean, readonly Charge[], string]>([
  ['a dearer plan is charged', 'pro', true, [starter], 'always_invoice'],
  ['also while the month is unpaid', 'pro', true, [['starter', 'open']], 'always_invoice'],
  ['what was paid is credited', 'starter', false, [starter, ['pro', 'paid']], 'always_invoice'],
  ['nothing charged: nothing to lose', 'starter', false, [], 'always_invoice'],
  ['a void upgrade, back', 'starter', false, [starter, ['pro', 'void']], 'none'],
  ['an upgrade given up, back', 'starter', false, [starter, ['pro', 'uncollectible']], 'none'],
  [
    'two void upgrades, back',
    'starter',
    false,
    [starter, ['pro', 'void'], ['enterprise', 'void']],
    'none',
  ],
  ['a month that was given up', 'starter', false, [['pro', 'void']], 'none'],
  [
    'an upgrade that is still open',
    'starter',
    false,
    [starter, ['pro', 'open']],
    'plan_change_not_possible',
  ],
  ['a renewal’s draft', 'starter', false, [['pro', 'draft']], 'plan_change_not_possible'],
  [
    'a void upgrade, to a third plan',
    'starter',
    false,
    [
      ['pro', 'paid'],
      ['enterprise', 'void'],
    ],
    'plan_change_not_possible',
  ],
])('%s', (_case, planId, isDearer, charges, expected) => {
  expect(settledBy(planId, isDearer, charges)).toBe(expected);
});

describe('who can’t change is told which invoice is in the way, and what can be done', () => {
  const refused = (status: string, planId = 'starter', before: readonly Charge[] = []) => {
    try {
      const charges = [...before, ['pro', status] as const].map(charge);
      return prorationFor({ planId, isDearer: false }, charges);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return [error.message, error.detail];
    }
  };

  test('while it is undecided', () => {
    expect(refused('open')).toEqual([
      'Invoice in_0, which charges pro for this period, is open: a change to starter now would ' +
        'credit money that nobody has paid. Let it be paid, or void it, first; or change at the ' +
        'end of the period.',
      { invoice: 'in_0' },
    ]);
  });

  test('once it is given up', () => {
    expect(refused('void', 'free', [starter])).toEqual([
      'Invoice in_1, which charges pro for this period, is void: a change to free now would ' +
        'credit money that nobody has paid. Change at the end of the period.',
      { invoice: 'in_1' },
    ]);
  });
});
