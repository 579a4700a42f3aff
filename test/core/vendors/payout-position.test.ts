/** Goal: one step at a time, a vendor's share is moved until what was moved is what was earned. */
import {
  balanceOf,
  duesToBook,
  findPosition,
  nextMove,
  offsetToBook,
  positionsOf,
} from '../../../src/core/vendors/payout-position';
import type { VendorBalance } from '../../../src/core/vendors/payout-position';
import type { VendorEntry } from '../../../src/core/vendors/vendor-books';
import { earningsToBook, movementsToBook } from '../../../src/core/vendors/vendor-books';
import { FEBRUARY } from '../../support/builders/builders';
import { aSale, DAY } from '../../support/vendors/payouts';

/** Books of charges: what was earned of each, and what a transfer has moved of it. */
const books = (
  ...charges: readonly {
    id: string;
    earned: number;
    moved?: number;
    back?: boolean;
    releaseAt?: number;
  }[]
): VendorEntry[] =>
  charges.flatMap(({ id, earned, moved = 0, back = false, releaseAt = FEBRUARY }) => {
    const amounts = { grossCents: earned, feeCents: 0, shareCents: earned };
    const paid = { chargeId: id, amountCents: Math.max(1, earned) };
    const shares = earningsToBook([], 'acme', aSale(paid, { ...amounts, releaseAt }));
    const refunded = aSale({ ...paid, refundedCents: back ? earned : 0 }, amounts);
    const transfer = { id: `tr_${id}`, vendor: 'acme', chargeId: id, amountCents: moved };
    return [
      ...shares,
      ...earningsToBook(shares, 'acme', refunded),
      ...(moved > 0 ? movementsToBook(shares, [{ ...transfer, reversals: [] }]) : []),
    ];
  });

const active = { transfersActive: true, minimumPayoutCents: 0 };
const move = (
  booked: readonly VendorEntry[],
  vendor: Pick<VendorBalance, 'transfersActive' | 'minimumPayoutCents'> = active,
  { of = 'a', now = FEBRUARY } = {},
) => {
  const positions = positionsOf(booked);
  return nextMove(findPosition(positions, of)!, balanceOf(positions, vendor, now), now);
};

test('what was earned and not moved is transferred', () => {
  expect(move(books({ id: 'a', earned: 4_250 }))).toEqual({
    kind: 'transfer',
    cents: 4_250,
    number: 1,
  });
});

test('only what is missing is transferred, as the next movement', () => {
  expect(move(books({ id: 'a', earned: 4_250, moved: 4_000 }))).toEqual({
    kind: 'transfer',
    cents: 250,
    number: 2,
  });
});

test('when all was moved there is nothing to do', () => {
  expect(move(books({ id: 'a', earned: 4_250, moved: 4_250 }))).toEqual({ kind: 'nothing' });
});

test('nothing is moved of a share of nothing', () => {
  expect(move(books({ id: 'a', earned: 0 }))).toEqual({ kind: 'nothing' });
});

test('what was moved and is no longer earned is reversed, whatever the account may receive', () => {
  const booked = books({ id: 'a', earned: 4_250, moved: 4_250, back: true });
  expect(move(booked, { ...active, transfersActive: false })).toEqual({
    kind: 'reverse',
    cents: 4_250,
    number: 2,
  });
});

test('a share waits until its holdback is over, and then moves at that second', () => {
  const held = books({ id: 'a', earned: 100, releaseAt: FEBRUARY + 7 * DAY });
  const until = FEBRUARY + 7 * DAY;
  expect(move(held, active, { now: until - 1 })).toEqual({
    kind: 'wait',
    reason: 'holdback',
    until,
  });
  expect(move(held, active, { now: until })).toMatchObject({ kind: 'transfer' });
});

test('a share waits for an account that may not receive transfers', () => {
  expect(move(books({ id: 'a', earned: 100 }), { ...active, transfersActive: false })).toEqual({
    kind: 'wait',
    reason: 'account',
  });
});

describe('with a minimum of $25.00', () => {
  const minimum = { ...active, minimumPayoutCents: 2_500 };

  test('less than it waits for more', () => {
    expect(move(books({ id: 'a', earned: 2_499 }), minimum)).toEqual({
      kind: 'wait',
      reason: 'minimum',
    });
  });

  test('what is still held back does not count', () => {
    const booked = books(
      { id: 'a', earned: 2_000 },
      { id: 'b', earned: 2_000, releaseAt: FEBRUARY + DAY },
    );
    expect(move(booked, minimum)).toMatchObject({ reason: 'minimum' });
    expect(duesToBook(booked, 2_500, FEBRUARY)).toEqual([]);
  });

  test('once it is reached together, all of it is paid, also what alone is too little', () => {
    const booked = books({ id: 'a', earned: 1_500 }, { id: 'b', earned: 1_000 });
    expect(move(booked, minimum)).toEqual({ kind: 'due' });
    const due = [...booked, ...duesToBook(booked, 2_500, FEBRUARY)];
    expect(move(due, minimum)).toMatchObject({ kind: 'transfer', cents: 1_500 });
    const paid = [
      ...due,
      ...movementsToBook(due, [
        { id: 'tr_1', vendor: 'acme', chargeId: 'a', amountCents: 1_500, reversals: [] },
      ]),
    ];
    expect(move(paid, minimum, { of: 'b' })).toMatchObject({ kind: 'transfer', cents: 1_000 });
  });

  test('what has become due is marked once', () => {
    const booked = books({ id: 'a', earned: 2_500 });
    const due = [...booked, ...duesToBook(booked, 2_500, FEBRUARY)];
    expect(duesToBook(due, 2_500, FEBRUARY)).toEqual([]);
  });

  test('a reversal waits for no minimum', () => {
    expect(move(books({ id: 'a', earned: 10, moved: 10, back: true }), minimum)).toMatchObject({
      kind: 'reverse',
    });
  });
});

