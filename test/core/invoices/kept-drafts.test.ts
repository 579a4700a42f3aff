/** Goal: a draft is held before it can leave, and as long as somebody keeps it. */
import {
  beginHold,
  doubtDraft,
  followDraft,
  holdToLift,
  isClosingDraft,
  isHeldAtSight,
  isSameCount,
  draftsToHold,
  noteHold,
  readHoldMark,
} from '../../../src/core/invoices/invoice-hold';
import {
  aBaseLine,
  aMeteredLine,
  anInvoice,
  aPeriod,
  aState,
  FEBRUARY,
  JANUARY,
  MARCH,
} from '../../support/builders/builders';
import { NO_TOKENS } from '../../../src/core/state/periods';
import {
  aDraft,
  BY_OTHERS,
  BY_PAUSE,
  draft,
  HOLD,
  onlyPeriod,
  paused,
} from '../../support/builders/drafts';
import type { InvoiceSnapshot } from '../../../src/core/invoices/invoice-snapshot';
import type { HeldDraft, PeriodPhase, PeriodState } from '../../../src/core/state/period-state';

test.each<[string, Partial<InvoiceSnapshot>, boolean]>([
  ['a renewal', { billingReason: 'subscription_cycle', lines: [] }, true],
  ['a change with usage', { billingReason: 'subscription_update' }, true],
  [
    'a change that bills no usage',
    { billingReason: 'subscription_update', lines: [aBaseLine()] },
    false,
  ],
  ['what somebody invoices by hand', { billingReason: 'manual' }, false],
  ['a first invoice', { billingReason: 'subscription_create', lines: [aMeteredLine(1)] }, false],
])('%s is held as soon as it is seen: %#', (_case, is, isHeld) => {
  expect(isHeldAtSight(anInvoice(is))).toBe(isHeld);
});

test.each(['by 12 34', '12 34 or so', '12 3x', 'x2 34', '12345'])(
  'a mark that has more than two times in it, %j, is not ours',
  (mark) => {
    expect(readHoldMark(mark)).toBeUndefined();
  },
);

test('a mark may have the smallest times, and large ones', () => {
  expect(readHoldMark('1 2')).toEqual({ at: 1, finalizesAt: 2 });
  expect(readHoldMark('123 never')).toEqual({ at: 123, finalizesAt: null });
});

test.each<[PeriodPhase, PeriodState['invoice'], boolean]>([
  ['closing', draft, true],
  ['closing', { ...draft, status: 'open' }, false],
  ['closing', null, false],
  ['reconciled', draft, false],
])('a period that is %s with %j: its draft is being compared %s', (phase, invoice, isIt) => {
  expect(isClosingDraft(aPeriod({ phase, invoice }))).toBe(isIt);
});

test('drafts that are to be held are named by the start of their periods', () => {
  const held = aDraft({ start: FEBRUARY, end: MARCH, held: { ...HOLD } });
  expect(draftsToHold(aState({ periods: [aDraft(), held] }))).toEqual([JANUARY]);
});

describe('a hold is noted before it is asked for', () => {
  test('with the time of the decision', () => {
    const { periods } = beginHold(onlyPeriod(aDraft()), aDraft(), 5);
    expect(periods[0]?.held).toEqual({ at: 5, finalizesAt: null, isUnderWay: true });
  });

  test('and asked again it keeps the time of the first, by which it is known', () => {
    const period = aDraft({ held: { at: 3, finalizesAt: null, isUnderWay: true } });
    expect(beginHold(onlyPeriod(period), period, 5).periods[0]?.held?.at).toBe(3);
  });

  test('then what came of it', () => {
    expect(noteHold(onlyPeriod(aDraft()), aDraft(), HOLD).periods[0]?.held).toEqual(HOLD);
  });

  test('a draft that did not advance anyway is kept by others, or by the pause', () => {
    expect(noteHold(onlyPeriod(aDraft()), aDraft(), null).periods[0]?.held).toEqual(BY_OTHERS);
    const isPaused = aState({ periods: [aDraft()], standing: paused });
    expect(noteHold(isPaused, aDraft(), null).periods[0]?.held).toEqual(BY_PAUSE);
  });
});

