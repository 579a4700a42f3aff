/** Goal: however much is wrong, what is told and decided of it stays few. */
import {
  assertResolvable,
  resolutionSubject,
  withException,
  withoutDecision,
  withResolution,
} from '../../../src/core/state/exceptions';
import type { BillingState } from '../../../src/core/state/billing-state';
import { aDecision, differs, refusal } from '../../support/builders/an-exception';
import { aState } from '../../support/builders/builders';

const open = withException(aState(), differs, 1_000);

describe('decisions are carried along until they are done', () => {
  const decide = (state: BillingState, at: number) => {
    const subject = `in_${at}`;
    const listed = withException(state, { ...differs, subject }, at);
    return withResolution(listed, aDecision({ subject }));
  };
  const twenty = Array.from({ length: 20 }, (_, at) => at).reduce(decide, aState());
  const next = withException(twenty, differs, 99);

  test('so that there are twenty at most', () => {
    expect(refusal(() => assertResolvable(next, aDecision()))).toEqual({
      code: 'resolution_not_possible',
      message: '20 decisions about ada are being carried out: decide the next once some are done.',
    });
    const fewer = withoutDecision(next, { kind: 'invoice_differs', subject: 'in_3' });
    expect(refusal(() => assertResolvable(fewer, aDecision()))).toBe(undefined);
  });

  test('and one of them that was refused may be decided otherwise', () => {
    const id = { kind: 'invoice_differs', subject: 'in_3' } as const;
    const refused = { kind: 'stripe_refused', subject: resolutionSubject(id), message: '403' };
    const state = withException(next, refused as never, 3_000);
    const other = aDecision({ subject: 'in_3', kind: 'accept_stripe' });
    expect(refusal(() => assertResolvable(state, other))).toBe(undefined);
  });

  test('with as much of their reasons as a thousand bytes hold', () => {
    const long = 'x'.repeat(3_000);
    const { exceptions } = withResolution(open, aDecision({ reason: long, by: long }));
    const { reason = '', by = '' } = exceptions[0]?.resolution ?? {};
    for (const text of [reason, by]) {
      expect(text).toMatch(/^x{900,}…$/);
      // With the quotes around it.
      expect(Buffer.byteLength(JSON.stringify(text))).toBeLessThanOrEqual(1_000);
    }
  });
});

describe('where a hundred exceptions are open', () => {
  const full = Array.from({ length: 100 }, (_, at) => at).reduce(
    (state, at) => withException(state, { ...differs, subject: `in_${at}` }, at),
    aState(),
  );

  test('others are told in one, with their number, the first and the latest', () => {
    const first = withException(full, { ...differs, subject: 'x'.repeat(300) }, 1_000);
    const second = withException(first, differs, 2_000);
    expect(second.exceptions).toHaveLength(101);
    expect(second.exceptions.at(-1)).toEqual({
      ...{ kind: 'stripe_refused', subject: 'others', since: 1_000 },
      rejected: { count: 2, first: `invoice_differs ${'x'.repeat(183)}…` },
      message:
        '100 exceptions are open, and of others it was told 2 times. The first was invoice_differs ' +
        `${'x'.repeat(183)}…, the latest invoice_differs in_feb: meter 1, invoice 2 Decide what is ` +
        'listed; they are told again.',
    });
  });

  test('that a decision could not be carried out is told by itself all the same', () => {
    const refused = { kind: 'stripe_refused', subject: 'resolution:invoice_differs:in_3' } as const;
    const state = withException(full, { ...refused, message: '403' }, 1_000);
    expect(state.exceptions.at(-1)).toEqual({ ...refused, message: '403', since: 1_000 });
  });
});
