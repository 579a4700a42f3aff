/** Goal: of every change of plan both sides are on the invoice, at prices that were held. */
import { periodsOf } from '../../../src/core/proof/books';
import type { BookedPeriod } from '../../../src/core/proof/books';
import { explainInvoice } from '../../../src/core/proof/verification';
import type { InvoiceLine, InvoiceSnapshot } from '../../../src/core/invoices/invoice-snapshot';
import { planPrice } from '../../../src/core/plans/plan';
import type { PlanPrice } from '../../../src/core/plans/plan';
import {
  aBaseLine,
  aMeteredLine,
  anInvoice,
  aPeriod,
  FEBRUARY,
  MARCH,
  someTerms,
} from '../../support/builders/builders';

const DAY = 86_400;
/** Half of February's 28 days: each plan's rest is half of its price. */
const MIDDLE = FEBRUARY + 14 * DAY;
const price = (planId: string, monthlyPriceCents: number, quantity = 1): PlanPrice => ({
  ...{ planId, monthlyPriceCents, quantity },
});
const starter = price('starter', 2_900);
const dearer = price('starter', 3_900);
const pro = price('pro', 9_900);
const team = price('team', 5_900);
const free = price('free', 0);

const inFebruary = (
  plans: readonly PlanPrice[],
  change: Partial<BookedPeriod> = {},
): BookedPeriod => ({
  ...{ start: FEBRUARY, end: MARCH, wholeEnd: MARCH, plans, isPastKnown: true, ...change },
});
type Row = readonly [what: string, ours: number | null, invoice: number];
const rowsOf = (invoice: InvoiceSnapshot, periods: readonly BookedPeriod[]): Row[] =>
  explainInvoice(invoice, undefined, {
    ...periodsOf(periods),
    lateItem: () => undefined,
  }).lines.map(({ what, amountCents, invoiceAmountCents }) => [
    ...([what, amountCents, invoiceAmountCents] as const),
  ]);
const settled = (period: BookedPeriod, ...lines: readonly InvoiceLine[]): Row[] =>
  rowsOf(anInvoice({ billingReason: 'subscription_update', lines }), [period]);
const change = (plan: string, amountCents: number, is: Partial<InvoiceLine> = {}): InvoiceLine =>
  aBaseLine({
    ...{ id: 'il', isBase: false, start: MIDDLE, end: MARCH, proratedPlan: plan, amountCents },
    ...is,
  });
const from = (plan: string, at = '2026-02-15') => `${plan} from ${at}T00:00:00Z`;
const back = (plan: string, at?: string) => `${from(plan, at)}, given back`;

describe('a base price', () => {
  const bill = (period: BookedPeriod, is: Partial<InvoiceLine>) =>
    rowsOf(anInvoice({ lines: [aBaseLine({ id: 'il', ...is })] }), [period]);

  test.each<[string, PlanPrice[], number, number]>([
    ['the first of two versions', [starter, dearer], 2_900, 1],
    ['the second of two versions', [starter, dearer], 3_900, 1],
    ['the first, for three', [price('starter', 1_000, 3), dearer], 3_000, 3],
  ])('is that of %s that held, whichever was charged', (_case, plans, amountCents, quantity) => {
    expect(bill(inFebruary(plans), { amountCents, quantity })).toEqual([
      ['starter base price', amountCents, amountCents],
    ]);
  });

  test('of a plan that nobody noted is taken as Stripe has it', () => {
    const unknown = inFebruary([pro], { isPastKnown: false });
    expect(bill(unknown, {})).toEqual([['base price, as Stripe has it', 2_900, 2_900]]);
  });

  test('of a plan that is known is compared, though others were not noted', () => {
    const unknown = inFebruary([starter], { isPastKnown: false });
    expect(bill(unknown, { amountCents: 3_000 })).toEqual([['starter base price', 2_900, 3_000]]);
  });

  test.each<[string, Partial<InvoiceSnapshot>, Partial<BookedPeriod>, Row[]]>([
    ['a renewal', {}, {}, [['starter base price', 2_900, 0]]],
    ['an invoice by hand', { billingReason: 'manual' }, {}, []],
    ['a renewal whose plan nobody noted', {}, { isPastKnown: false }, []],
  ])('is missed, or not, on %s', (_which, is, booked, rows) => {
    const { lines } = explainInvoice(
      anInvoice({ lines: [aMeteredLine(0)], ...is }),
      aPeriod({ rates: {} }),
      {
        ...periodsOf([inFebruary([planPrice(someTerms())], booked)]),
        lateItem: () => undefined,
      },
    );
    const missing = lines.filter(({ invoiceQuantity }) => invoiceQuantity === 0);
    const bases = missing.filter(({ what }) => what.endsWith('base price'));
    expect(bases.map((one) => [one.what, one.amountCents, one.invoiceAmountCents])).toEqual(rows);
  });
});