describe('a draft that is read again', () => {
  const followed = (period: PeriodState, is: Partial<InvoiceSnapshot>) =>
    followDraft(onlyPeriod(period), period, anInvoice(is)).periods[0];
  const kept = { autoAdvance: false };

  test.each<[string, PeriodPhase, HeldDraft | undefined, Partial<InvoiceSnapshot>, PeriodPhase]>([
    ['and is let go stays reconciled', 'reconciled', undefined, {}, 'reconciled'],
    ['and is kept by others stays reconciled', 'reconciled', BY_OTHERS, kept, 'reconciled'],
    [
      'and still has the mark that nobody acts on stays reconciled',
      'reconciled',
      undefined,
      { hold: HOLD },
      'reconciled',
    ],
    [
      'and is about to be held by us is compared once it is',
      'closing',
      { at: 1, finalizesAt: null, isUnderWay: true },
      {},
      'closing',
    ],
    ['after it was final stays final', 'finalized', undefined, {}, 'finalized'],
    [
      'held by 0.1.0 without a mark, and compared, stays reconciled',
      'reconciled',
      { finalizesAt: 7 },
      kept,
      'reconciled',
    ],
    [
      'after it was final, though our mark is on it, stays final',
      'finalized',
      undefined,
      { ...kept, hold: HOLD },
      'finalized',
    ],
  ])('%s', (_case, phase, held, is, phaseAfter) => {
    expect(followed(aDraft({ phase, ...(held && { held }) }), is)?.phase).toBe(phaseAfter);
  });

  test('a hold that was refused while the draft was compared is wanted no more', () => {
    const wanted: HeldDraft = { at: 1, finalizesAt: null, isUnderWay: true };
    expect(followed(aDraft({ phase: 'reconciled', held: wanted }), {})?.held).toBeUndefined();
    expect(followed(aDraft({ phase: 'closing', held: wanted }), {})?.held).toEqual(wanted);
    const marked = aDraft({ phase: 'reconciled', held: wanted });
    expect(followed(marked, { ...kept, hold: HOLD })?.held).toEqual(wanted);
  });

  test('that its usage is counted at its end is remembered with the hold', () => {
    const held: HeldDraft = { ...HOLD, isCountedAtEnd: true };
    expect(followed(aDraft({ held }), { ...kept, hold: HOLD })?.held).toEqual(held);
    expect(followed(aDraft({ held: HOLD }), { ...kept, hold: HOLD })?.held).toEqual(HOLD);
    expect(followed(aDraft(), { ...kept, hold: HOLD })?.held).toEqual(HOLD);
  });
});

describe('a draft that was let go and can’t be looked at', () => {
  const reconciled = aDraft({ phase: 'reconciled' });

  test('is held anew', () => {
    expect(doubtDraft(onlyPeriod(reconciled), 'in_feb').periods[0]?.phase).toBe('closing');
  });

  test.each<[string, PeriodState, string]>([
    ['not if another invoice is meant', reconciled, 'in_mar'],
    ['not if it is final', { ...reconciled, invoice: { ...draft, status: 'open' } }, 'in_feb'],
    ['not if it was not let go', aDraft({ phase: 'finalized' }), 'in_feb'],
    ['not if there is none', aPeriod({ phase: 'reconciled' }), 'in_feb'],
  ])('%s', (_case, period, invoiceId) => {
    const state = onlyPeriod(period);
    expect(doubtDraft(state, invoiceId)).toBe(state);
  });
});

test('a hold that is only wanted yet is not there to be lifted', () => {
  const held: HeldDraft = { at: 1, finalizesAt: null, isUnderWay: true };
  expect(holdToLift(aDraft({ held }), anInvoice({ autoAdvance: false }))).toBeUndefined();
  expect(holdToLift(aDraft(), anInvoice({ autoAdvance: false }))).toBeUndefined();
});

test.each<[string, Partial<PeriodState>, boolean]>([
  ['nothing', {}, true],
  ['that a report was acknowledged', { rates: { a: { ...NO_TOKENS, reportedTokens: 1 } } }, true],
  ['a token of a rate', { rates: { a: { ...NO_TOKENS, tokens: 1 } } }, false],
  ['another rate', { rates: { b: NO_TOKENS } }, false],
  ['a token of the allowance', { usedTokens: 1 }, false],
  ['a token without a price', { unpricedTokens: 1 }, false],
])('what was counted meanwhile: %s', (_case, is, isSame) => {
  const before = aPeriod({ rates: { a: NO_TOKENS } });
  expect(isSameCount(before, { ...before, ...is })).toBe(isSame);
});
