/** Goal: of a final invoice that nobody collects it is known whose doing that is. */
import { heldWhenFinal } from '../../../src/core/invoices/invoice-hold';
import type { InvoiceSnapshot } from '../../../src/core/invoices/invoice-snapshot';

const NOW = 2_000_000;
const BY_OTHERS = { finalizesAt: null, by: 'others' };

const held = (is: Partial<InvoiceSnapshot>) =>
  heldWhenFinal(
    {
      ...{ status: 'open', autoAdvance: true, attemptCount: 0, amountRemainingCents: 100 },
      ...{ isOnTestClock: false, ...is },
    } as InvoiceSnapshot,
    NOW,
  );

test('one that Stripe collects, has tried, or that is paid is held by nobody', () => {
  expect(held({})).toBeUndefined();
  expect(held({ autoAdvance: false, attemptCount: 1 })).toBeUndefined();
  expect(held({ autoAdvance: false, amountRemainingCents: 0 })).toBeUndefined();
  expect(held({ autoAdvance: false, status: 'void' })).toBeUndefined();
});

test('one that does not advance is held by our mark, or by somebody else', () => {
  const hold = { at: 1, finalizesAt: 2 };
  expect(held({ autoAdvance: false, hold })).toEqual(hold);
  expect(held({ autoAdvance: false })).toEqual(BY_OTHERS);
});

test('one that was to be paid by a date is nobody’s once that is past', () => {
  expect(held({ dueAt: NOW / 1000 + 1 })).toBeUndefined();
  expect(held({ dueAt: NOW / 1000 - 1 })).toEqual(BY_OTHERS);
  expect(held({ dueAt: NOW / 1000 - 1, isOnTestClock: true })).toBeUndefined();
});
