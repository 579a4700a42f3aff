/** Goal: the books follow what was paid, what came back and what Stripe moved: each fact once. */
import type { MadeTransfer, Sale, VendorEntry } from '../../../src/core/vendors/vendor-books';
import { earningsToBook, movementsToBook } from '../../../src/core/vendors/vendor-books';
import { aSale, aShare } from '../../support/vendors/payouts';

/** Books one reading of the charge after another. */
const bookAll = (...sales: readonly Sale[]): VendorEntry[] =>
  sales.reduce<VendorEntry[]>(
    (booked, sale) => [...booked, ...earningsToBook(booked, 'acme', sale)],
    [],
  );

const amounts = ({ kind, grossCents, feeCents, earnedCents }: VendorEntry) =>
  `${kind} ${grossCents} = ${feeCents} + ${earnedCents}`;

describe('what was earned', () => {
  test('a share is booked as it was sold', () => {
    expect(bookAll(aSale())).toEqual([
      expect.objectContaining({
        key: 'vendor:acme:ch_1:share',
        customer: 'ada',
        invoiceId: 'in_1',
        kind: 'share',
        grossCents: 5_000,
        feeCents: 750,
        earnedCents: 4_250,
        movedCents: 0,
        tokens: 1_000,
        stripeId: null,
        feeOnRefund: 'returned',
      }),
    ]);
  });

  test('read again as it was, nothing is new', () => {
    expect(earningsToBook(bookAll(aSale()), 'acme', aSale())).toEqual([]);
  });

  test('money that came back is booked as the difference, with the fee that was returned', () => {
    const [, back] = bookAll(aSale(), aSale({ refundedCents: 2_000 }));
    expect(amounts(back!)).toBe('money_back -2000 = -300 + -1700');
    expect(back?.key).toBe('vendor:acme:ch_1:money_back:2000:0:1');
  });

  test('a second refund books only what is new', () => {
    const booked = bookAll(
      aSale(),
      aSale({ refundedCents: 2_000 }),
      aSale({ refundedCents: 2_500 }),
    );
    expect(booked.map(amounts).at(-1)).toBe('money_back -500 = -75 + -425');
  });

  test('a charge first seen when part came back is booked whole, and then the part', () => {
    expect(bookAll(aSale({ refundedCents: 5_000 })).map(amounts)).toEqual([
      'share 5000 = 750 + 4250',
      'money_back -5000 = -750 + -4250',
    ]);
  });

  test('a dispute that is won gives back what its opening took, however often', () => {
    const open = aSale({ disputedCents: 5_000 });
    const booked = bookAll(aSale(), open, aSale(), open, aSale());
    expect(booked.map(amounts)).toEqual([
      'share 5000 = 750 + 4250',
      'money_back -5000 = -750 + -4250',
      'money_back 5000 = 750 + 4250',
      'money_back -5000 = -750 + -4250',
      'money_back 5000 = 750 + 4250',
    ]);
    expect(new Set(booked.map(({ key }) => key)).size).toBe(5);
  });

  test('a fee that the catalog changes later is for later sales', () => {
    const dearer = aSale({}, { feeCents: 1_000, shareCents: 4_000, feeOnRefund: 'kept' });
    const booked = bookAll(aSale(), dearer);
    expect(booked).toHaveLength(1);
    const refunded = { ...dearer, charge: { ...dearer.charge, refundedCents: 5_000 } };
    expect(earningsToBook(booked, 'acme', refunded).map(amounts)).toEqual([
      'money_back -5000 = -750 + -4250',
    ]);
  });

  test('a booked share needs no catalog any more to give money back', () => {
    const gone = { ...aSale({ refundedCents: 5_000 }), share: null };
    expect(earningsToBook(bookAll(aSale()), 'acme', gone)).toHaveLength(1);
  });

  test.each([
    ['none', null],
    ['another vendor’s', aShare({ vendor: 'globex' })],
    ['another charge’s', aShare({ chargeId: 'ch_2' })],
  ])('where nothing is booked, %s is no share to book', (_whose, share) => {
    expect(() => earningsToBook([], 'acme', { ...aSale(), share })).toThrow(/none is given/);
  });

  test('what others have booked does not matter', () => {
    const globex = earningsToBook([], 'globex', aSale({}, { vendor: 'globex' }));
    const other = earningsToBook([], 'acme', aSale({ chargeId: 'ch_2' }));
    expect(earningsToBook([...globex, ...other], 'acme', aSale())).toHaveLength(1);
  });
});

const aTransfer = (change: Partial<MadeTransfer> = {}): MadeTransfer => ({
  id: 'tr_1',
  vendor: 'acme',
  chargeId: 'ch_1',
  amountCents: 4_250,
  reversals: [],
  ...change,
});
const moved = (transfers: readonly MadeTransfer[], booked = bookAll(aSale())) =>
  movementsToBook(booked, transfers).map(({ kind, key, stripeId, movedCents }) => [
    kind,
    key,
    stripeId,
    movedCents,
  ]);

describe('what was moved', () => {
  test('a transfer and its reversals are taken over under Stripe’s ids', () => {
    const reversals = [
      { id: 'trr_1', amountCents: 1_000 },
      { id: 'trr_2', amountCents: 200 },
    ];
    expect(moved([aTransfer({ reversals })])).toEqual([
      ['transfer', 'tr_1', 'tr_1', 4_250],
      ['reversal', 'trr_1', 'trr_1', -1_000],
      ['reversal', 'trr_2', 'trr_2', -200],
    ]);
  });

  test('what is booked already is not booked again, and what came since is', () => {
    const sold = bookAll(aSale());
    const booked = [...sold, ...movementsToBook(sold, [aTransfer()])];
    const again = aTransfer({ reversals: [{ id: 'trr_1', amountCents: 1_000 }] });
    expect(moved([again], booked)).toEqual([['reversal', 'trr_1', 'trr_1', -1_000]]);
  });

  test('of a destination charge the vendor got what Stripe left it after the fee', () => {
    const sale = aTransfer({
      amountCents: 5_000,
      applicationFee: { amountCents: 750, refunds: [] },
    });
    expect(moved([sale])).toEqual([['transfer', 'tr_1', 'tr_1', 4_250]]);
  });

  test('a refund of a destination charge takes the part and gives the fee of it back', () => {
    const refunded = aTransfer({
      amountCents: 5_000,
      reversals: [{ id: 'trr_1', amountCents: 2_000 }],
      applicationFee: { amountCents: 750, refunds: [{ id: 'fr_1', amountCents: 300 }] },
    });
    expect(moved([refunded]).slice(1)).toEqual([
      ['reversal', 'trr_1', 'trr_1', -2_000],
      ['reversal', 'fr_1', 'fr_1', 300],
    ]);
  });

  test('a transfer that pays no share of ours is left alone', () => {
    expect(moved([aTransfer({ vendor: 'hooli' }), aTransfer({ chargeId: 'ch_9' })])).toEqual([]);
  });

  test('it belongs to the charge, the customer and the period of the share', () => {
    const [sold] = bookAll(aSale());
    const [transfer] = movementsToBook([sold!], [aTransfer()]);
    expect(transfer).toMatchObject({
      customer: 'ada',
      invoiceId: 'in_1',
      periodStart: sold?.periodStart,
      periodEnd: sold?.periodEnd,
      earnedCents: 0,
      tokens: 0,
    });
  });
});
