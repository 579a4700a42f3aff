/** Goal: what a customer had used who was deleted at Stripe stays open until somebody decides. */
import { goneValueCents, noteGone, writeOffGone } from '../../../src/core/state/customer-gone';
import { sortedDecisions } from '../../../src/core/state/billing-past';
import { emptyBillingState, upcast } from '../../../src/core/state/billing-state';
import type { BillingState } from '../../../src/core/state/billing-state';
import type { BillingException, ExceptionKind } from '../../../src/core/state/remembered';
import { NO_TOKENS } from '../../../src/core/state/periods';
import {
  aLateItem,
  aPeriod,
  aRate,
  aState,
  FEBRUARY,
  MARCH,
  someTerms,
} from '../../support/builders/builders';

/** 50,000 tokens at $3.00 a million are 15 cents, 1,000 at $40.00 are 4. */
const terms = someTerms({
  rates: [aRate(), aRate({ id: 'premium', pricePerMillionTokens: '40.00' })],
});
const rates = {
  overage_standard: { ...NO_TOKENS, tokens: 50_000 },
  premium: { ...NO_TOKENS, tokens: 1_000 },
};
const used = (is: Partial<BillingState> = {}) =>
  aState({ isCustomerGone: true, periods: [aPeriod({ terms, rates })], ...is });
const an = (kind: ExceptionKind, is: Partial<BillingException> = {}): BillingException => ({
  ...{ kind, subject: 'x', message: 'x', since: 1, ...is },
});
const MESSAGE =
  'Customer cus_ada was deleted at Stripe: 51000 billable tokens, worth 19 cents, are on no ' +
  'invoice, and none can be made there. Invoice them by hand, then write_off.';
const told = an('customer_deleted', { subject: 'cus_ada', message: MESSAGE, since: 7 });

test('it is told with the tokens that no invoice has, and their value', () => {
  expect(noteGone(used(), 7).exceptions).toEqual([told]);
  const unnamed = noteGone(used({ stripeCustomerId: null }), 7).exceptions;
  expect(unnamed[0]).toMatchObject({ subject: 'ada' });
  expect(unnamed[0]?.message).toContain('Customer ada was');
});

test('told again it is the same; with other figures it keeps its beginning', () => {
  const once = noteGone(used(), 7);
  expect(noteGone(once, 8)).toBe(once);
  const more = {
    ...once,
    periods: [...once.periods, aPeriod({ start: FEBRUARY, end: MARCH, terms, rates })],
  };
  expect(noteGone(more, 8).exceptions).toMatchObject([
    { since: 7, message: expect.stringContaining('102000') },
  ]);
});

test.each(['finalized', 'paid', 'void'] as const)(
  'of a period that is %s nothing is told: it has its invoice',
  (phase) => {
    const state = used({ periods: [aPeriod({ terms, rates, phase })], exceptions: [told] });
    expect(noteGone(state, 8).exceptions).toEqual([]);
    expect(goneValueCents(state)).toBe('0');
  },
);

test.each(['open', 'closing', 'reconciled'] as const)('of one that is %s it is', (phase) => {
  expect(goneValueCents(used({ periods: [aPeriod({ terms, rates, phase })] }))).toBe('19');
});

test('of a customer who is there nothing is told', () => {
  const state = used({ isCustomerGone: undefined });
  expect(noteGone(state, 7)).toBe(state);
});

test.each<[string, BillingException, boolean]>([
  ['a report that was refused is tried no more', an('report_refused'), false],
  ['an invoice that is gone is part of it', an('invoice_gone'), false],
  [
    'usage of the subscription that no invoice will have is part of it',
    an('usage_uninvoiced', { subject: 'sub_ada' }),
    false,
  ],
  [
    'not if somebody has decided about it',
    an('usage_uninvoiced', {
      subject: 'sub_ada',
      resolution: { kind: 'write_off', reason: 'x', by: 'ops' },
    }),
    true,
  ],
  ['nor that of another subject', an('usage_uninvoiced'), true],
  ['nor anything else', an('invoice_differs', { subject: 'sub_ada' }), true],
])('%s', (_case, exception, stays) => {
  const { exceptions } = noteGone(used({ exceptions: [exception] }), 7);
  expect(exceptions).toEqual([...(stays ? [exception] : []), told]);
});

test('given up, the periods without an invoice are put away with what was decided', () => {
  const paid = aPeriod({ start: FEBRUARY, end: MARCH, phase: 'paid' });
  const state = used();
  const { periods, archived } = writeOffGone(
    { ...state, periods: [...state.periods, paid] },
    'by hand',
  );
  expect(periods).toEqual([paid]);
  expect(archived).toEqual([aPeriod({ terms, rates, phase: 'void', settlement: 'by hand' })]);
});

test('what is on record of decisions is late usage that was settled, and what operators decided', () => {
  const resolved = {
    exception: { kind: 'invoice_differs', subject: 'in_1', since: 1 },
    resolution: { kind: 'retry', reason: 'x', by: 'ops' },
    differences: [],
  } as const;
  const decided = sortedDecisions([
    { kind: 'late_usage_invoiced', detail: { ...aLateItem(), invoiceId: 'in_feb' } },
    { kind: 'exception_resolved', detail: resolved },
    { kind: 'late_usage_written_off', detail: aLateItem({ tokens: 7 }) },
  ]);
  expect(decided).toEqual({
    settlements: [
      { item: aLateItem(), invoiceId: 'in_feb' },
      { item: aLateItem({ tokens: 7 }), invoiceId: null },
    ],
    resolutions: [resolved],
  });
});

test('a state that a later release wrote is not read, nor one that has no number', () => {
  const state = emptyBillingState('ada');
  expect(upcast(state)).toBe(state);
  expect(() => upcast({ ...state, schemaVersion: 2 as never })).toThrow(
    'The billing state of ada has schema 2, and this release knows up to 1: a later release wrote ' +
      'it. Nothing is lost, and nothing is billed until a worker of that release takes it: make its ' +
      'version current again, or install it.',
  );
  expect(() => upcast({ ...state, schemaVersion: undefined as never })).toThrow('schema undefined');
});

test('a state of several releases before is brought to the form of now step by step', () => {
  const step = (from: number) => (state: object) =>
    ({ ...state, schemaVersion: from + 1, [`of${from}`]: 'read' }) as never;
  const state = emptyBillingState('ada');
  expect(upcast(state, { 1: step(1), 2: step(2) }, 3)).toEqual({
    ...{ ...state, schemaVersion: 3, of1: 'read', of2: 'read' },
  });
  expect(() => upcast(state, { 2: step(2) }, 3)).toThrow('has schema 1');
});

test('a customer begins with nothing known, counted or open', () => {
  expect(emptyBillingState('ada')).toEqual({
    ...{ schemaVersion: 1, customer: 'ada', stripeCustomerId: null, subscriptionId: null },
    ...{ billingStatus: 'pending', appliedSequence: 0, knownSequence: 0, unbilledTokens: 0 },
    standing: { nextPlan: null, cancelAt: null, collectionPaused: null, autoUpgrade: false },
    ...{ awaitsPeriod: false, recount: null, periods: [], archived: [], grants: [] },
    ...{ stripeEvents: [], exceptions: [], dunning: [], answers: [], moneyBack: [] },
  });
});
