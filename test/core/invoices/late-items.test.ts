/**
 * Goal: usage that comes after the invoice is final is rated by its own period, and then billed or
 * written off once, as the plan says.
 */
import type { BillingState } from '../../../src/core/state/billing-state';
import { countBatches } from '../../../src/core/counting/counting';
import {
  beginLateItems,
  dueLateItems,
  dueWriteOffs,
  noteLateItem,
  settleByInvoice,
  settleLate,
} from '../../../src/core/invoices/late-items';
import { describeLateItem } from '../../../src/core/invoices/late-item-text';
import {
  aBaseLine,
  aBatch,
  aGrant,
  aLateItem,
  aLine,
  anInvoice,
  aPeriod,
  aRate,
  aState,
  FEBRUARY,
  JANUARY,
  MARCH,
  someTerms,
} from '../../support/builders/builders';
import type { PeriodState, LateItem, LateRate } from '../../../src/core/state/period-state';
import { allPeriods, archive } from '../../../src/core/state/periods';

const RATE = 'overage_standard';
const APRIL = 1_775_001_600;
const february = aPeriod({ start: FEBRUARY, end: MARCH });

const aLate = (tokens: number, overrides: Partial<LateRate> = {}): PeriodState['late'] => ({
  [RATE]: { tokens, settledTokens: 0, settlements: 0, ...overrides },
});
/** January is paid and has so many late tokens; February is open. */
const withLate = (tokens: number, january: Partial<PeriodState> = {}): BillingState => {
  const paid = aPeriod({ phase: 'paid', late: aLate(tokens), ...january });
  return archive(aState({ periods: [paid, february] }), JANUARY);
};
const withinJanuary = (january: Partial<PeriodState>, tokens: number, grants = [aGrant()]) => {
  const periods = [aPeriod({ phase: 'paid', ...january }), february];
  const state = archive(aState({ periods, grants }), JANUARY);
  const [period] = allPeriods(countBatches(state, [aBatch(1, aLine(tokens))]));
  return { uses: period?.grantUses, late: period?.late?.[RATE]?.tokens };
};
const due = (state: BillingState) => dueLateItems(state, 'in_feb');
const whatIsDue = (items: readonly LateItem[]) =>
  items.map(({ periodStart, tokens }) => [periodStart, tokens]);

describe('late usage is rated by its own period', () => {
  test('what is left of its allowance comes first', () => {
    expect(withinJanuary({ usedTokens: 99_000 }, 1_000)).toEqual({});
  });

  test('then what is left of the grants, and only the rest is billable', () => {
    expect(withinJanuary({ usedTokens: 99_500 }, 2_000)).toEqual({
      uses: { goodwill: 1_000 },
      late: 500,
    });
  });

  test('a grant given after its period leaves it alone', () => {
    const given = [aGrant({ since: FEBRUARY })];
    expect(withinJanuary({ usedTokens: 100_000 }, 300, given)).toEqual({ late: 300 });
  });

  test('it is priced by its own plan, whatever the plan of today', () => {
    const dearer = someTerms({ rates: [aRate({ pricePerMillionTokens: '40.00' })] });
    const [item] = due(withLate(50_000, { terms: dearer }));
    expect(item).toMatchObject({ planId: 'starter', amountCents: 200 });
  });
});

test('an item names its period and rate under a key of its own', () => {
  expect(due(withLate(50_000))).toEqual([
    {
      key: `late:sub_ada:${JANUARY}:overage_standard:1:in_feb`,
      periodStart: JANUARY,
      periodEnd: FEBRUARY,
      planId: 'starter',
      rateId: RATE,
      tokens: 50_000,
      pricePerMillionTokens: '3.00',
      amountCents: 15,
    },
  ]);
});

test.each([
  // cents = tokens × dollars per million × 100 / 1,000,000
  [50_000, '3.00', 15],
  [1_666, '3.00', 0],
  [1_667, '3.00', 1],
  [5_000, '3.00', 2],
  [4_999, '3.00', 1],
  [15_000, '3.00', 5],
  [125, '40.00', 1],
  [124, '40.00', 0],
  [500_000, '0.01', 1],
  [1_000_000_000_000, '3.00', 300_000_000],
  [-5_000, '3.00', -2],
  [-4_999, '3.00', -1],
  [-50_000, '3.00', -15],
])('%d tokens at $%s a million cost %d cents', (tokens, pricePerMillionTokens, amountCents) => {
  const terms = someTerms({ rates: [aRate({ pricePerMillionTokens })] });
  expect(due(withLate(tokens, { terms }))).toMatchObject([{ tokens, amountCents }]);
});

test('the customer reads which days and how many tokens a line is for', () => {
  expect(describeLateItem(aLateItem())).toBe(
    'Late usage of 2026-01-01 to 2026-02-01: 50000 tokens (overage_standard, plan starter)',
  );
});

test('items of two old periods go onto one invoice, the older first', () => {
  const march = aPeriod({ start: MARCH, end: APRIL });
  const archived = [
    aPeriod({ phase: 'paid', late: aLate(10) }),
    aPeriod({ start: FEBRUARY, end: MARCH, phase: 'paid', late: aLate(20) }),
  ];
  expect(whatIsDue(due(aState({ archived, periods: [march] })))).toEqual([
    [JANUARY, 10],
    [FEBRUARY, 20],
  ]);
});

