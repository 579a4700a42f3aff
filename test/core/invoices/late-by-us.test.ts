/** Goal: what was recorded before its invoice was finalized is billed, though counted later. */
import type { BillingState } from '../../../src/core/state/billing-state';
import { countBatches } from '../../../src/core/counting/counting';
import { withException } from '../../../src/core/state/exceptions';
import {
  addInTime,
  giveUpInTime,
  noteInTime,
  uninvoicedInTime,
  uninvoicedSubjectOf,
} from '../../../src/core/invoices/late-by-us';
import { dueLateItems, dueWriteOffs, settleLate } from '../../../src/core/invoices/late-items';
import {
  aBatch,
  aLateItem,
  aLine,
  aPeriod,
  aState,
  FEBRUARY,
  JANUARY,
  MARCH,
  someTerms,
} from '../../support/builders/builders';
import type { LateItem, LateRate, PeriodState } from '../../../src/core/state/period-state';
import { archive } from '../../../src/core/state/periods';

const FINALIZED = FEBRUARY + 3_600;
const terms = someTerms({ lateUsage: 'write_off', includedTokens: 0 });
const invoice = { id: 'in_jan', status: 'paid', totalCents: 2900 };
const january: PeriodState = aPeriod({ terms, phase: 'paid', finalizedAt: FINALIZED, invoice });
const february = aPeriod({ start: FEBRUARY, end: MARCH, terms });
const customer = (): BillingState => archive(aState({ periods: [january, february] }), JANUARY);

/** 5,000,000 tokens in a batch that was recorded from this second on. */
const counted = (recordedFrom?: number, state = customer()): BillingState =>
  countBatches(state, [
    {
      ...aBatch(state.appliedSequence + 1, aLine(5_000_000)),
      ...(recordedFrom !== undefined && { recordedFrom }),
    },
  ]);
const tokensOf = (items: readonly LateItem[]) => items.map(({ tokens }) => tokens);

test.each<[string, number | undefined, number[], number[]]>([
  ['before the invoice was finalized: on the next one', FINALIZED - 1, [5_000_000], []],
  ['in that very second or after: written off, as the plan says', FINALIZED, [], [5_000_000]],
  ['by release 0.1.0, which does not say: written off', undefined, [], [5_000_000]],
])('late usage that was recorded %s', (_case, recordedFrom, billed, writtenOff) => {
  const state = counted(recordedFrom);
  expect(tokensOf(dueLateItems(state, 'in_feb'))).toEqual(billed);
  expect(tokensOf(dueWriteOffs(state))).toEqual(writtenOff);
});

test('what is late by the app and what is late by us are settled each in its way, and once', () => {
  const both = counted(FINALIZED + 9, counted(FINALIZED - 9));
  const billed = dueLateItems(both, 'in_feb').reduce(settleLate, both);
  expect(dueLateItems(billed, 'in_mar')).toEqual([]);
  const done = dueWriteOffs(billed).reduce(settleLate, billed);
  expect(tokensOf([...dueLateItems(done, 'in_mar'), ...dueWriteOffs(done)])).toEqual([]);
  expect(done.archived[0]?.late).toEqual({
    overage_standard: { tokens: 10_000_000, settledTokens: 10_000_000, settlements: 2 },
  });
});

test('nothing is written off while an operator has yet to decide about the period’s invoice', () => {
  const opened = { kind: 'invoice_differs', subject: 'in_jan', message: 'it differs' } as const;
  expect(dueWriteOffs(withException(counted(FINALIZED), opened, 1))).toEqual([]);
});

test('of a subscription that has ended it is nobody’s to give up but an operator’s', () => {
  const over = { ...counted(FINALIZED - 1), billingStatus: 'ended' as const, periods: [] };
  expect(dueWriteOffs(over)).toEqual([]);
  expect(uninvoicedInTime(over)).toEqual([{ start: JANUARY, tokens: 5_000_000 }]);
  const givenUp = giveUpInTime(over, JANUARY);
  expect(uninvoicedInTime(givenUp)).toEqual([]);
  expect(tokensOf(dueWriteOffs(givenUp))).toEqual([5_000_000]);
});

const RATE = 'overage_standard';
const aLate = (is: Partial<LateRate> = {}): LateRate => ({
  ...{ tokens: 0, settledTokens: 0, settlements: 0 },
  ...is,
});
const withLate = (late: PeriodState['late'], is: Partial<PeriodState> = {}): BillingState =>
  aState({ periods: [aPeriod({ phase: 'paid', late, ...is }), february] });
const lateOf = (state: BillingState) => state.periods[0]?.late;

