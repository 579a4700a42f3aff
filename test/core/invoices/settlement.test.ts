/** Goal: what an operator decides about an invoice that differs brings the figures together. */
import type { BillingState } from '../../../src/core/state/billing-state';
import { booksOf } from '../../../src/core/proof/books';
import { dueLateItems } from '../../../src/core/invoices/late-items';
import {
  alignReported,
  billDifferenceLater,
  settlementValueCents,
  uninvoicedValueCents,
} from '../../../src/core/invoices/settlement';
import { followSubscription } from '../../../src/core/subscription/subscription';
import {
  aBaseLine,
  aMeteredLine,
  anInvoice,
  aPeriod,
  aRate,
  aState,
  aSubscription,
  FEBRUARY,
  JANUARY,
  MARCH,
  someTerms,
} from '../../support/builders/builders';
import { reportAll, tokensOf } from '../../support/builders/recounting';
import type { PeriodState, RateState } from '../../../src/core/state/period-state';
import { archive, findPeriod, NO_TOKENS } from '../../../src/core/state/periods';
import type { InvoiceSnapshot } from '../../../src/core/invoices/invoice-snapshot';
import { differences } from '../../../src/core/proof/differences';

const RATE = 'overage_standard';
const payg = aRate({ id: 'payg_standard', pricePerMillionTokens: '2.00' });

/** January with 50,000 tokens over, all of them reported. */
const billed = (
  rate: Partial<RateState> = {},
  january: Partial<PeriodState> = {},
): BillingState => {
  const rates = {
    [RATE]: { ...NO_TOKENS, tokens: 50_000, reportedTokens: 50_000, reports: 3, ...rate },
  };
  const period = aPeriod({ phase: 'closing', usedTokens: 150_000, rates, ...january });
  return aState({ periods: [period, aPeriod({ start: FEBRUARY, end: MARCH })] });
};
const january = (state: BillingState): PeriodState => findPeriod(state, JANUARY) ?? aPeriod();
const finalInvoice = (tokens: number) =>
  anInvoice({ status: 'open', lines: [aBaseLine(), aMeteredLine(tokens)] });
const whatIsSent = (state: BillingState): number[] => tokensOf(reportAll(state)[1]);

describe('a draft is corrected by the meter', () => {
  test('what the meter lost is reported again', () => {
    expect(whatIsSent(alignReported(billed(), JANUARY, { [RATE]: 42_000 }))).toEqual([8_000]);
  });

  test('what the meter has too much of is taken back', () => {
    expect(whatIsSent(alignReported(billed(), JANUARY, { [RATE]: 51_000 }))).toEqual([-1_000]);
  });

  test('a meter that has nothing gets everything again', () => {
    expect(whatIsSent(alignReported(billed(), JANUARY, {}))).toEqual([50_000]);
  });

  test('tokens of a rate that we never reported are taken back', () => {
    const meter = { [RATE]: 50_000, other: 7 };
    const [, sent] = reportAll(alignReported(billed(), JANUARY, meter));
    expect(sent).toMatchObject([{ rateId: 'other', report: { tokens: -7, timestamp: JANUARY } }]);
  });

  test('a rate of which neither has anything is not made up', () => {
    const aligned = alignReported(billed(), JANUARY, { [RATE]: 50_000, other: 0 });
    expect(Object.keys(january(aligned).rates)).toEqual([RATE]);
  });

  test('a correction goes under the next number: the reports before it keep theirs', () => {
    const [, sent] = reportAll(alignReported(billed(), JANUARY, { [RATE]: 51_000 }));
    expect(sent[0]?.report.number).toBe(4);
  });

  test('a report under way is left to finish', () => {
    const inFlight = { number: 4, tokens: 100, timestamp: JANUARY + 60, firstAttemptAt: 1 };
    const state = billed({ tokens: 50_100, inFlight });
    expect(alignReported(state, JANUARY, { [RATE]: 50_100 })).toEqual(state);
  });

  test('no other period is touched', () => {
    const state = billed();
    expect(alignReported(state, JANUARY, {}).periods[1]).toBe(state.periods[1]);
  });
});

