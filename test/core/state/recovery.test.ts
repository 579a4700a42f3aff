/** Goal: a run that was begun again follows what the lost one was told of, perhaps in vain. */
import { emptyBillingState } from '../../../src/core/state/billing-state';
import { goOnFrom } from '../../../src/core/state/recovery';
import { hintSubject } from '../../../src/core/state/stripe-event';
import { aPeriod, aState } from '../../support/builders/builders';
import type { ResolutionKind } from '../../../src/core/state/remembered';
import { describeDifferences } from '../../../src/core/proof/differences';
import type { Difference } from '../../../src/core/proof/difference-row';

test('invoices, and charges of which money came back, are read again', () => {
  const past = {
    ...{ snapshot: aState(), periods: [], firstSequence: 1, lastSequence: 0 },
    ...{ settlements: [], resolutions: [], invoices: ['in_1'], charges: ['ch_1', 'dp_1'] },
  };
  const { stripeEvents } = goOnFrom(emptyBillingState('ada'), past, []);
  expect(stripeEvents.map(({ type, objectId }) => [hintSubject(type), objectId])).toEqual([
    ['invoice', 'in_1'],
    ['charge', 'ch_1'],
    ['charge', 'dp_1'],
  ]);
});

const DIFFERENT = [{ what: 'total', ledger: 2900, workflow: 2900, meter: null, invoice: 3400 }];

const decided = (kind: ResolutionKind, differences: readonly Difference[] = DIFFERENT) => ({
  exception: { kind: 'invoice_differs' as const, subject: 'in_1', since: 1 },
  resolution: { kind, reason: 'agreed by mail', by: 'grace' },
  differences,
});

/** What is settled of the period of in_1 after these decisions. */
function settledAfter(...resolutions: ReturnType<typeof decided>[]): string | undefined {
  const invoice = { id: 'in_1', status: 'draft' as const, totalCents: 3400 };
  const snapshot = aState({ periods: [aPeriod({ phase: 'closing', invoice })] });
  const past = {
    ...{ snapshot, periods: [], firstSequence: 1, lastSequence: 0 },
    ...{ settlements: [], resolutions, invoices: [] },
  };
  return goOnFrom(emptyBillingState('ada'), past, []).periods[0]?.settlement;
}

test.each(['accept_stripe', 'write_off'] as const)('what was settled by %s stays so', (kind) => {
  expect(settledAfter(decided(kind))).toBe(describeDifferences(DIFFERENT));
});

test.each(['retry', 'correct'] as const)('%s accepts no difference', (kind) => {
  expect(settledAfter(decided(kind))).toBeUndefined();
});

test('the last of several decisions counts', () => {
  const other = DIFFERENT.map((one) => ({ ...one, invoice: 3500 }));
  const all = [decided('accept_stripe'), decided('accept_stripe', other), decided('retry')];
  expect(settledAfter(...all)).toBe(describeDifferences(other));
});

test('what was accepted once its usage was counted is kept, too, of the last acceptance', () => {
  const other = DIFFERENT.map((one) => ({ ...one, invoice: 3500 }));
  const settled = { settlement: describeDifferences(other), settledAtEnd: 'total: 3450' };
  const invoice = { id: 'in_1', status: 'draft' as const, totalCents: 3400 };
  const snapshot = aState({ periods: [aPeriod({ phase: 'closing', invoice, ...settled })] });
  const past = {
    ...{ snapshot, periods: [], firstSequence: 1, lastSequence: 0, settlements: [], invoices: [] },
    resolutions: [decided('accept_stripe'), decided('accept_stripe', other)],
  };
  expect(goOnFrom(emptyBillingState('ada'), past, []).periods[0]).toMatchObject(settled);
});
