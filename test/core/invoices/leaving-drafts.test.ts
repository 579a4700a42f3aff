/** Goal: a draft that nobody is to keep leaves, and each that should have left is told. */
import {
  heldWhenFinal,
  isNotAdvancing,
  nextKeptDraft,
  nextUncollected,
  untilNextLook,
} from '../../../src/core/invoices/invoice-hold';
import { mustHoldBy, noteInvoice } from '../../../src/core/invoices/invoice';
import { anInvoice, aPeriod, aState, FEBRUARY, MARCH } from '../../support/builders/builders';
import {
  aDraft,
  BY_OTHERS,
  BY_PAUSE,
  draft,
  HOLD,
  onlyPeriod,
  paused,
} from '../../support/builders/drafts';
import type { InvoiceDiscount } from '../../../src/core/invoices/invoice-discount';
import type { InvoiceSnapshot } from '../../../src/core/invoices/invoice-snapshot';
import type { PeriodPhase, PeriodState } from '../../../src/core/state/period-state';

describe('a final invoice that our hold keeps from being collected is let go', () => {
  const open = { ...draft, status: 'open' };
  const uncollected = aPeriod({ phase: 'finalized', held: HOLD, invoice: open });

  test('once its books are settled', () => {
    expect(nextUncollected(onlyPeriod(uncollected))).toBe(uncollected);
  });

  test.each<[string, Partial<PeriodState>]>([
    ['that is still to be compared', { isUncompared: true }],
    ['that is paid', { invoice: { ...draft, status: 'paid' } }],
    ['of a period that has none', { invoice: null }],
    ['that is void', { phase: 'void' }],
    ['that nobody holds', { held: undefined }],
    ['that others keep', { held: BY_OTHERS }],
  ])('not one %s', (_case, is) => {
    expect(nextUncollected(onlyPeriod({ ...uncollected, ...is }))).toBeUndefined();
  });

  test('not while somebody has to decide about it; what else is open does not matter', () => {
    const opened = { message: 'it differs', since: 1 };
    const withOpen = (kind: 'invoice_differs' | 'invoice_gone', subject: string) =>
      aState({ periods: [uncollected], exceptions: [{ kind, subject, ...opened }] });
    expect(nextUncollected(withOpen('invoice_differs', 'in_feb'))).toBeUndefined();
    expect(nextUncollected(withOpen('invoice_differs', 'in_jan'))).toBe(uncollected);
    expect(nextUncollected(withOpen('invoice_gone', 'in_feb'))).toBe(uncollected);
  });
});

describe('drafts that a pause kept leave once it is over', () => {
  const kept = aDraft({ phase: 'reconciled', held: BY_PAUSE });
  const later = { ...kept, start: FEBRUARY, end: MARCH };

  test('the oldest first, when all of them agree with the ledger', () => {
    expect(nextKeptDraft(aState({ periods: [kept, later] }))).toBe(kept);
    const waiting = { ...later, phase: 'closing' as const };
    expect(nextKeptDraft(aState({ periods: [kept, waiting] }))).toBeUndefined();
  });

  test('not while it lasts', () => {
    expect(nextKeptDraft(aState({ periods: [kept], standing: paused }))).toBeUndefined();
  });

  test.each<[string, Partial<PeriodState>]>([
    ['kept by others', { held: BY_OTHERS }],
    ['held by us', { held: HOLD }],
    ['kept by nobody', { held: undefined }],
    ['final', { invoice: { ...draft, status: 'open' } }],
    ['of no invoice', { invoice: null }],
    ['of a period that is paid', { phase: 'paid' }],
  ])('one that is %s has nothing to do with the pause, and delays none', (_case, is) => {
    expect(nextKeptDraft(aState({ periods: [{ ...kept, ...is }] }))).toBeUndefined();
    expect(nextKeptDraft(aState({ periods: [{ ...kept, ...is }, later] }))).toBe(later);
  });
});

describe('a draft that was let go is looked at ten and five minutes before it leaves', () => {
  const LEAVES = 10_000;
  const MINUTE = 60_000;
  const THREE_HOURS = 180 * MINUTE;
  const leaving = aDraft({ leavesAt: LEAVES });
  const before = (minutes: number) => LEAVES * 1000 - minutes * MINUTE;

  test.each<[number, number]>([
    [60, 50 * MINUTE],
    [10.5, MINUTE / 2],
    // At ten minutes it is looked at: the next look is five minutes later.
    [10, 5 * MINUTE],
    [7, 2 * MINUTE],
    // After both looks, it is looked at when it should have left.
    [5, THREE_HOURS],
    [0, THREE_HOURS],
    // A clock that is hours off is not ours.
    [190, THREE_HOURS],
    [189, 179 * MINUTE],
    [186, 176 * MINUTE],
  ])('%d minutes before, the next look is in %d ms', (minutes, wait) => {
    expect(untilNextLook(leaving, before(minutes))).toBe(wait);
  });

  test('when it leaves is not known: in three hours', () => {
    expect(untilNextLook(aDraft(), before(60))).toBe(THREE_HOURS);
  });
});