describe('usage that is late because we were', () => {
  test('is settled by a line, and by a write-off only where an operator gave it up', () => {
    const late = aLate({ tokens: 9_000, inTimeTokens: 4_000, decidedTokens: 1_000 });
    const state = withLate({ [RATE]: late }, { terms });
    const [billed] = dueLateItems(state, 'in_mar') as [LateItem];
    expect(billed).toMatchObject({ tokens: 5_000, decidedTokens: 1_000 });
    expect(lateOf(settleLate(state, billed))).toEqual({
      [RATE]: aLate({ tokens: 9_000, settledTokens: 5_000, settlements: 1 }),
    });
    const [given] = dueWriteOffs(state) as [LateItem];
    expect(given.tokens).toBe(4_000);
    expect(lateOf(settleLate(state, given))).toEqual({
      [RATE]: { ...late, settledTokens: 4_000, settlements: 1 },
    });
  });

  test('is added to what came in time before', () => {
    const once = addInTime(aPeriod(), RATE, 5);
    expect(addInTime(once, RATE, 2).late).toEqual({
      [RATE]: aLate({ tokens: 7, inTimeTokens: 7 }),
    });
  });

  test('is what has become late since, of each rate', () => {
    const before = aPeriod({ finalizedAt: 100, late: { [RATE]: aLate({ tokens: 5 }) } });
    const after = aPeriod({
      finalizedAt: 100,
      late: { [RATE]: aLate({ tokens: 5 }), other: aLate({ tokens: 3 }) },
    });
    expect(noteInTime(before, after, 99).late).toEqual({
      [RATE]: aLate({ tokens: 5 }),
      other: aLate({ tokens: 3, inTimeTokens: 3 }),
    });
    const more = aPeriod({ finalizedAt: 100, late: { [RATE]: aLate({ tokens: 7 }) } });
    expect(noteInTime(before, more, 99).late).toEqual({
      [RATE]: aLate({ tokens: 7, inTimeTokens: 2 }),
    });
    expect(noteInTime(aPeriod(), more, 99).late).toEqual({
      [RATE]: aLate({ tokens: 7, inTimeTokens: 7 }),
    });
  });

  test('is nothing if nothing became late, or nobody knows when it was final', () => {
    const late = { [RATE]: aLate({ tokens: 7 }) };
    const same = aPeriod({ finalizedAt: 100, late });
    expect(noteInTime(same, same, 99)).toBe(same);
    const unknown = aPeriod({ late });
    expect(noteInTime(aPeriod(), unknown, 99)).toBe(unknown);
    const open = aPeriod({ finalizedAt: 100 });
    expect(noteInTime(open, open, 99)).toBe(open);
  });

  test('is given up for the period that is meant', () => {
    const late = { [RATE]: aLate({ tokens: 7, inTimeTokens: 7 }) };
    const both = aState({
      periods: [aPeriod({ late }), aPeriod({ start: FEBRUARY, end: MARCH, late })],
    });
    const after = giveUpInTime(both, FEBRUARY);
    expect(after.periods.map((one) => one.late?.[RATE]?.inTimeTokens)).toEqual([7, undefined]);
    expect(giveUpInTime(both, MARCH)).toBe(both);
    const none = aState();
    expect(giveUpInTime(none, JANUARY)).toBe(none);
  });

  test('is told under the subscription and the start of its period', () => {
    expect(uninvoicedSubjectOf(aState(), JANUARY)).toBe(`sub_ada:${JANUARY}`);
    const old = aState({ periods: [aPeriod({ subscriptionId: 'sub_old' })] });
    expect(uninvoicedSubjectOf(old, JANUARY)).toBe(`sub_old:${JANUARY}`);
    expect(uninvoicedSubjectOf(old, MARCH)).toBe(`sub_ada:${MARCH}`);
  });
});

test('while an invoice is still to come nothing is told as on none', () => {
  const late = { overage_standard: aLate({ tokens: 7, inTimeTokens: 7 }) };
  const periods = [aPeriod({ phase: 'paid', late })];
  expect(uninvoicedInTime(aState({ periods }))).toEqual([]);
  expect(uninvoicedInTime(aState({ billingStatus: 'ended', periods }))).toEqual([
    { start: JANUARY, tokens: 7 },
  ]);
});

test('what an operator decided of an item takes nothing from what came in time', () => {
  const rate = 'overage_standard';
  const late = { [rate]: aLate({ tokens: 30, decidedTokens: 10, inTimeTokens: 25 }) };
  const state = aState({ periods: [aPeriod({ phase: 'paid', late })] });
  const item = { ...aLateItem(), tokens: 30, decidedTokens: 10 };
  expect(settleLate(state, item).periods[0]?.late).toEqual({
    [rate]: aLate({ tokens: 30, settledTokens: 30, settlements: 1, inTimeTokens: 5 }),
  });
});
