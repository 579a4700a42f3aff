/** Goal: what is wrong is told once, stays until it is mended, and is decided only as it can be. */
import {
  assertResolvable,
  resolutionSubject,
  findException,
  noteRejection,
  REJECTED_REPORTS,
  withException,
  withoutDecision,
  withoutException,
  withResolution,
} from '../../../src/core/state/exceptions';
import type { BillingState } from '../../../src/core/state/billing-state';
import { aDecision, differs, refusal } from '../../support/builders/an-exception';
import { aState } from '../../support/builders/builders';
import { RESOLUTIONS } from '../../../src/core/state/remembered';
import type { ExceptionKind } from '../../../src/core/state/remembered';

const open = withException(aState(), differs, 1_000);

test('an exception says since when it is open', () => {
  expect(open.exceptions).toEqual([{ ...differs, since: 1_000 }]);
});

test('told again it is one exception, as old as it was, with the numbers of now', () => {
  const again = withException(open, { ...differs, message: 'meter 1, invoice 3' }, 9_000);
  expect(again.exceptions).toEqual([{ ...differs, message: 'meter 1, invoice 3', since: 1_000 }]);
});

test('told again it keeps what was decided', () => {
  const decided = withResolution(open, aDecision());
  const again = withException(decided, differs, 9_000);
  expect(again.exceptions[0]?.resolution?.kind).toBe('correct');
});

test.each([
  ['of another invoice', { ...differs, subject: 'in_mar' }],
  ['of another kind', { ...differs, kind: 'finalization_failed' as const }],
])('an exception %s is one of its own', (_case, other) => {
  const both = withException(open, other, 2_000);
  expect(both.exceptions.map(({ since }) => since)).toEqual([1_000, 2_000]);
  expect(withoutException(both, other).exceptions).toEqual(open.exceptions);
});

test('mended it is gone, and one that is not open can be closed for nothing', () => {
  const closed = withoutException(open, differs);
  expect(closed.exceptions).toEqual([]);
  expect(withoutException(closed, differs)).toBe(closed);
});

test('opened anew after it was mended it begins anew', () => {
  const anew = withException(withoutException(open, differs), differs, 5_000);
  expect(findException(anew, differs)?.since).toBe(5_000);
});

test('a decision is noted on its exception, with who decided and why', () => {
  const other = { ...differs, subject: 'in_mar' };
  const decided = withResolution(withException(open, other, 2_000), aDecision());
  expect(findException(decided, differs)?.resolution).toEqual({
    kind: 'correct',
    reason: 'the meter lost a report',
    by: 'grace',
  });
  expect(findException(decided, other)?.resolution).toBeUndefined();
});

test('thousands of rejected reports are one exception, which counts them', () => {
  const one = (state: BillingState, meterEvent: string) => {
    const rejected = noteRejection(state, meterEvent);
    const id = { kind: 'report_rejected', subject: REJECTED_REPORTS } as const;
    return withException(state, { ...id, message: `up to ${meterEvent}`, rejected }, 1);
  };
  const names = Array.from({ length: 6_000 }, (_, at) => `meter_event_${at}`);
  const { exceptions } = names.reduce(one, aState());
  expect(exceptions).toMatchObject([
    { rejected: { count: 6_000, first: 'meter_event_0' }, message: 'up to meter_event_5999' },
  ]);
});

describe('what may be decided about each kind', () => {
  const allowed: Record<ExceptionKind, readonly string[]> = {
    report_refused: ['retry'],
    report_rejected: ['accept_stripe'],
    invoice_differs: ['accept_stripe', 'correct', 'write_off', 'retry'],
    finalization_failed: ['retry'],
    invoice_not_advancing: ['retry'],
    invoice_gone: ['write_off', 'retry'],
    usage_uninvoiced: ['write_off'],
    customer_deleted: ['write_off'],
    correction_uninvoiced: ['accept_stripe', 'write_off'],
    stripe_refused: ['retry'],
    usage_rejected: ['write_off'],
    usage_after_end: ['write_off'],
    upgrade_unpaid: ['retry'],
    subscription_duplicate: ['retry'],
    price_differs: ['accept_stripe', 'retry'],
    items_exceeded: ['retry'],
    usage_unpriced: ['write_off'],
    record_refused: ['retry'],
    ledger_behind: ['correct'],
  };
  test.each(Object.entries(allowed))('%s: %j', (kind, expected) => {
    const exception = kind as ExceptionKind;
    const state = withException(aState(), { ...differs, kind: exception }, 1);
    const possible = RESOLUTIONS.filter(
      (one) => !refusal(() => assertResolvable(state, aDecision({ exception, kind: one }))),
    );
    expect([...possible].sort()).toEqual([...expected].sort());
  });
});

test('a refused decision names those that are possible', () => {
  const exception = 'correction_uninvoiced';
  const state = withException(aState(), { ...differs, kind: exception }, 1);
  expect(refusal(() => assertResolvable(state, aDecision({ exception, kind: 'retry' })))).toEqual({
    code: 'resolution_not_possible',
    message:
      'correction_uninvoiced can\'t be resolved by "retry": expected accept_stripe or write_off.',
  });
});

test('a second decision is refused while the first is carried out, and told whose that is', () => {
  const decided = withResolution(open, aDecision());
  const second = aDecision({ kind: 'accept_stripe', by: 'ada' });
  expect(refusal(() => assertResolvable(decided, second))).toEqual({
    code: 'resolution_not_possible',
    message:
      'invoice_differs in_feb is being resolved: grace has decided correct. Look at it again ' +
      'once that is done.',
  });
});

test('a decision that could not be carried out is replaced by another', () => {
  const refused = { kind: 'stripe_refused', subject: resolutionSubject(differs), message: '403' };
  const decided = withResolution(open, aDecision());
  const state = withException(decided, refused as never, 3_000);
  expect(refusal(() => assertResolvable(state, aDecision({ kind: 'accept_stripe' })))).toBe(
    undefined,
  );
});

test('a decision about what is not open names what is', () => {
  const found = refusal(() => assertResolvable(open, aDecision({ subject: 'in_mar' })));
  expect(found?.code).toBe('exception_not_found');
  expect(found?.message).toContain('open are invoice_differs in_feb');
});

test('where nothing is open it says so', () => {
  const found = refusal(() => assertResolvable(aState(), aDecision()));
  expect(found?.message).toContain('none is open');
});

test('a decision that is carried out is taken from that exception alone', () => {
  const resolution = { kind: 'correct', reason: 'x', by: 'grace' } as const;
  const other = { ...differs, subject: 'in_mar', since: 1, resolution };
  const state = aState({ exceptions: [{ ...differs, since: 1, resolution }, other] });
  const after = withoutDecision(state, { kind: 'invoice_differs', subject: 'in_feb' });
  expect(after.exceptions).toEqual([{ ...differs, since: 1, resolution: undefined }, other]);
  expect(after.customer).toBe('ada');
});

test('what is not open is told, with all that is', () => {
  const both = withException(open, { ...differs, subject: 'in_mar' }, 2_000);
  expect(refusal(() => assertResolvable(both, aDecision({ subject: 'in_jan' })))?.message).toBe(
    'ada has no open exception invoice_differs of in_jan: open are invoice_differs in_feb, ' +
      'invoice_differs in_mar.',
  );
  expect(resolutionSubject(differs)).toBe('resolution:invoice_differs:in_feb');
});