describe('a draft that agrees and stays one is told', () => {
  const DUE = 100_000;
  const twoHoursLater = (DUE + 7_200) * 1000;
  const reconciled = aDraft({ phase: 'reconciled' });
  const kept = { autoAdvance: false };

  test.each<[string, PeriodState, Partial<InvoiceSnapshot>, number, boolean]>([
    ['two hours after it was due: yes', reconciled, {}, twoHoursLater + 1, true],
    ['up to then: not', reconciled, {}, twoHoursLater, false],
    ['by a test clock: not', reconciled, { isOnTestClock: true }, twoHoursLater + 1, false],
    ['without a time: not', reconciled, { finalizesAt: null }, twoHoursLater + 1, false],
    ['kept by others: yes', { ...reconciled, held: BY_OTHERS }, kept, 0, true],
    ['kept by the pause: not', { ...reconciled, held: BY_PAUSE }, kept, twoHoursLater + 1, false],
    ['kept by nobody: not', reconciled, kept, twoHoursLater + 1, false],
    ['while it is compared: not', aDraft(), {}, twoHoursLater + 1, false],
    ['void: not', reconciled, { status: 'void' }, twoHoursLater + 1, false],
    ['final, and kept by others: yes', aDraft({ held: BY_OTHERS }), { status: 'open' }, 0, true],
    ['final, and held by us: not', aDraft({ held: HOLD }), { status: 'open' }, 0, false],
    ['final, and held by nobody: not', aDraft(), { status: 'open' }, twoHoursLater + 1, false],
  ])('%s', (_case, period, is, now, isTold) => {
    expect(isNotAdvancing(period, anInvoice({ finalizesAt: DUE, ...is }), now)).toBe(isTold);
  });
});

test('a final invoice is overdue after its very second', () => {
  const invoice = anInvoice({ status: 'open', dueAt: 1_000 });
  expect(heldWhenFinal(invoice, 1_000_000)).toBeUndefined();
  expect(heldWhenFinal(invoice, 1_000_001)).toEqual(BY_OTHERS);
});

test('a draft that differs must be held five minutes before Stripe acts, if our clock tells', () => {
  expect(mustHoldBy(anInvoice({ finalizesAt: 1_000 }))).toBe(700_000);
  expect(mustHoldBy(anInvoice({ finalizesAt: null }))).toBe(Infinity);
  expect(mustHoldBy(anInvoice({ finalizesAt: 1_000, isOnTestClock: true }))).toBe(Infinity);
});

test('when a draft leaves is forgotten as soon as it is no draft that was let go', () => {
  const period = aDraft({ phase: 'reconciled', leavesAt: 9 });
  const noted = (phase: PeriodPhase) =>
    noteInvoice(onlyPeriod(period), period, phase, anInvoice({ totalCents: 5 })).periods[0];
  expect(noted('reconciled')).toMatchObject({ leavesAt: 9, phase: 'reconciled' });
  expect(noted('closing')?.leavesAt).toBeUndefined();
  expect(noted('closing')?.invoice).toEqual({ id: 'in_feb', status: 'draft', totalCents: 5 });
});

const NOW = 2_000_000;

const held = (is: Partial<InvoiceSnapshot>) =>
  heldWhenFinal(
    {
      ...{ status: 'open', autoAdvance: true, attemptCount: 0, amountRemainingCents: 100 },
      ...{ isOnTestClock: false, ...is },
    } as InvoiceSnapshot,
    NOW,
  );

test('one that Stripe collects, has tried, or that is paid is held by nobody', () => {
  expect(held({})).toBeUndefined();
  expect(held({ autoAdvance: false, attemptCount: 1 })).toBeUndefined();
  expect(held({ autoAdvance: false, amountRemainingCents: 0 })).toBeUndefined();
  expect(held({ autoAdvance: false, status: 'void' })).toBeUndefined();
});

test('one that does not advance is held by our mark, or by somebody else', () => {
  const hold = { at: 1, finalizesAt: 2 };
  expect(held({ autoAdvance: false, hold })).toEqual(hold);
  expect(held({ autoAdvance: false })).toEqual(BY_OTHERS);
});

test('one that was to be paid by a date is nobody’s once that is past', () => {
  expect(held({ dueAt: NOW / 1000 + 1 })).toBeUndefined();
  expect(held({ dueAt: NOW / 1000 - 1 })).toEqual(BY_OTHERS);
  expect(held({ dueAt: NOW / 1000 - 1, isOnTestClock: true })).toBeUndefined();
});

test('a draft that leaves in days is looked at within three hours', () => {
  const days = FEBRUARY + 2 * 86_400;
  expect(untilNextLook(aPeriod({ leavesAt: days }), FEBRUARY * 1000)).toBe(3 * 3_600_000);
});

test('what is told of an invoice names the coupon of each discount, if Stripe tells it', () => {
  const discount = (id: string, coupon: Partial<InvoiceDiscount> = {}) => ({
    ...{ id, isOnInvoice: true, amountCents: 580 },
    ...coupon,
  });
  const noted = (read: InvoiceSnapshot) =>
    noteInvoice(aState(), aPeriod(), 'closing', read).periods[0]?.invoice;
  const named = discount('di_0', { couponId: 'FRIENDS', couponName: 'For friends' });
  const discounts = [named, discount('di_1', { couponId: 'LAUNCH' }), discount('di_2')];
  expect(noted(anInvoice({ discounts }))).toStrictEqual({
    ...{ id: 'in_feb', status: 'draft', totalCents: 2900 },
    discounts: [
      { coupon: 'FRIENDS', couponName: 'For friends', amountCents: 580 },
      { coupon: 'LAUNCH', amountCents: 580 },
      { coupon: null, amountCents: 580 },
    ],
  });
  expect(noted(anInvoice())).not.toHaveProperty('discounts');
});
