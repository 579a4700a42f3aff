/** Goal: a draft's usage is foreseen from the meters at the draft's own prices, and no more is. */
import { asCountedAtEnd } from '../../../src/core/invoices/counted-at-end';
import type { InvoiceLine, InvoiceSnapshot } from '../../../src/core/invoices/invoice-snapshot';

const usage: InvoiceLine = {
  ...{ rateId: 'standard', isBase: false, quantity: 50_000, amountCents: 15 },
  ...{ unitAmount: '0.0003', start: 100, end: 200 },
};
const base: InvoiceLine = {
  ...{ rateId: null, isBase: true, quantity: 1, amountCents: 2_900, start: 200, end: 300 },
};
const draft = (...lines: readonly InvoiceLine[]) =>
  ({
    status: 'draft',
    lines,
    subtotalCents: lines.reduce((sum, { amountCents }) => sum + amountCents, 0),
  }) as unknown as InvoiceSnapshot;

const counted = (invoice: InvoiceSnapshot, tokens: number) => {
  const { lines, subtotalCents } = asCountedAtEnd(invoice, { end: 200 }, { standard: tokens });
  return { lines: lines.map((line) => [line.quantity, line.amountCents]), subtotalCents };
};

test('usage of the period is as the meter has it, at the price that the line has', () => {
  expect(counted(draft(base, usage), 70_000)).toEqual({
    lines: [
      [1, 2_900],
      [70_000, 21],
    ],
    subtotalCents: 2_921,
  });
});

test('a negative sum is billed as nothing, and a rate on two lines is counted once', () => {
  expect(counted(draft(usage), -5).subtotalCents).toBe(0);
  expect(counted(draft(usage, usage), 70_000).subtotalCents).toBe(21);
});

test('usage of another period, and what is final, stays as Stripe has it', () => {
  const earlier = { ...usage, end: 150 };
  expect(counted(draft(earlier), 70_000).subtotalCents).toBe(15);
  expect(counted({ ...draft(usage), status: 'open' }, 70_000).subtotalCents).toBe(15);
});

test.each<[string, Partial<InvoiceLine>, number, Record<string, number>]>([
  ['of a price without a single amount', { unitAmount: undefined }, 50_000, { standard: 70_000 }],
  ['of a rate that the meters do not have', {}, 50_000, { premium: 70_000 }],
  ['of no rate', { rateId: null }, 50_000, { null: 70_000, standard: 70_000 }],
])('a line %s stays as Stripe has it', (_case, is, quantity, meter) => {
  const { lines } = asCountedAtEnd(draft({ ...usage, ...is }), { end: 200 }, meter);
  expect(lines).toEqual([{ ...usage, ...is, quantity }]);
});

test('a draft as 0.1.0 read it, without cents, stays as it is', () => {
  const read = { ...draft(usage), subtotalCents: undefined };
  expect(asCountedAtEnd(read, { end: 200 }, { standard: 7 })).toBe(read);
});

describe('discounts that a draft shows', () => {
  const discounts = [{ id: 'di_1', isOnInvoice: true, amountCents: 3 }];
  const seen = (invoice: InvoiceSnapshot, tokens: number) =>
    asCountedAtEnd({ ...invoice, discounts }, { end: 200 }, { standard: tokens });

  test('stay while its usage is what the meter has', () => {
    const read = seen(draft(base, usage), 50_000);
    expect(read.discounts).toEqual(discounts);
    expect(read.areDiscountsOpen).toBeUndefined();
  });

  test.each<[string, InvoiceSnapshot, number]>([
    ['other tokens', draft(base, usage), 70_000],
    ['other tokens, though they make no cent', draft(base, usage), 50_001],
    ['the same tokens for other cents', draft(base, { ...usage, amountCents: 16 }), 50_000],
  ])(
    'are there, and their cents not known yet, where it will have %s',
    (_what, invoice, tokens) => {
      expect(seen(invoice, tokens)).toMatchObject({ discounts, areDiscountsOpen: true });
    },
  );
});
