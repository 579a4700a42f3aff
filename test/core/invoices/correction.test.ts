/** Goal: what an operator decides about a final invoice is settled once, in tokens and in cents. */
import { booksOf } from '../../../src/core/proof/books';
import {
  closeCorrection,
  correctFinal,
  uninvoicedCorrections,
} from '../../../src/core/invoices/correction';
import { describeLateItem } from '../../../src/core/invoices/late-item-text';
import {
  beginLateItems,
  dueLateItems,
  noteLateItem,
  settleByInvoice,
  settleLate,
} from '../../../src/core/invoices/late-items';
import { withException } from '../../../src/core/state/exceptions';
import type { BillingState } from '../../../src/core/state/billing-state';
import {
  aBaseLine,
  aLateItem,
  aMeteredLine,
  anInvoice,
  aPeriod,
  aState,
  FEBRUARY,
  JANUARY,
  MARCH,
} from '../../support/builders/builders';
import type { LateItem, LateRate, PeriodState } from '../../../src/core/state/period-state';
import { NO_TOKENS } from '../../../src/core/state/periods';

const RATE = 'overage_standard';
const invoice = { id: 'in_feb', status: 'paid', totalCents: 2915 };
const aLate = (is: Partial<LateRate> = {}): LateRate => ({
  ...{ tokens: 0, settledTokens: 0, settlements: 0 },
  ...is,
});
/** January is paid, February is open. */
const withLate = (late: PeriodState['late'], is: Partial<PeriodState> = {}): BillingState =>
  aState({
    periods: [aPeriod({ phase: 'paid', late, ...is }), aPeriod({ start: FEBRUARY, end: MARCH })],
  });
const lateOf = (state: BillingState) => state.periods[0]?.late;

describe('a final invoice is corrected', () => {
  const rates = { [RATE]: { ...NO_TOKENS, tokens: 50_000, reports: 2 } };
  const final = withLate(undefined, { rates, invoice });
  const seen = (...lines: Parameters<typeof aMeteredLine>[]) =>
    anInvoice({
      status: 'paid',
      lines: [aBaseLine(), ...lines.map((line) => aMeteredLine(...line))],
    });
  const corrected = (read: ReturnType<typeof anInvoice>, state = final) =>
    correctFinal(state, JANUARY, read, booksOf(state));

  test('tokens that it lacks are due, at their price, and the period has what it bills', () => {
    const state = corrected(seen([40_000]));
    expect(lateOf(state)).toEqual({ [RATE]: aLate({ tokens: 10_000, decidedTokens: 10_000 }) });
    expect(state.periods[0]?.rates).toEqual({ [RATE]: { ...rates[RATE], tokens: 40_000 } });
  });

  test('cents of a line whose tokens are right go beside it', () => {
    expect(lateOf(corrected(seen([50_000, { amountCents: 11 }])))).toEqual({
      [RATE]: aLate({ correctionCents: 4 }),
    });
  });

  test('a line that we were not shown is given back', () => {
    const read = { ...seen([50_000]), subtotalCents: 2_915 + 70 };
    expect(lateOf(corrected(read))).toEqual({ correction: aLate({ correctionCents: -70 }) });
  });

  test('one that is right brings nothing', () => {
    expect(corrected(seen([50_000]))).toEqual(final);
  });

  test('as 0.1.0 read it, by its tokens alone', () => {
    const read = { ...seen([40_000, { amountCents: 99 }]), subtotalCents: undefined };
    expect(lateOf(corrected(read))).toEqual({ [RATE]: aLate({ tokens: 10_000 }) });
  });

  test('of a period that we do not know nothing is', () => {
    expect(correctFinal(final, MARCH, seen([1]), booksOf(final))).toBe(final);
  });
});

