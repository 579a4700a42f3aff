/** Any invoice of any January: what was used, at which terms, its lines, and one edit of a line. */
import fc from 'fast-check';
import type { BillingState } from '../../../src/core/state/billing-state';
import { aLateItem, aPeriod, aRate, aState, FEBRUARY, JANUARY, MARCH, someTerms } from './builders';
import { NO_TOKENS } from '../../../src/core/state/periods';
import type { InvoiceLine } from '../../../src/core/invoices/invoice-snapshot';

/** Prices in hundredths of a cent per million: four decimal places of a dollar. */
const rate = fc.record({
  price: fc.bigInt(0n, 1_000_000n),
  parts: fc.array(fc.nat(2_000_000_000), { minLength: 1, maxLength: 3 }),
});
export const bill = fc.record({
  rates: fc.array(rate, { maxLength: 3 }),
  baseCents: fc.nat(50_000),
  seats: fc.integer({ min: 1, max: 9 }),
  late: fc.option(fc.record({ tokens: fc.nat(1_000_000_000), price: fc.bigInt(1n, 100_000n) })),
  formerCents: fc.option(fc.integer({ min: 1, max: 50_000 })),
  changedAt: fc.integer({ min: JANUARY, max: FEBRUARY - 1 }),
});
export type Bill = typeof bill extends fc.Arbitrary<infer T> ? T : never;

/** Half up, away from zero, by integers alone. */
const divided = (amount: bigint, by: bigint): number => {
  const half = (amount < 0n ? -amount : amount) * 2n + by;
  const whole = half / (2n * by);
  return Number(amount < 0n ? -whole : whole);
};
export const usageCents = (tokens: number, price: bigint): number =>
  divided(BigInt(tokens) * price, 100_000_000n);
const dollars = (price: bigint): string =>
  `${price / 10_000n}.${String(price % 10_000n).padStart(4, '0')}`;
const unit = (price: bigint): string => `0.${String(price).padStart(8, '0')}`;
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

export const SPAN = { start: JANUARY, end: FEBRUARY };
const NEXT = { start: FEBRUARY, end: MARCH };

/** What each line is known by, and the line. */
export function linesOf({ rates, baseCents, seats, late, formerCents, changedAt }: Bill) {
  const metered = rates.flatMap(({ price, parts }, at) =>
    parts.map((quantity, part): [string, InvoiceLine] => [
      `rate_${at}`,
      {
        ...{ id: `il_${at}_${part}`, rateId: `rate_${at}`, isBase: false, quantity, ...SPAN },
        ...{ unitAmount: unit(price), amountCents: usageCents(quantity, price) },
      },
    ]),
  );
  const plan = { rateId: null, isBase: false };
  const share = (cents: number) =>
    divided(BigInt(cents) * BigInt(FEBRUARY - changedAt), BigInt(FEBRUARY - JANUARY));
  const changed: [string, InvoiceLine][] =
    formerCents === null
      ? []
      : [
          [
            'old from',
            {
              ...{ id: 'il_old', ...plan, proratedPlan: 'old', quantity: 1 },
              ...{ start: changedAt, end: FEBRUARY, amountCents: share(-formerCents) },
            },
          ],
          [
            'starter from',
            {
              ...{ id: 'il_new', ...plan, proratedPlan: 'starter', quantity: seats },
              ...{ start: changedAt, end: FEBRUARY, amountCents: share(baseCents * seats) },
            },
          ],
        ];
  const lateLine: [string, InvoiceLine][] =
    late === null
      ? []
      : [
          [
            'late:one',
            {
              ...{ id: 'il_late', ...plan, lateItemKey: 'late:one', quantity: 1, ...SPAN },
              amountCents: usageCents(late.tokens, late.price),
            },
          ],
        ];
  const base: [string, InvoiceLine][] = [
    [
      'starter base price',
      {
        ...{ id: 'il_base', rateId: null, isBase: true, planId: 'starter', quantity: seats },
        ...{ ...NEXT, amountCents: baseCents * seats },
      },
    ],
  ];
  return [...base, ...changed, ...lateLine, ...metered];
}

export function stateOf({ rates, baseCents, seats, late, formerCents }: Bill): BillingState {
  const terms = someTerms({
    ...{ monthlyPriceCents: baseCents * seats, baseQuantity: seats, includedTokens: 0 },
    rates: rates.map(({ price }, at) =>
      aRate({ id: `rate_${at}`, pricePerMillionTokens: dollars(price) }),
    ),
  });
  const used = rates.map(({ parts }) => sum(parts));
  const january = aPeriod({
    ...{ terms, usedTokens: sum(used) },
    rates: Object.fromEntries(
      used.map((tokens, at) => [`rate_${at}`, { ...NO_TOKENS, tokens }] as const),
    ),
    ...(formerCents !== null && {
      formerRates: [],
      formerPlans: [{ planId: 'old', monthlyPriceCents: formerCents, quantity: 1 }],
    }),
    ...(late !== null && {
      lateItems: [
        aLateItem({
          ...{ key: 'late:one', tokens: late.tokens },
          pricePerMillionTokens: dollars(late.price),
          amountCents: usageCents(late.tokens, late.price),
        }),
      ],
    }),
  });
  return aState({ periods: [january, aPeriod({ terms, ...NEXT })] });
}

const isProrated = ({ proratedPlan }: InvoiceLine): boolean => proratedPlan !== undefined;
const isPaid = ({ amountCents, quantity, rateId }: InvoiceLine): boolean =>
  amountCents !== 0 || (rateId !== null && quantity !== 0);

/** What is done to the chosen line; undefined: this can't be done to it. */
export const changes: Record<string, (line: InvoiceLine) => InvoiceLine[] | undefined> = {
  'an amount': (line) => [{ ...line, amountCents: line.amountCents + 4 }],
  'a smaller amount': (line) => [{ ...line, amountCents: line.amountCents - 4 }],
  'a quantity': (line) =>
    line.lateItemKey === undefined ? [{ ...line, quantity: line.quantity + 1 }] : undefined,
  'a price': (line) =>
    line.unitAmount === undefined || line.quantity === 0
      ? undefined
      : [{ ...line, unitAmount: `${line.unitAmount}1` }],
  // A change of plan is told by its lines alone.
  'a line less': (line) => (isPaid(line) && !isProrated(line) ? [] : undefined),
  'a line twice': (line) => (isPaid(line) ? [line, line] : undefined),
  'another period': (line) =>
    isPaid(line) && line.lateItemKey === undefined
      ? [{ ...line, start: line.start + 1, end: line.end + 1 }]
      : undefined,
};
