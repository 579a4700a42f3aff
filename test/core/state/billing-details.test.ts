/** Goal: an operator reads a customer's bill at a glance, and nothing that is not there. */
import { billingDetails } from '../../../src/core/state/billing-details';
import type { BillingState } from '../../../src/core/state/billing-state';
import { NO_TOKENS } from '../../../src/core/state/periods';
import {
  aGrant,
  aPeriod,
  aState,
  FEBRUARY,
  MARCH,
  someTerms,
} from '../../support/builders/builders';

const JANUARY_TEXT =
  '**starter**, 2026-01-01T00:00:00Z – 2026-02-01T00:00:00Z, open: 0 of 100,000 included tokens ' +
  'used, 0 over.\n\nNothing billable.';
const ENDS = 'Stripe customer `cus_ada`, subscription `sub_ada`. Counted up to usage batch 0 of 0.';

test('of a customer of whom nothing is to be told, the period and what is counted', () => {
  expect(billingDetails(aState())).toBe(['### ada: active', JANUARY_TEXT, ENDS].join('\n\n'));
});

test('the last period comes first, with a table of what is billable', () => {
  const rates = {
    overage_standard: { ...NO_TOKENS, tokens: 50_000, reportedTokens: 40_000 },
    other: NO_TOKENS,
  };
  const invoice = { id: 'in_feb', status: 'draft', totalCents: 2915 };
  const unlimited = someTerms({ planId: 'pro', includedTokens: null, rates: [] });
  const periods = [
    aPeriod({ usedTokens: 150_000, rates, invoice, phase: 'closing' }),
    aPeriod({ start: FEBRUARY, end: MARCH, terms: unlimited, usedTokens: 7_000 }),
  ];
  expect(billingDetails(aState({ periods }))).toBe(
    [
      '### ada: active',
      '**pro**, 2026-02-01T00:00:00Z – 2026-03-01T00:00:00Z, open: 7,000 tokens used, unlimited.',
      'Nothing billable.',
      '**starter**, 2026-01-01T00:00:00Z – 2026-02-01T00:00:00Z, closing: 150,000 of 100,000 ' +
        'included tokens used, 50,000 over. Invoice `in_feb` is draft, 2915 cents.',
      '| rate | billable | reported | per million | cents |\n|---|--:|--:|--:|--:|\n' +
        '| overage_standard | 50,000 | 40,000 | 3.00 | 15 |',
      ENDS,
    ].join('\n\n'),
  );
});

const standing = aState().standing;

test.each<[string, Partial<BillingState>, string]>([
  [
    'a plan to come',
    { standing: { ...standing, nextPlan: { planId: 'pro', from: FEBRUARY } } },
    '**pro** from 2026-02-01T00:00:00Z on.',
  ],
  [
    'an end to come',
    { standing: { ...standing, cancelAt: FEBRUARY } },
    'Ends at 2026-02-01T00:00:00Z.',
  ],
  [
    'a pause',
    { standing: { ...standing, collectionPaused: 'void' } },
    'Collection is paused (void).',
  ],
  [
    'a recount',
    { recount: { number: 1, reasons: ['a grant', 'a plan'] } },
    'The ledger is counted again: a grant; a plan.',
  ],
  [
    'dunning that has just begun',
    { dunning: [{ invoiceId: 'in_1', day: null, access: 'warned', isGivenUp: false }] },
    'Invoice `in_1` is unpaid: dunning, day 0, access warned.',
  ],
  [
    'dunning on a day',
    { dunning: [{ invoiceId: 'in_1', day: 7, access: 'throttled', isGivenUp: false }] },
    'Invoice `in_1` is unpaid: dunning, day 7, access throttled.',
  ],
  [
    'an invoice that was given up',
    { dunning: [{ invoiceId: 'in_1', day: 14, access: 'warned', isGivenUp: true }] },
    'Invoice `in_1` is unpaid: given up, access warned.',
  ],
  [
    'a grant',
    { grants: [aGrant({ tokens: 10_000, usedTokens: 3_000 })] },
    'Grant goodwill: 7,000 of 10,000 tokens left.',
  ],
  [
    'a grant that expires',
    { grants: [aGrant({ expiresAt: FEBRUARY })] },
    'Grant goodwill: 1,000 of 1,000 tokens left, until 2026-02-01T00:00:00Z.',
  ],
])('what holds for the subscription is told before: %s', (_case, is, text) => {
  expect(billingDetails(aState(is))).toBe(
    ['### ada: active', text, JANUARY_TEXT, ENDS].join('\n\n'),
  );
});

test('an exception is told first, with what was decided', () => {
  const exception = {
    kind: 'invoice_gone',
    subject: 'in_1',
    message: 'It is gone.',
    since: 1,
  } as const;
  const text = (is: object) => billingDetails(aState({ exceptions: [{ ...exception, ...is }] }));
  const after = (first: string) => ['### ada: active', first, JANUARY_TEXT, ENDS].join('\n\n');
  expect(text({})).toBe(after('**Open exception** (invoice_gone): It is gone.\n'));
  const resolution = { kind: 'retry', reason: 'x', by: 'ops' };
  expect(text({ resolution })).toBe(
    after('**Open exception** (invoice_gone, decided: retry): It is gone.\n'),
  );
});

test('what is not known, waits or belongs to no period is told at the end', () => {
  const state = aState({
    ...{ stripeCustomerId: null, subscriptionId: null, appliedSequence: 3, knownSequence: 4 },
    ...{ awaitsPeriod: true, unbilledTokens: 12_000, periods: [], billingStatus: 'pending' },
  });
  expect(billingDetails(state)).toBe(
    '### ada: pending\n\nStripe customer `not known yet`, subscription `not known yet`. Counted ' +
      'up to usage batch 3 of 4 (the next one waits for the next period).\n\n' +
      '12,000 tokens counted belong to no open period.',
  );
});

test('money that came back is told by charge, with its disputes', () => {
  const disputes = [
    { id: 'dp_1', status: 'won', amountCents: 5 },
    { id: 'dp_2', status: 'lost', amountCents: 5 },
  ];
  const of = { invoiceId: null, refundedCents: 9 };
  const moneyBack = [
    { chargeId: 'ch_1', ...of, disputes },
    { chargeId: 'ch_2', ...of, disputes: [] },
  ];
  expect(billingDetails(aState({ moneyBack }))).toBe(
    [
      ...['### ada: active', JANUARY_TEXT, ENDS],
      'Charge `ch_1`: 9 cents refunded, dispute `dp_1` won, dispute `dp_2` lost.',
      'Charge `ch_2`: 9 cents refunded.',
    ].join('\n\n'),
  );
});
