/** Goal: a run that has lost its state goes on without billing anything twice, or forgetting it. */
import { emptyBillingState } from '../../../src/core/state/billing-state';
import type { BillingState } from '../../../src/core/state/billing-state';
import type { BillingPast, RecordedPeriod } from '../../../src/core/state/billing-past';
import { alignRecovered, goOnFrom, isLedgerRead } from '../../../src/core/state/recovery';
import { NO_TOKENS } from '../../../src/core/state/periods';
import {
  aGrant,
  aPeriod,
  aState,
  FEBRUARY,
  JANUARY,
  MARCH,
  someTerms,
} from '../../support/builders/builders';

const RATE = 'overage_standard';
const recovering = { untilSequence: 9, settlements: [], invoices: [] };
const thePast = (is: Partial<BillingPast> = {}): BillingPast => ({
  ...{ snapshot: aState(), periods: [], firstSequence: 1, lastSequence: 9 },
  ...{ settlements: [], resolutions: [], invoices: [], ...is },
});
const opened = (kind: 'invoice_gone' | 'items_exceeded', subject = 'x') =>
  ({ kind, subject, message: kind, since: 1 }) as const;

describe('the ledger is read', () => {
  test.each<[string, Partial<BillingState>, boolean]>([
    ['once the last batch is counted', { appliedSequence: 9 }, true],
    ['not before', { appliedSequence: 8 }, false],
    ['or the next one waits for a period', { appliedSequence: 8, awaitsPeriod: true }, true],
    [
      'not while it is counted again',
      { appliedSequence: 9, recount: { number: 1, reasons: [] } },
      false,
    ],
    ['and nothing is to be read of a run that goes on', { recovering: undefined }, false],
  ])('%s', (_case, is, isRead) => {
    expect(isLedgerRead(aState({ recovering, ...is }))).toBe(isRead);
  });
});

describe('from the last snapshot', () => {
  test('it goes on where that ended, up to the last batch that anybody knows of', () => {
    const snapshot = aState({ appliedSequence: 4, knownSequence: 5, awaitsPeriod: true });
    const on = goOnFrom(
      { ...emptyBillingState('ada'), knownSequence: 12 },
      thePast({ snapshot }),
      [],
    );
    expect(on).toMatchObject({ appliedSequence: 4, knownSequence: 12, awaitsPeriod: false });
    expect(on.recovering).toEqual({ untilSequence: 9, settlements: [], invoices: [] });
    expect(goOnFrom(emptyBillingState('ada'), thePast({ snapshot }), []).knownSequence).toBe(9);
    const ahead = { ...snapshot, knownSequence: 20 };
    const past = thePast({ snapshot: ahead });
    expect(goOnFrom(emptyBillingState('ada'), past, []).knownSequence).toBe(20);
  });

  test('a report under way is forgotten: the meter tells whether Stripe got it', () => {
    const inFlight = { number: 1, tokens: 5, timestamp: JANUARY, firstAttemptAt: 1 };
    const rates = { [RATE]: { ...NO_TOKENS, tokens: 5, inFlight } };
    const snapshot = aState({ periods: [aPeriod({ rates })] });
    const on = goOnFrom(emptyBillingState('ada'), thePast({ snapshot }), []);
    expect(on.periods[0]?.rates).toEqual({ [RATE]: { ...NO_TOKENS, tokens: 5 } });
  });

  test('what was open stays, and what the new run has found is added once', () => {
    const snapshot = aState({ exceptions: [opened('invoice_gone')] });
    const found = [opened('invoice_gone'), opened('items_exceeded'), opened('invoice_gone', 'y')];
    const on = goOnFrom(
      { ...emptyBillingState('ada'), exceptions: found },
      thePast({ snapshot }),
      [],
    );
    expect(on.exceptions).toEqual([found[0], found[1], found[2]]);
  });

  test('hints that the new run has heard are kept, and our own follow', () => {
    const heard = { id: 'evt_1', type: 'invoice.paid', objectId: 'in_9', created: 1 };
    const past = thePast({ invoices: ['in_9', 'in_1'], charges: ['ch_1'] });
    const on = goOnFrom({ ...emptyBillingState('ada'), stripeEvents: [heard] }, past, []);
    expect(on.stripeEvents).toEqual([
      heard,
      { id: 'our own', type: 'invoice.updated', objectId: 'in_1', created: 0 },
      { id: 'our own', type: 'charge.refunded', objectId: 'ch_1', created: 0 },
    ]);
    expect(on.recovering?.invoices).toEqual(['in_9', 'in_1']);
  });

  test('grants that were given since are found on record, and usage is counted with them', () => {
    const snapshot = aState({ grants: [aGrant({ usedTokens: 5 })] });
    const onRecord = [
      aGrant(),
      aGrant({ id: 'gone', expiresAt: JANUARY }),
      aGrant({ id: 'later', expiresAt: JANUARY + 1, usedTokens: 3 }),
      aGrant({ id: 'new', usedTokens: 3 }),
    ];
    const on = goOnFrom(emptyBillingState('ada'), thePast({ snapshot }), onRecord);
    expect(on.grants.map(({ id, usedTokens }) => [id, usedTokens])).toEqual(
      expect.arrayContaining([
        ['goodwill', 5],
        ['later', 0],
        ['new', 0],
      ]),
    );
    expect(on.grants).toHaveLength(3);
    expect(on.recount?.reasons).toEqual(['grants were found on record']);
    expect(
      goOnFrom(emptyBillingState('ada'), thePast({ snapshot }), [aGrant()]).recount,
    ).toBeNull();
  });

  test('what was decided about an exception is carried out again, of that very one', () => {
    const exceptions = [
      opened('invoice_gone'),
      opened('invoice_gone', 'y'),
      opened('items_exceeded'),
    ];
    const resolution = { kind: 'retry', reason: 'x', by: 'ops' } as const;
    const decided = (since: number) => ({
      ...{ exception: { kind: 'invoice_gone' as const, subject: 'x', since }, resolution },
      differences: [],
    });
    const after = (since: number) =>
      goOnFrom(
        emptyBillingState('ada'),
        thePast({ snapshot: aState({ exceptions }), resolutions: [decided(since)] }),
        [],
      ).exceptions;
    expect(after(1)).toEqual([{ ...exceptions[0], resolution }, exceptions[1], exceptions[2]]);
    expect(after(2)).toEqual(exceptions);
  });
});

