/**
 * Goal: what would have been billed stands beside what was, and every cent between the two has a
 * reason; a cent that has none is told, too.
 */
import { besideInvoice, periodsOf } from '../../../src/core/adoption/side-by-side';
import type { TheirInvoice, TheirLine } from '../../../src/core/adoption/side-by-side';
import { aLine, aPeriod, counted, FEBRUARY, JANUARY, MARCH } from '../../support/builders/builders';

const PRICE = 'price_flat29';

const line = (amountCents: number, overrides: Partial<TheirLine> = {}): TheirLine => ({
  ...{ priceId: PRICE, description: '1 × Starter', amountCents, isProration: false },
  period: { start: FEBRUARY, end: MARCH },
  ...overrides,
});

const anInvoice = (overrides: Partial<TheirInvoice> = {}): TheirInvoice => ({
  ...{ id: 'in_1', status: 'paid', totalCents: 2_900, discountCents: 0, taxCents: 0 },
  lines: [line(2_900)],
  ...overrides,
});

const used = (tokens: number) => counted(aPeriod(), aLine(tokens));
const beside = (tokens: number, invoice: TheirInvoice | null) =>
  besideInvoice(used(tokens), PRICE, invoice, 'usd');
const kinds = ({ differences }: ReturnType<typeof beside>) =>
  differences.map(({ kind, oursCents, theirsCents }) => [kind, oursCents, theirsCents]);

test('within the allowance both are equal, and nothing differs', () => {
  const compared = beside(100_000, anInvoice());
  expect(compared).toMatchObject({ oursCents: 2_900, theirsCents: 2_900, differences: [] });
  expect(compared.isExplained).toBe(true);
});

test('usage is what they do not bill', () => {
  // 50,000 tokens over at 3.00 a million are 15 cents.
  const compared = beside(150_000, anInvoice());
  expect(compared).toMatchObject({ oursCents: 2_915, theirsCents: 2_900, isExplained: true });
  expect(kinds(compared)).toEqual([['usage', 15, 0]]);
});

test('lines, discounts and tax of theirs are named, and add up', () => {
  const lines = [line(2_900), line(500, { priceId: 'price_seat', description: 'A seat' })];
  const invoice = anInvoice({ lines, discountCents: 340, taxCents: 612, totalCents: 3_672 });
  const compared = beside(150_000, invoice);
  expect(kinds(compared)).toEqual([
    ['usage', 15, 0],
    ['line_of_theirs', 0, 500],
    ['discount', 0, -340],
    ['tax', 0, 612],
  ]);
  const between = compared.differences.reduce(
    (sum, one) => sum + one.theirsCents - one.oursCents,
    0,
  );
  expect(between).toBe(3_672 - 2_915);
});

test('a base price of theirs that is another is told with both', () => {
  const compared = beside(0, anInvoice({ lines: [line(1_900)], totalCents: 1_900 }));
  expect(compared.differences).toEqual([
    {
      ...{ kind: 'base_price', oursCents: 2_900, theirsCents: 1_900 },
      why: 'plan starter is $29.00, they charged $19.00',
    },
  ]);
});

test('what their lines do not add up to is not explained', () => {
  const compared = beside(0, anInvoice({ totalCents: 3_000 }));
  expect(kinds(compared)).toEqual([['unexplained', 0, 100]]);
  expect(compared.isExplained).toBe(false);
});

test('a period that is not invoiced yet shows what it comes to so far', () => {
  const compared = beside(150_000, null);
  expect(compared).toMatchObject({ invoiceId: null, oursCents: 2_915, theirsCents: null });
  expect(kinds(compared)).toEqual([['usage', 15, 0]]);
});

test('a period has the invoice that charges the next one', () => {
  const first = anInvoice({
    id: 'in_first',
    lines: [line(2_900, { period: { start: JANUARY, end: FEBRUARY } })],
  });
  const renewal = anInvoice({ id: 'in_renewal' });
  const periods = periodsOf([renewal, first], PRICE, { start: FEBRUARY, end: MARCH });
  expect(periods.map(({ period, invoice }) => [period.start, period.end, invoice?.id])).toEqual([
    [JANUARY, FEBRUARY, 'in_renewal'],
    [FEBRUARY, MARCH, undefined],
  ]);
});

test('of other periods nothing is charged here: a change’s lines and a seat’s tell of none', () => {
  const runs = { start: JANUARY, end: FEBRUARY };
  const month = { start: FEBRUARY, end: MARCH };
  const invoice = anInvoice({
    lines: [
      line(2_900, { period: runs }),
      line(-1_000, { isProration: true, period: { start: JANUARY + 86_400, end: FEBRUARY } }),
      line(500, { priceId: 'price_seat', period: month }),
    ],
  });
  expect(periodsOf([invoice], PRICE, runs)).toEqual([{ period: runs, invoice: null }]);
});

test('the period that runs is there, though no invoice has charged it', () => {
  const current = { start: FEBRUARY, end: MARCH };
  expect(periodsOf([], PRICE, current)).toEqual([{ period: current, invoice: null }]);
});

describe('what whoever reviews reads', () => {
  const whys = (tokens: number, invoice: TheirInvoice) =>
    beside(tokens, invoice).differences.map(({ why }) => why);

  test('of an invoice that charges the price not at all', () => {
    const seat = line(500, { priceId: 'price_seat', description: 'A seat' });
    expect(whys(0, anInvoice({ lines: [seat], totalCents: 500 }))).toEqual([
      ...['their invoice has no line of the price', 'a line of theirs: A seat'],
    ]);
  });

  test('of a price of nothing, both amounts', () => {
    expect(whys(0, anInvoice({ lines: [line(0)], totalCents: 0 }))).toEqual([
      'plan starter is $29.00, they charged $0.00',
    ]);
  });

  test('of usage, a discount, tax, and what their lines do not add up to', () => {
    const invoice = anInvoice({ discountCents: 340, taxCents: 612, totalCents: 4_000 });
    expect(whys(150_000, invoice)).toEqual([
      '50,000 of 150,000 tokens are billable by overage_standard, at 3.00 usd a million: they ' +
        'bill no usage',
      ...['a discount of theirs', 'tax that they add'],
      'the lines of in_1 do not add up to its total',
    ]);
  });

  test('of a period without an invoice, all of it', () => {
    expect(beside(100_000, null)).toEqual({
      ...{ period: { start: JANUARY, end: FEBRUARY }, invoiceId: null, oursCents: 2_900 },
      ...{ theirsCents: null, differences: [], isExplained: true },
    });
  });
});