test('an unpaid old period’s late usage does not wait for its payment', () => {
  const january = aPeriod({ phase: 'finalized', late: aLate(10) });
  expect(whatIsDue(due(aState({ periods: [january, february] })))).toEqual([[JANUARY, 10]]);
});

describe('an item is settled once', () => {
  const state = withLate(10);
  const [item] = due(state) as [LateItem];

  test('then nothing is due', () => {
    const settled = settleLate(beginLateItems(state, [item], 'in_feb'), item);
    expect(due(settled)).toEqual([]);
  });

  test('settled again it changes nothing', () => {
    const settled = settleLate(beginLateItems(state, [item], 'in_feb'), item);
    expect(settleLate(settled, item)).toBe(settled);
  });

  test('usage that comes while the line is made is due next, under the next number', () => {
    const begun = beginLateItems(state, [item], 'in_feb');
    const more = countBatches(begun, [aBatch(1, aLine(100_005))]);
    expect(due(more)).toEqual([item]);
    const [next] = due(settleLate(more, item)) as [LateItem];
    expect(next.tokens).toBe(5);
    expect(next.key).toBe(`late:sub_ada:${JANUARY}:overage_standard:2:in_feb`);
  });

  test('of two drafts at once only the one that began gets the line', () => {
    const drafts = [
      aPeriod({ start: FEBRUARY, end: MARCH, phase: 'closing', invoice: anInvoiceOf('in_feb') }),
      aPeriod({ start: MARCH, end: APRIL, phase: 'closing', invoice: anInvoiceOf('in_mar') }),
    ];
    const begun = beginLateItems({ ...state, periods: drafts }, [item], 'in_feb');
    expect(dueLateItems(begun, 'in_mar')).toEqual([]);
    expect(dueLateItems(begun, 'in_feb')).toEqual([item]);
  });

  test('a draft that was finalized without the line leaves it to the next', () => {
    const gone = { ...february, phase: 'finalized' as const, invoice: anInvoiceOf('in_feb') };
    const begun = beginLateItems({ ...state, periods: [gone] }, [item], 'in_feb');
    expect(whatIsDue(dueLateItems(begun, 'in_mar'))).toEqual([[JANUARY, 10]]);
  });

  test('a line that was put on but not heard of before the invoice was final is settled by it', () => {
    const gone = { ...february, phase: 'finalized' as const, invoice: anInvoiceOf('in_feb') };
    const begun = beginLateItems({ ...state, periods: [gone] }, [item], 'in_feb');
    const line = aBaseLine({ isBase: false, lateItemKey: item.key });
    const settled = settleByInvoice(begun, anInvoice({ lines: [line] }));
    expect(dueLateItems(settled, 'in_mar')).toEqual([]);
    expect(settled.periods[0]?.lateItems).toEqual([item]);
    const without = settleByInvoice(begun, anInvoice());
    expect(whatIsDue(dueLateItems(without, 'in_mar'))).toEqual([[JANUARY, 10]]);
    expect(allPeriods(without)[0]?.late).toEqual(aLate(10));
  });

  test('noted twice, the invoice carries it once', () => {
    const noted = noteLateItem(noteLateItem(state, FEBRUARY, item), FEBRUARY, item);
    expect(noted.periods[0]?.lateItems).toEqual([item]);
  });
});

const anInvoiceOf = (id: string) => ({ id, status: 'draft', totalCents: 2900 });

describe('what is not billed is written off', () => {
  const writeOff = someTerms({ lateUsage: 'write_off' });

  test('on a plan that writes off: at once, and on no invoice', () => {
    const state = withLate(50_000, { terms: writeOff });
    expect(due(state)).toEqual([]);
    expect(dueWriteOffs(state)).toMatchObject([
      { key: `late:sub_ada:${JANUARY}:overage_standard:1:none`, tokens: 50_000, amountCents: 15 },
    ]);
  });

  test('on a plan that bills it: not as long as an invoice will follow', () => {
    expect(dueWriteOffs(withLate(10))).toEqual([]);
  });

  test.each([
    ['not while the last invoice is a draft that can take it', 'closing', []],
    ['once the last invoice is final', 'finalized', [[JANUARY, 10]]],
    ['or paid', 'paid', [[JANUARY, 10]]],
    ['or void', 'void', [[JANUARY, 10]]],
  ] as const)('after the subscription has ended: %s', (_when, phase, expected) => {
    const state = withLate(10);
    const ended = { ...state, billingStatus: 'ended' as const, periods: [{ ...february, phase }] };
    expect(whatIsDue(dueWriteOffs(ended))).toEqual(expected);
  });

  test('not while one of several last invoices is a draft', () => {
    const january = aPeriod({ phase: 'finalized', late: aLate(10) });
    const periods = [january, { ...february, phase: 'closing' as const }];
    expect(dueWriteOffs(aState({ billingStatus: 'ended', periods }))).toEqual([]);
  });

  test('once', () => {
    const state = withLate(10, { terms: writeOff });
    const [item] = dueWriteOffs(state) as [LateItem];
    const writtenOff = settleLate(state, item);
    expect(dueWriteOffs(writtenOff)).toEqual([]);
    expect(settleLate(writtenOff, item)).toBe(writtenOff);
  });
});