describe('without a snapshot', () => {
  const recorded = (is: Partial<RecordedPeriod> = {}): RecordedPeriod => ({
    ...{ start: JANUARY, end: FEBRUARY, terms: someTerms(), invoice: null, grantUses: {} },
    ...{ isArchived: false, ...is },
  });

  test('the periods on record are opened, and everything is counted from their first batch on', () => {
    const invoice = { id: 'in_feb', status: 'paid', totalCents: 9 };
    const periods = [
      recorded({ subscriptionId: 'sub_old', invoice, isArchived: true }),
      recorded({ start: FEBRUARY, end: MARCH, subscriptionId: 'sub_ada' }),
      recorded({ start: MARCH, end: MARCH + 9, subscriptionId: null }),
    ];
    const newState = aState({ periods: [] });
    const on = goOnFrom(newState, thePast({ snapshot: null, periods, firstSequence: 5 }), []);
    const open = { formerRates: [], phase: 'open' as const };
    expect(on.periods).toEqual([
      { ...aPeriod(open), subscriptionId: 'sub_old', invoice },
      aPeriod({ ...open, start: FEBRUARY, end: MARCH }),
      aPeriod({ ...open, start: MARCH, end: MARCH + 9 }),
    ]);
    expect(on.appliedSequence).toBe(4);
    expect(on.periods.map((period) => 'subscriptionId' in period)).toEqual([true, false, false]);
  });

  test('what periods that are put away took from grants, they take again as they are counted', () => {
    const uses = { grantUses: { goodwill: 300 } };
    const periods = [
      recorded({ ...uses, isArchived: true }),
      recorded({ ...uses, start: FEBRUARY }),
    ];
    const past = thePast({ snapshot: null, periods });
    const on = goOnFrom(aState({ periods: [] }), past, [aGrant({ usedTokens: 400 })]);
    expect(on.grants).toEqual([aGrant({ usedTokens: 100 })]);
  });
});

test('Stripe has what its meter has, and reports go on under numbers of the time', () => {
  const rates = {
    [RATE]: { ...NO_TOKENS, tokens: 9, reports: 3 },
    other: { ...NO_TOKENS, reports: 900 },
  };
  const state = aState({ periods: [aPeriod({ rates })] });
  const aligned = alignRecovered(state, JANUARY, { [RATE]: 7 }, 500);
  expect(aligned.periods[0]?.rates).toEqual({
    [RATE]: { ...NO_TOKENS, tokens: 9, reportedTokens: 7, reports: 500 },
    other: { ...NO_TOKENS, reports: 900 },
  });
  expect(alignRecovered(state, MARCH, {}, 500)).toBe(state);
});