describe('a final invoice is corrected by the next', () => {
  const final = billed({}, { phase: 'finalized' });

  test('what it lacks is billed like late usage', () => {
    const state = billDifferenceLater(final, JANUARY, finalInvoice(40_000));
    expect(dueLateItems(state, 'in_mar')).toMatchObject([{ tokens: 10_000, amountCents: 3 }]);
  });

  test('what it has too much of is credited', () => {
    const state = billDifferenceLater(final, JANUARY, finalInvoice(60_000));
    expect(dueLateItems(state, 'in_mar')).toMatchObject([{ tokens: -10_000, amountCents: -3 }]);
  });

  test('also after it was paid, and its period put away', () => {
    const archived = archive(final, JANUARY);
    const state = billDifferenceLater(archived, JANUARY, finalInvoice(40_000));
    expect(dueLateItems(state, 'in_mar')).toMatchObject([{ tokens: 10_000, amountCents: 3 }]);
  });

  test('an invoice that is right brings nothing', () => {
    expect(billDifferenceLater(final, JANUARY, finalInvoice(50_000))).toEqual(final);
  });

  test('then the invoice says what the ledger says, and done again it changes nothing', () => {
    const invoice = finalInvoice(40_000);
    const once = billDifferenceLater(final, JANUARY, invoice);
    const ledger = { usedTokens: 150_000, vendorTokens: 0 };
    const meter = { [RATE]: 40_000 };
    expect(differences(january(once), ledger, meter, invoice, booksOf(once))).toEqual([]);
    expect(billDifferenceLater(once, JANUARY, invoice)).toEqual(once);
  });

  test('usage of a plan that held before a change is credited at that plan’s price', () => {
    const reported = { payg_standard: { ...NO_TOKENS, reportedTokens: 50_000 } };
    const terms = someTerms({ planId: 'pay_as_you_go', includedTokens: 0, rates: [payg] });
    const opened = aState({ periods: [aPeriod({ terms, rates: reported })] });
    const upgraded = followSubscription(opened, aSubscription());
    const invoice = anInvoice({ lines: [aMeteredLine(50_000, { rateId: 'payg_standard' })] });
    const state = billDifferenceLater(upgraded, JANUARY, invoice);
    expect(dueLateItems(state, 'in_mar')).toMatchObject([
      { rateId: 'payg_standard', tokens: -50_000, amountCents: -10 },
    ]);
  });

  test('what no plan of ours has a price for is left to the operator', () => {
    const other = { ...NO_TOKENS, reportedTokens: 7 };
    const state = billed({}, { phase: 'finalized', rates: { other } });
    const invoice = anInvoice({ lines: [aMeteredLine(7, { rateId: 'other' })] });
    expect(dueLateItems(billDifferenceLater(state, JANUARY, invoice), 'in_mar')).toEqual([]);
  });
});

describe('the value of a difference is ours minus Stripe’s, in cents', () => {
  const valueOf = (period: PeriodState, invoice: InvoiceSnapshot): string => {
    const february = aPeriod({ start: FEBRUARY, end: MARCH });
    return settlementValueCents(period, invoice, booksOf(aState({ periods: [period, february] })));
  };

  test.each([
    ['what the invoice lacks', 40_000, '3'],
    ['what it has too much of, as a negative amount', 60_000, '-3'],
    ['nothing where they agree', 50_000, '0'],
    ['nothing where a token makes no cent', 49_999, '0'],
  ])('%s', (_case, invoiced, expected) => {
    expect(valueOf(january(billed()), finalInvoice(invoiced))).toBe(expected);
  });

  test('of a period without an invoice it is all that is billable', () => {
    expect(uninvoicedValueCents(january(billed()))).toBe('15');
  });

  test('over all rates, each at its price', () => {
    const premium = aRate({ id: 'overage_premium', pricePerMillionTokens: '40.00' });
    const terms = someTerms({ rates: [premium, aRate()] });
    const rates = {
      [RATE]: { ...NO_TOKENS, tokens: 10_000 },
      overage_premium: { ...NO_TOKENS, tokens: 1_000 },
    };
    expect(valueOf(aPeriod({ terms, rates }), finalInvoice(0))).toBe('7');
  });

  test('those of a plan that held before a change included', () => {
    const terms = someTerms({ planId: 'pay_as_you_go', includedTokens: 0, rates: [payg] });
    const opened = aState({ periods: [aPeriod({ terms })] });
    const upgraded = followSubscription(opened, aSubscription());
    const lines = [aMeteredLine(50_000, { rateId: 'payg_standard', amountCents: 10 })];
    expect(valueOf(january(upgraded), anInvoice({ lines: [aBaseLine(), ...lines] }))).toBe('-10');
  });

  test('a line of somebody else’s is worth what it charges', () => {
    const lines = [...finalInvoice(50_000).lines, aBaseLine({ isBase: false, amountCents: 5_000 })];
    expect(valueOf(january(billed()), anInvoice({ lines }))).toBe('-5000');
  });
});

test('what is decided about a period that is not known changes nothing', () => {
  const state = billed();
  expect(alignReported(state, MARCH + 9, {})).toBe(state);
  expect(billDifferenceLater(state, MARCH + 9, finalInvoice(1))).toBe(state);
});

describe('an invoice as 0.1.0 read it, without cents', () => {
  const valueOf = (period: PeriodState | undefined, invoice: InvoiceSnapshot): string =>
    settlementValueCents(period, invoice, booksOf(billed()));
  const asRead = (tokens: number) => ({ ...finalInvoice(tokens), subtotalCents: undefined });

  test('is worth the exact value of the tokens that differ', () => {
    expect(valueOf(january(billed()), asRead(49_999))).toBe('0.0003');
    expect(valueOf(january(billed()), asRead(60_000))).toBe('-3');
    expect(valueOf(aPeriod(), asRead(10_000))).toBe('-3');
  });

  test('and one that bills no period, what its lines charge without a reason', () => {
    const invoice = { ...asRead(0), lines: [aBaseLine({ isBase: false })], totalCents: 2_900 };
    expect(valueOf(undefined, invoice)).toBe('-2900');
  });
});