describe('a correction that no draft will carry', () => {
  const late = { [RATE]: aLate({ tokens: 10_000, decidedTokens: 10_000, correctionCents: 4 }) };
  const ended = { ...withLate(late), billingStatus: 'ended' as const };
  const over = { ...ended, periods: ended.periods.slice(0, 1) };

  test('is told with its cents: 10,000 tokens are 3, and 4 beside them', () => {
    expect(uninvoicedCorrections(over)).toEqual([{ start: JANUARY, cents: 7 }]);
  });

  test('is not, as long as one will', () => {
    expect(uninvoicedCorrections(withLate(late))).toEqual([]);
    expect(uninvoicedCorrections(ended)).toEqual([]);
  });

  test('is none where it comes to nothing', () => {
    const nothing = { [RATE]: aLate({ decidedTokens: 10_000, correctionCents: -3 }) };
    expect(uninvoicedCorrections({ ...over, periods: [aPeriod({ phase: 'paid' })] })).toEqual([]);
    const periods = [aPeriod({ phase: 'paid', late: nothing })];
    expect(uninvoicedCorrections({ ...over, periods })).toEqual([]);
  });

  test('of a rate that no plan has, it is its cents', () => {
    const periods = [
      aPeriod({ phase: 'paid', late: { correction: aLate({ correctionCents: 5 }) } }),
    ];
    expect(uninvoicedCorrections({ ...over, periods })).toEqual([{ start: JANUARY, cents: 5 }]);
  });

  test('settled by hand, nothing is left of it; what came in time is still to be decided', () => {
    const both = aLate({ ...late[RATE], settledTokens: 2, inTimeTokens: 6 });
    const closed = closeCorrection(withLate({ [RATE]: both, other: aLate() }), JANUARY);
    expect(lateOf(closed)).toEqual({
      [RATE]: aLate({ tokens: 10_000, settledTokens: 10_002, inTimeTokens: 6 }),
      other: aLate(),
    });
    expect(closeCorrection(over, FEBRUARY)).toBe(over);
    const none = withLate(undefined);
    expect(closeCorrection(none, JANUARY)).toBe(none);
  });
});

describe('a decision that is being carried out is settled before it is taken again', () => {
  const decided = { [RATE]: aLate({ tokens: 10_000, decidedTokens: 10_000 }) };
  const cents = { correction: aLate({ correctionCents: 4 }) };
  const plain = { [RATE]: aLate({ tokens: 10_000 }) };
  const resolving = (late: PeriodState['late'], kind: 'invoice_differs' | 'invoice_gone') => {
    const opened = { kind, subject: 'in_feb', message: 'it differs' };
    const state = withException(withLate(late, { invoice }), opened, 1);
    const resolution = { kind: 'correct', reason: 'checked', by: 'ops' } as const;
    const exceptions = state.exceptions.map((one) => ({ ...one, resolution }));
    return { state, decided: { ...state, exceptions } };
  };
  const amounts = (state: BillingState) =>
    dueLateItems(state, 'in_mar').map(({ amountCents }) => amountCents);

  test.each<[string, PeriodState['late'], number[]]>([
    ['tokens', decided, []],
    ['cents', cents, []],
    ['but what nobody decided about is due', plain, [3]],
  ])('%s', (_case, late, due) => {
    expect(amounts(resolving(late, 'invoice_differs').decided)).toEqual(due);
  });

  test('not while somebody has yet to decide, nor for what is about something else', () => {
    expect(amounts(resolving(decided, 'invoice_differs').state)).toEqual([3]);
    expect(amounts(resolving(decided, 'invoice_gone').decided)).toEqual([3]);
    expect(amounts(withLate(decided))).toEqual([3]);
    expect(amounts(withLate(cents))).toEqual([4]);
  });
});

