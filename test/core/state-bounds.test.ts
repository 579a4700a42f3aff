/** Goal: whatever happens to a customer, what a run carries stays far below what Temporal takes. */
import fc from 'fast-check';
import { assertGrantable, withGrant } from '../../src/core/counting/grants';
import { noteExplained } from '../../src/core/invoices/unbilled-invoice';
import { withTerms } from '../../src/core/plans/plan';
import { withAnswer } from '../../src/core/state/answers';
import type { BillingState } from '../../src/core/state/billing-state';
import {
  assertRoom,
  bytesOf,
  CARRIED_BYTES_MAX,
  EXCEPTIONS_MAX,
  ROOM_BYTES_MAX,
  withinBounds,
} from '../../src/core/state-bounds';
import {
  assertResolvable,
  EXCEPTION_KINDS,
  OTHERS,
  resolutionsOf,
  withException,
  withoutException,
  withResolution,
} from '../../src/core/state/exceptions';
import { HINTS_MAX, isLeftOut, LEFT_OUT, leaveOut, queueHint } from '../../src/core/state/hints';
import { withMoneyBack } from '../../src/core/state/money-back';
import { requestRecount } from '../../src/core/state/periods';
import { aState } from '../support/builders/builders';

const attempted = (state: BillingState, change: () => BillingState): BillingState => {
  try {
    assertRoom(state);
    return change();
  } catch {
    return state;
  }
};

type Step = (state: BillingState, number: number) => BillingState;

const text = (max: number) => fc.string({ unit: 'grapheme', maxLength: max });
const opened: fc.Arbitrary<Step> = fc
  .tuple(fc.constantFrom(...EXCEPTION_KINDS), text(60), text(200), fc.nat(40))
  .map(([kind, subject, words, times]) => (state, number) => {
    const message = words.repeat(times).slice(0, 4_000);
    return withException(state, { kind, subject: `${number}${subject}`, message }, number);
  });
const decided: fc.Arbitrary<Step> = fc
  .tuple(fc.nat(200), text(3_000))
  .map(([at, reason]) => (state) => {
    const exception = state.exceptions[at % Math.max(1, state.exceptions.length)];
    if (!exception) return state;
    const { kind, subject } = exception;
    const decision = {
      exception: kind,
      subject,
      reason,
      by: 'grace',
      kind: resolutionsOf(kind)[0]!,
    };
    try {
      assertResolvable(state, decision);
    } catch {
      return state;
    }
    const refusal = { kind: 'stripe_refused', subject: `resolution:${kind}:${subject}` } as const;
    return withException(withResolution(state, decision), { ...refusal, message: reason }, 1);
  });
const heard: fc.Arbitrary<Step> = fc
  .tuple(fc.constantFrom('invoice.paid', 'charge.refunded', 'invoice.updated'), text(700))
  .map(([type, id]) => (state, number) => {
    const hint = { id, type, objectId: `${number}:${id}`, created: number };
    return isLeftOut(state, hint) ? leaveOut(state, hint, number) : queueHint(state, hint);
  });
const granted: fc.Arbitrary<Step> = text(60).map(
  (id) => (state, number) =>
    attempted(state, () => {
      const grant = { id: `${number}${id}`, tokens: 5, expiresAt: null };
      assertGrantable(state, grant);
      return withGrant(state, grant);
    }),
);
const answered: fc.Arbitrary<Step> = text(200).map(
  (key) => (state, number) =>
    attempted(state, () => withAnswer(state, `${number}${key}`, { planId: key, when: 'now' })),
);
const settled: fc.Arbitrary<Step> = text(30_000).map(
  (settlement) => (state, number) => noteExplained(state, `in_${number}`, settlement),
);
const recounted: fc.Arbitrary<Step> = text(80).map(
  (reason) => (state) => requestRecount(state, reason),
);
const paidBack: fc.Arbitrary<Step> = fc.nat(5).map(
  (count) => (state, number) =>
    withMoneyBack(state, {
      ...{ chargeId: `ch_${number}`, invoiceId: null, refundedCents: 1 },
      disputes: Array.from({ length: count }, (_, at) => ({
        ...{ id: `dp_${at}`, status: 'needs_response', amountCents: 5 },
      })),
    }),
);
const planned: fc.Arbitrary<Step> = fc.nat(5).map((at) => (state) => ({
  ...state,
  periods: state.periods.map((one) => withTerms(one, { ...one.terms, planId: `plan_${at}` })),
}));

const step = fc.oneof(
  ...[opened, heard, decided, granted, answered, settled, recounted, paidBack, planned],
);