describe('one side of a change', () => {
  const changed = inFebruary([starter, pro]);

  test('is explained by whichever version of the plan it is of', () => {
    const versions = inFebruary([starter, dearer, pro]);
    expect(settled(versions, change('starter', -1_950), change('pro', 4_950))).toEqual([
      [back('starter'), -1_950, -1_950],
      [from('pro'), 4_950, 4_950],
    ]);
  });

  test('of a plan that nobody noted is taken as Stripe has it, without another side', () => {
    const unknown = inFebruary([starter, pro], { isPastKnown: false });
    expect(settled(unknown, change('team', 77))).toEqual([
      ['team, a change, as Stripe has it', 77, 77],
    ]);
    expect(settled(unknown, change('pro', 4_950))).toEqual([[from('pro'), 4_950, 4_950]]);
  });

  test('charges no plan that was only changed from, and gives none back that stays', () => {
    const nobody = (plan: string) => `line il, a change of ${plan}, which was not held`;
    expect(settled(changed, change('starter', 1_450))[0]).toEqual([nobody('starter'), null, 1_450]);
    expect(settled(changed, change('pro', -4_950))[0]).toEqual([nobody('pro'), null, -4_950]);
  });

  test('may be of the plan in the middle of three', () => {
    const three = inFebruary([starter, team, pro]);
    expect(settled(three, change('team', -2_950), change('pro', 4_950))).toEqual([
      [back('team'), -2_950, -2_950],
      [from('pro'), 4_950, 4_950],
    ]);
  });

  test.each<[string, readonly PlanPrice[], InvoiceLine, Row | undefined]>([
    ['what came after it', [starter, pro], change('starter', -1_450), [from('pro'), 4_950, 0]],
    ['what was before it', [starter, pro], change('pro', 4_950), [back('starter'), -1_450, 0]],
    [
      'that, too, if it is a cent off',
      [starter, pro],
      change('pro', 4_951),
      [back('starter'), -1_450, 0],
    ],
    ['nothing that costs nothing', [starter, free], change('starter', -1_450), undefined],
    ['nothing beside what was never held', [starter, pro], change('gold', 500), undefined],
    ['nothing beside an amount of nothing', [starter, pro], change('pro', 0), undefined],
    [
      'the plan between, of one held twice',
      [starter, pro, starter],
      change('starter', -1_450),
      [from('pro'), 4_950, 0],
    ],
    [
      'what came after the version that it is of',
      [starter, pro, dearer, team],
      ...([change('starter', -1_950), [from('team'), 2_950, 0]] as const),
    ],
    [
      'what was before the version that it is of',
      [starter, pro, team, price('pro', 10_900)],
      ...([change('pro', 4_950), [back('starter'), -1_450, 0]] as const),
    ],
    [
      'what came after it, not after a plan as dear',
      [price('gold', 9_900), price('silver', 9_900), team],
      ...([change('gold', -4_950), [from('silver'), 4_950, 0]] as const),
    ],
    [
      'what came after it, also where the last is as dear',
      [price('gold', 9_900), starter, pro],
      ...([change('gold', -4_950), [from('starter'), 1_450, 0]] as const),
    ],
  ])('misses %s', (_what, plans, line, missing) => {
    expect(settled(inFebruary(plans), line).slice(1)).toEqual(missing ? [missing] : []);
  });

  test('is missed once, however many lines the other has', () => {
    const twice = [change('starter', -1_450), change('starter', -1_450)];
    expect(settled(changed, ...twice).slice(1)).toEqual([[from('pro'), 4_950, 0]]);
  });

  test('is there, though it comes to nothing where it should not', () => {
    expect(settled(changed, change('pro', 4_950), change('starter', 0))).toHaveLength(2);
  });

  test('is missed of each change by itself', () => {
    const three = inFebruary([starter, pro, team]);
    // A quarter of the period is left by then.
    const later = { start: FEBRUARY + 21 * DAY };
    const first = [change('starter', -1_450), change('pro', 4_950)];
    expect(settled(three, ...first, change('pro', -2_475, later)).slice(3)).toEqual([
      [from('team', '2026-02-22'), 1_475, 0],
    ]);
  });

  test('is not what is settled of another period from the same second on', () => {
    const next = { ...inFebruary([team, free]), start: MIDDLE, end: MARCH + DAY };
    const other = change('team', -100, { end: MARCH + DAY });
    const rows = rowsOf(
      anInvoice({
        ...{ billingReason: 'subscription_update', lines: [change('pro', 4_950), other] },
      }),
      [changed, { ...next, wholeEnd: MARCH + DAY }],
    );
    expect(rows).toContainEqual([back('starter'), -1_450, 0]);
  });
});

describe('a period that was cut short', () => {
  const cut = inFebruary([starter, pro], { end: MIDDLE });

  test('gives back what was held at its end, and nothing is charged in its place', () => {
    expect(settled(cut, change('starter', -1_450))).toEqual([[back('starter'), -1_450, -1_450]]);
  });

  test('charges nothing for the time after it without giving back', () => {
    expect(settled(cut, change('pro', 4_950)).slice(1)).toEqual([[back('starter'), -1_450, 0]]);
  });

  test('had changes before it was cut, of which both sides must be there', () => {
    const start = FEBRUARY + 7 * DAY;
    expect(settled(cut, change('starter', -2_175, { start })).slice(1)).toEqual([
      [from('pro', '2026-02-08'), 7_425, 0],
    ]);
  });
});
