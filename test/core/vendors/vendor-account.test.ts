/** Goal: money goes to an account that may have it, and operators read why it doesn't. */
import { DomainError } from '../../../src/core/errors';
import {
  accountChanges,
  assertMayReceive,
  mayReceiveTransfers,
} from '../../../src/core/vendors/vendor-account';
import type { KnownAccount } from '../../../src/core/vendors/vendor-account';
import { payoutDetails } from '../../../src/core/vendors/payout-details';
import type { VendorProgress } from '../../../src/core/vendors/payout-details';
import { payoutSource } from '../../../src/core/vendors/payout-facts';

const GONE = new Date('2026-03-04T05:06:07Z');
const account = (is: Partial<KnownAccount> = {}): KnownAccount => ({
  ...{ stripeAccountId: 'acct_1', transfersStatus: 'active', payoutsEnabled: true },
  ...{ requirementsDue: [], disabledReason: null, deauthorizedAt: null, ...is },
});

test.each<[string, Partial<KnownAccount>, string | null]>([
  ['active', {}, null],
  ['active, though payouts are not', { payoutsEnabled: false }, null],
  ['not made', { stripeAccountId: null }, 'it has no account at Stripe'],
  ['taken back', { deauthorizedAt: GONE }, 'it took back our access to its account on 2026-03-04'],
  [
    'pending',
    { transfersStatus: 'pending' },
    'transfers to its account are pending; due: nothing by the vendor',
  ],
  [
    'disabled',
    { transfersStatus: 'inactive', requirementsDue: ['a', 'b'], disabledReason: 'listed' },
    'transfers to its account are inactive, disabled: listed; due: a, b',
  ],
])('an account that is %s: %#', (_case, is, why) => {
  const known = account(is);
  expect(mayReceiveTransfers(known)).toBe(why === null);
  const act = () => assertMayReceive('acme', known, 'Sell');
  if (why === null) return expect(act).not.toThrow();
  const message =
    `Vendor acme may not receive money yet: ${why}. Sell when it may: PUT /v1/vendors/acme ` +
    'gives the link by which the vendor settles what is due.';
  const detail = { requirementsDue: known.requirementsDue, disabledReason: known.disabledReason };
  expect(act).toThrow(new DomainError('vendor_not_payable', message, detail));
  expect(act).toThrow(expect.objectContaining({ code: 'vendor_not_payable', detail }));
});

test('a vendor that is not known has no account', () => {
  const act = () => assertMayReceive('acme', undefined, 'Sell');
  expect(act).toThrow('acme may not receive money yet: it has no account at Stripe.');
  const detail = { requirementsDue: [], disabledReason: null };
  expect(act).toThrow(expect.objectContaining({ detail }));
});

describe('what has changed of an account', () => {
  const atStripe = (is: object = {}) => ({
    ...{ stripeAccountId: 'acct_1', transfersStatus: 'active', payoutsEnabled: true },
    ...{ requirementsDue: [], disabledReason: null, ...is },
  });

  test('is what Stripe says otherwise, and nothing else', () => {
    expect(accountChanges(account(), atStripe(), GONE)).toEqual({});
    const now = {
      transfersStatus: 'inactive',
      payoutsEnabled: false,
      requirementsDue: ['a'],
      disabledReason: 'x',
    };
    expect(accountChanges(account(), atStripe(now), GONE)).toEqual(now);
    expect(accountChanges(account(), atStripe({ disabledReason: 'x' }), GONE)).toEqual({
      disabledReason: 'x',
    });
    expect(accountChanges(account({ deauthorizedAt: GONE }), atStripe(), GONE)).toEqual({
      deauthorizedAt: null,
    });
  });

  test('once Stripe does not show it, nothing goes on, since the first time', () => {
    const known = account({ requirementsDue: ['a'], disabledReason: 'x' });
    const gone = {
      ...{ transfersStatus: 'inactive', payoutsEnabled: false, requirementsDue: [] },
      ...{ disabledReason: null },
    };
    expect(accountChanges(known, null, GONE)).toEqual({ ...gone, deauthorizedAt: GONE });
    const before = new Date('2026-01-01T00:00:00Z');
    const again = accountChanges({ ...known, ...gone, deauthorizedAt: before }, null, GONE);
    expect(again).toEqual({});
  });
});

describe('operators read of a payout', () => {
  const progress = (is: Partial<VendorProgress> = {}): VendorProgress => ({
    ...{
      vendor: 'acme',
      chargeId: 'ch_1',
      earnedCents: 900,
      movedCents: 400,
      owedCents: 500,
      ...is,
    },
  });
  const TITLE = '### ada: vendors’ shares of `in_1`, in cents';
  const table = (why: string) =>
    '| vendor | earned | moved | owed | waits, because |\n|---|--:|--:|--:|---|\n' +
    `| acme | 900 | 400 | 500 | ${why} |`;
  const of = (...standings: VendorProgress[]) =>
    payoutDetails({ customer: 'ada', source: 'in_1', standings });

  test.each<[VendorProgress['waitsFor'], string]>([
    [undefined, ''],
    ['holdback', 'the holdback is not over'],
    ['account', 'the account may not receive transfers yet'],
    ['minimum', 'less than the minimum is due to the vendor'],
    ['balance', "the vendor's balance does not cover the reversal: tried again"],
    ['sight', 'Stripe has made a movement and does not show it yet'],
    ['debt', "the vendor's balance did not cover the reversal: the next payout is less by it"],
  ])('that it waits for %s', (waitsFor, why) => {
    expect(of(progress(waitsFor && { waitsFor }))).toBe(`${TITLE}\n\n${table(why)}`);
  });

  test('that nothing is a vendor’s', () => {
    expect(of()).toBe(`${TITLE}\n\nNothing of it is a vendor’s.`);
  });

  test('what Stripe refuses, and why the charges can’t be read', () => {
    const standings = [progress({ trouble: 'no money' })];
    const text = payoutDetails({
      customer: 'ada',
      source: 'in_1',
      standings,
      trouble: 'no answer',
    });
    expect(text).toBe(
      [
        TITLE,
        '**Open exception** (stripe_refused): no answer',
        '**Open exception** (stripe_refused) of acme: no money',
        table(''),
      ].join('\n\n'),
    );
  });

  test('by its invoice, or by the charge of a one-off sale', () => {
    expect(payoutSource({ invoiceId: 'in_1', chargeId: 'ch_1' })).toBe('in_1');
    expect(payoutSource({ invoiceId: null, chargeId: 'ch_1' })).toBe('ch_1');
  });
});