test('no sequence of what may happen makes it exceed the bound', () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 5, maxLength: 40 }),
      fc.integer({ min: 1, max: 40 }),
      (steps, rounds) => {
        let [state, number] = [aState(), 0];
        for (let round = 0; round < rounds; round += 1)
          for (const play of steps) state = play(state, (number += 1));
        expect(bytesOf(state)).toBeLessThanOrEqual(CARRIED_BYTES_MAX);
      },
    ),
    { numRuns: 60 },
  );
});

test('the size is that of the JSON in UTF-8', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      // A half of a pair is written as an escape by JSON.
      expect(bytesOf({ value })).toBe(Buffer.byteLength(JSON.stringify({ value })));
    }),
  );
});

const withMany = (count: number, state = aState()) =>
  Array.from({ length: count }, (_, at) => at).reduce(
    (current, at) =>
      withException(current, { kind: 'invoice_differs', subject: `in_${at}`, message: 'x' }, at),
    state,
  );

test('beyond the most that are listed, exceptions are counted in one that stays', () => {
  const state = withMany(EXCEPTIONS_MAX + 7);
  expect(state.exceptions).toHaveLength(EXCEPTIONS_MAX + 1);
  expect(state.exceptions.at(-1)).toMatchObject({
    ...{ ...OTHERS, since: EXCEPTIONS_MAX },
    rejected: { count: 7, first: `invoice_differs in_${EXCEPTIONS_MAX}` },
  });
  const fewer = withoutException(state, { kind: 'invoice_differs', subject: 'in_0' });
  expect(fewer.exceptions).toContainEqual(expect.objectContaining(OTHERS));
});

test('what is open already is told again where it is, however many there are', () => {
  const state = withMany(EXCEPTIONS_MAX);
  const told = withException(
    state,
    { kind: 'invoice_differs', subject: 'in_5', message: 'y' },
    999,
  );
  expect(told.exceptions).toHaveLength(EXCEPTIONS_MAX);
  expect(told.exceptions.at(-1)).toMatchObject({ subject: 'in_5', message: 'y', since: 5 });
});

test('news of more objects than may wait are told with their number, and of those that wait nothing is', () => {
  const hint = (number: number) => ({
    ...{ id: `evt_${number}`, type: 'invoice.paid', objectId: `in_${number}`, created: 1 },
  });
  let state = aState();
  for (let number = 0; number < HINTS_MAX; number += 1) {
    expect(isLeftOut(state, hint(number))).toBe(false);
    state = queueHint(state, hint(number));
  }
  expect(isLeftOut(state, hint(3))).toBe(false);
  expect(isLeftOut(state, hint(HINTS_MAX))).toBe(true);
  state = leaveOut(leaveOut(state, hint(HINTS_MAX), 5), hint(HINTS_MAX + 1), 6);
  expect(state.exceptions).toMatchObject([
    { ...LEFT_OUT, since: 5, rejected: { count: 2, first: `invoice.paid evt_${HINTS_MAX}` } },
  ]);
});

test('a change is refused while there is no room, in figures and with what makes some', () => {
  const state = {
    ...aState(),
    explainedUnbilled: [{ id: 'in_1', settlement: 'x'.repeat(ROOM_BYTES_MAX) }],
  };
  expect(() => assertRoom(aState())).not.toThrow();
  expect(() => assertRoom(state)).toThrow(
    expect.objectContaining({
      code: 'state_full',
      message: expect.stringContaining(`has ${bytesOf(state)} bytes, and changes are taken up to`),
    }),
  );
});

test('rejected reports that release 0.1.0 told one by one are one, but for what is decided', () => {
  const rejection = (number: number) => ({
    ...{
      kind: 'report_rejected' as const,
      subject: `report_${number}`,
      message: 'no',
      since: number,
    },
  });
  const resolution = { kind: 'accept_stripe' as const, reason: 'agreed', by: 'grace' };
  const decidedOne = { ...rejection(9), resolution };
  const exceptions = [decidedOne, ...Array.from({ length: 900 }, (_, at) => rejection(at + 10))];
  const state = withinBounds({ ...aState(), exceptions });
  expect(state.exceptions).toEqual([
    decidedOne,
    {
      ...{ kind: 'report_rejected', subject: 'reports', since: 10 },
      rejected: { count: 900, first: 'report_10' },
      message: '900 reports were rejected by Stripe, the first report_10: no',
    },
  ]);
  expect(withinBounds(state)).toBe(state);
});
