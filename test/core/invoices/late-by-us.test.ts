/** Goal: what was recorded before its invoice was finalized is billed, though counted later. */
import type { BillingState } from '../../../src/core/state/billing-state';
import { countBatches } from '../../../src/core/counting/counting';
import { withException } from '../../../src/core/state/exceptions';
import { giveUpInTime, uninvoicedInTime } from '../../../src/core/invoices/late-by-us';
import { dueLateItems, dueWriteOffs, settleLate } from '../../../src/core/invoices/late-items';
import {
  aBatch,
  aLine,
  aPeriod,
  aState,
  FEBRUARY,
  JANUARY,
  MARCH,
  someTerms,
} from '../../support/builders/builders';
import type { PeriodState, LateItem } from '../../../src/core/state/period-state';
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
