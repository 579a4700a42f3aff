/** Goal: what a change of plan settles is explained at the prices that were held, to the cent. */
import { booksOf } from '../../../src/core/proof/books';
import type { BillingState } from '../../../src/core/state/billing-state';
import { followSubscription } from '../../../src/core/subscription/subscription';
import {
  aBaseLine,
  aMeteredLine,
  anInvoice,
  aPeriod,
  aState,
  aSubscription,
  FEBRUARY,
  JANUARY,
  MARCH,
  someTerms,
} from '../../support/builders/builders';
import type { InvoiceLine, InvoiceSnapshot } from '../../../src/core/invoices/invoice-snapshot';
import { describeDifferences, differences } from '../../../src/core/proof/differences';

const base = aBaseLine({ id: 'il_base' });
const usage = aMeteredLine(0);
const state = aState({ periods: [aPeriod(), aPeriod({ start: FEBRUARY, end: MARCH })] });

const differ = (invoice: InvoiceSnapshot, of: BillingState): string => {
  const nothing = { usedTokens: 0, vendorTokens: 0 };
  const [period = aPeriod()] = of.periods;
  return describeDifferences(differences(period, nothing, {}, invoice, booksOf(of)));
};

describe('a change of plan', () => {
  const pro = someTerms({ planId: 'pro', monthlyPriceCents: 9900, includedTokens: 500_000 });
  const changed = followSubscription(
    state,
    aSubscription({
      currentPeriod: { start: FEBRUARY, end: MARCH },
      terms: pro,
    }),
  );
  /** Half of February's 28 days: $14.50 back, $49.50 charged. */
  const rest = { start: FEBRUARY + 14 * 86_400, end: MARCH, isBase: false, quantity: 1 };
  const back = aBaseLine({ ...rest, id: 'il_back', proratedPlan: 'starter', amountCents: -1450 });
  const charged = aBaseLine({ ...rest, id: 'il_pro', proratedPlan: 'pro', amountCents: 4950 });
  const changes = (...lines: InvoiceLine[]) =>
    differ(anInvoice({ lines: [base, usage, ...lines] }), changed);

  test('is settled at both plans’ prices, and the renewal charged the plan of before', () => {
    expect(changes(back, charged)).toBe('');
  });

  test.each([
    [
      'a cent more charged',
      [back, { ...charged, amountCents: 4951 }],
      'pro from 2026-02-15T00:00:00Z',
    ],
    ['two cents less given back', [{ ...back, amountCents: -1448 }, charged], 'given back'],
    ['charged twice', [back, charged, charged], 'quantity of pro from 2026-02-15'],
    ['for three', [back, { ...charged, quantity: 3, amountCents: 14_850 }], 'quantity of pro from'],
    [
      'of a plan never held',
      [{ ...back, proratedPlan: 'team' }],
      'line il_back, a change of team, which was not held',
    ],
    ['in another period', [{ ...back, end: MARCH + 1 }], 'in a period that we do not know'],
  ])('%s is found out', (_case, lines, expected) => {
    expect(changes(...lines)).toContain(expected);
  });

  test('under an earlier release, whose prices nobody noted, is taken as it is', () => {
    const [first = aPeriod(), second = aPeriod()] = changed.periods;
    const noted = { ...second, formerPlans: undefined };
    const before = aState({ periods: [first, noted] });
    expect(differ(anInvoice({ lines: [base, usage, back, charged] }), before)).toBe('');
  });
});

test('a credit for a period that was cut short is one of the whole period', () => {
  const cutAt = JANUARY + 10 * 86_400;
  const cut = followSubscription(
    aState(),
    aSubscription({ currentPeriod: { start: cutAt, end: cutAt + 30 * 86_400 } }),
  );
  const back = aBaseLine({
    ...{ start: cutAt, end: FEBRUARY, isBase: false },
    ...{ proratedPlan: 'starter', amountCents: -2058 },
  });
  // January is 31 days, of which it gave back 21: $19.65.
  const next = aBaseLine({ start: cutAt, end: cutAt + 30 * 86_400 });
  const lines = [next, aMeteredLine(0, { end: cutAt })];
  const invoice = (credit: number) =>
    anInvoice({
      billingReason: 'subscription_update',
      lines: [...lines, { ...back, amountCents: credit }],
    });
  expect(differ(invoice(-1965), cut)).toBe('');
  expect(differ(invoice(-2058), cut)).toContain(
    'given back: ledger -1965, workflow -1965, invoice -2058',
  );
});