describe('when the vendor owes $10.00 of an earlier charge', () => {
  const debt = { id: 'debt', earned: 1_000, moved: 1_000, back: true };
  const offset = { debtChargeId: 'debt', chargeId: 'a' };

  test.each([
    ['larger', 4_250, 1_000],
    ['smaller', 300, 300],
  ])('a %s payout is less by it, or all of it', (_size, earned, cents) => {
    expect(move(books(debt, { id: 'a', earned }))).toEqual({
      kind: 'offset',
      debtChargeId: 'debt',
      cents,
    });
  });

  test('the rest is transferred, and nothing is left to reverse', () => {
    const booked = books(debt, { id: 'a', earned: 4_250 });
    const after = [...booked, ...offsetToBook(booked, offset)];
    expect(move(after)).toEqual({ kind: 'transfer', cents: 3_250, number: 1 });
    expect(move(after, active, { of: 'debt' })).toEqual({ kind: 'nothing' });
  });

  test('both sides of an offset come to nothing together, under one key', () => {
    const booked = books(debt, { id: 'a', earned: 4_250 });
    expect(offsetToBook(booked, offset)).toMatchObject([
      { key: 'vendor:acme:offset:debt:a:1:debt', chargeId: 'debt', movedCents: -1_000 },
      { key: 'vendor:acme:offset:debt:a:1:payout', chargeId: 'a', movedCents: 1_000 },
    ]);
  });

  test('a debt that another payout has taken is not taken twice', () => {
    const booked = books(debt, { id: 'a', earned: 4_250 }, { id: 'b', earned: 4_250 });
    const after = [...booked, ...offsetToBook(booked, { debtChargeId: 'debt', chargeId: 'b' })];
    expect(offsetToBook(after, offset)).toEqual([]);
  });

  test('one that grows again is taken again, as an offset of its own', () => {
    const half = aSale({ chargeId: 'debt', amountCents: 1_000, refundedCents: 500 });
    const first = books({ ...debt, back: false }, { id: 'a', earned: 4_250 });
    const owed = [...first, ...earningsToBook(first, 'acme', half)];
    const once = [...owed, ...offsetToBook(owed, offset)];
    const whole = { ...half, charge: { ...half.charge, refundedCents: 1_000 } };
    const again = [...once, ...earningsToBook(once, 'acme', whole)];
    expect(offsetToBook(again, offset)).toMatchObject([
      { key: 'vendor:acme:offset:debt:a:2:debt', movedCents: -500 },
      { key: 'vendor:acme:offset:debt:a:2:payout', movedCents: 500 },
    ]);
  });

  test('it is taken before the account is waited for, and not before the holdback is over', () => {
    const booked = books(debt, { id: 'a', earned: 4_250, releaseAt: FEBRUARY + DAY });
    const restricted = { ...active, transfersActive: false };
    expect(move(booked, restricted)).toMatchObject({ reason: 'holdback' });
    expect(move(booked, restricted, { now: FEBRUARY + DAY })).toMatchObject({ kind: 'offset' });
  });

  test('what an offset has paid is not reversed at Stripe: it is owed again', () => {
    const booked = books(debt, { id: 'a', earned: 900 });
    const offsets = [...booked, ...offsetToBook(booked, offset)];
    const sale = aSale({ chargeId: 'a', amountCents: 900, refundedCents: 900 });
    const refunded = [...offsets, ...earningsToBook(offsets, 'acme', sale)];
    expect(move(refunded)).toEqual({ kind: 'nothing' });
    const { debts } = balanceOf(positionsOf(refunded), active, FEBRUARY);
    expect(debts.map(({ chargeId, owedCents }) => [chargeId, owedCents])).toEqual([
      ['debt', -100],
      ['a', -900],
    ]);
  });
});

describe('the books of a charge', () => {
  const [share] = books({ id: 'a', earned: 4_250 }) as [VendorEntry];
  const movement = { id: 'tr_a', vendor: 'acme', chargeId: 'a', amountCents: 4_250 };
  const moved = movementsToBook(
    [share],
    [{ ...movement, reversals: [{ id: 'trr_a', amountCents: 250 }] }],
  );

  test('have at Stripe what was transferred, less what was reversed', () => {
    expect(positionsOf([share, ...moved])).toMatchObject([
      { transferredCents: 4_000, movements: 2, owedCents: 250 },
    ]);
  });

  test('are of the share, wherever it stands, and of nothing without one', () => {
    const [transfer] = moved as [VendorEntry];
    const later = { ...transfer, periodStart: 0 };
    expect(positionsOf([later, share])).toMatchObject([{ periodStart: share.periodStart }]);
    expect(positionsOf([transfer])).toEqual([]);
  });

  test('of a debt count nothing towards what is released', () => {
    const positions = positionsOf(
      books({ id: 'a', earned: 500 }, { id: 'b', earned: 900, moved: 900, back: true }),
    );
    expect(balanceOf(positions, active, FEBRUARY)).toMatchObject({ releasedCents: 500 });
  });
});