describe('late usage and the draft that it goes onto', () => {
  const state = withLate({ [RATE]: aLate({ tokens: 50_000 }) });
  const [item] = dueLateItems(state, 'in_mar') as [LateItem];
  const march = { id: 'in_mar', status: 'draft', totalCents: 0 };
  const withFebruary = (is: Partial<PeriodState>, of = state) => ({
    ...of,
    periods: of.periods.map((period) =>
      period.start === FEBRUARY ? { ...period, ...is } : period,
    ),
  });

  test('nothing is put onto one before it is known what there is', () => {
    const recovering = { untilSequence: 1, settlements: [], invoices: [] };
    expect(dueLateItems({ ...state, recovering }, 'in_mar')).toEqual([]);
  });

  test('usage of a rate that its plan does not have breaks an invariant', () => {
    expect(() => dueLateItems(withLate({ gone: aLate({ tokens: 1 }) }), 'in_mar')).toThrow(
      'late usage of gone, which starter does not have',
    );
  });

  test('a line that is under way is taken only by its own draft', () => {
    const begun = beginLateItems(
      withFebruary({ phase: 'closing', invoice: march }),
      [item],
      'in_mar',
    );
    expect(dueLateItems(begun, 'in_mar')).toEqual([item]);
    expect(dueLateItems(begun, 'in_other')).toEqual([]);
    const others = withFebruary({ phase: 'closing', invoice: { ...march, id: 'in_x' } }, begun);
    expect(dueLateItems(others, 'in_other')).toMatchObject([{ tokens: 50_000 }]);
  });

  test('another invoice that becomes final settles nothing of it', () => {
    const begun = beginLateItems(
      withFebruary({ phase: 'closing', invoice: march }),
      [item],
      'in_mar',
    );
    expect(settleByInvoice(begun, anInvoice({ id: 'in_x' }))).toEqual(begun);
    expect(settleByInvoice(state, anInvoice({ id: 'in_x' }))).toEqual(state);
  });

  test('a final invoice that has other lines beside it settles it, and its period notes it', () => {
    const begun = beginLateItems(
      withFebruary({ phase: 'finalized', invoice: march }),
      [item],
      'in_mar',
    );
    const lines = [aBaseLine(), aBaseLine({ isBase: false, lateItemKey: item.key })];
    const settled = settleByInvoice(begun, anInvoice({ id: 'in_mar', lines }));
    expect(lateOf(settled)).toEqual({
      [RATE]: aLate({ tokens: 50_000, settledTokens: 50_000, settlements: 1 }),
    });
    expect(settled.periods.map(({ lateItems }) => lateItems)).toEqual([undefined, [item]]);
  });

  test('one that we do not know of any more leaves it to the next', () => {
    const begun = beginLateItems(state, [item], 'in_mar');
    const lines = [aBaseLine({ isBase: false, lateItemKey: item.key })];
    const after = settleByInvoice(begun, anInvoice({ id: 'in_mar', lines }));
    expect(lateOf(after)).toEqual({ [RATE]: aLate({ tokens: 50_000 }) });
  });

  test('a period carries several items, each once', () => {
    const other = aLateItem({ key: 'late:other' });
    const noted = noteLateItem(
      noteLateItem(noteLateItem(state, FEBRUARY, item), FEBRUARY, other),
      FEBRUARY,
      item,
    );
    expect(noted.periods.map(({ lateItems }) => lateItems)).toEqual([undefined, [item, other]]);
    expect(noteLateItem(state, MARCH, item)).toBe(state);
  });

  test('an item of a period or rate that is not known changes nothing', () => {
    expect(settleLate(state, { ...item, periodStart: MARCH })).toBe(state);
    expect(settleLate(state, { ...item, rateId: 'other' })).toBe(state);
    const none = withLate(undefined);
    expect(settleLate(none, item)).toBe(none);
  });
});

test('the customer reads of a correction which days it is for', () => {
  expect(describeLateItem(aLateItem({ tokens: 0 }))).toBe(
    'Correction of 2026-01-01 to 2026-02-01 (plan starter)',
  );
  expect(describeLateItem(aLateItem({ correctionCents: 4 }))).toBe(
    'Late usage of 2026-01-01 to 2026-02-01: 50000 tokens ' +
      '(overage_standard, plan starter), corrected',
  );
});
