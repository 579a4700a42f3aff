/** Goal: the app is told of each step of an unpaid invoice what it means, and what comes next. */
import { caseOf, isOvertaken, mayHaveCase, openDunning } from '../../../src/core/dunning/dunning';
import { outcomeOf, withDunningCase } from '../../../src/core/dunning/dunning';
import type { DunningState } from '../../../src/core/dunning/dunning';
import { dunningDetails } from '../../../src/core/dunning/dunning-details';
import { dunningData, dunningFact, noticeName } from '../../../src/core/dunning/dunning-notice';
import type { DunningCase } from '../../../src/core/state/remembered';
import { aDunningPolicy, anInvoice, aState, FEBRUARY } from '../../support/builders/builders';
import { someCatalog } from '../../support/builders/catalogs';

const DAY = 86_400_000;
const FAILED = FEBRUARY * 1000;
const aCase = (change: Partial<DunningState> = {}): DunningState => ({
  ...openDunning(
    { customer: 'ada', invoiceId: 'in_1', amountDueCents: 2900, firstFailedAt: FAILED },
    aDunningPolicy(),
  ),
  ...change,
});

describe('the app is told', () => {
  const onDay0 = aCase({ stepsTaken: 1 });

  test('of a reminder, that access goes on, what is due, and which step is next', () => {
    expect(dunningFact(onDay0, { kind: 'notify', day: 0 })).toEqual({
      ...{ type: 'dunning.reminder', customer: 'ada', invoiceId: 'in_1', amountDueCents: 2900 },
      ...{ firstFailedAt: FAILED, day: 0, access: 'warned', giveUp: 'cancel' },
      next: { at: FAILED + 3 * DAY, action: 'notify' },
    });
  });

  test('of the payment, that nothing is due, access is ok, and nothing follows', () => {
    expect(dunningFact(onDay0, { kind: 'recovered', day: null })).toMatchObject({
      ...{ type: 'dunning.recovered', amountDueCents: 0, day: null, access: 'ok', next: null },
    });
  });

  test('in the catalog’s currency and in times of ISO 8601', () => {
    const fact = dunningFact(onDay0, { kind: 'notify', day: 0 });
    expect(dunningData(someCatalog({ currency: 'eur' }), fact)).toEqual({
      ...{ customer: 'ada', invoiceId: 'in_1', amountDueCents: 2900, currency: 'eur' },
      ...{ firstFailedAt: '2026-02-01T00:00:00.000Z', day: 0, access: 'warned' },
      ...{ next: { at: '2026-02-04T00:00:00.000Z', action: 'notify' }, giveUp: 'cancel' },
    });
  });

  test('of no next step where none follows', () => {
    const last = dunningFact(aCase({ stepsTaken: 4 }), { kind: 'give_up', day: 14 });
    expect(dunningData(someCatalog(), last).next).toBeNull();
  });

  test('once of each step, by its day, and of each end, by its name', () => {
    const names = [
      dunningFact(onDay0, { kind: 'notify', day: 0 }),
      dunningFact(onDay0, { kind: 'throttle', day: 7 }),
      dunningFact(onDay0, { kind: 'recovered', day: null }),
      dunningFact(onDay0, { kind: 'give_up', day: null }),
    ].map(noticeName);
    expect(names).toEqual(['day-0', 'day-7', 'recovered', 'given_up']);
  });
});

test('an invoice that Stripe has no more is asked of nobody', () => {
  expect(outcomeOf('deleted')).toBe('voided');
});

test('before its first step a case has no day', () => {
  expect(caseOf(aCase()).day).toBeNull();
});

test.each([
  ['a millisecond before the step after it', 3 * DAY - 1, 0, false],
  ['at the very moment of the step after it', 3 * DAY, 0, true],
  ['as the last of the schedule', 400 * DAY, 3, false],
])('a step that is taken %s: overtaken or not', (_when, later, stepsTaken, expected) => {
  expect(isOvertaken(aCase({ stepsTaken }), FAILED + later)).toBe(expected);
});

describe('cases of several invoices', () => {
  const noted = (invoiceId: string): DunningCase => ({
    ...{ invoiceId, day: null, access: 'warned', isGivenUp: false },
  });

  test('are in the order of their invoices, however they came', () => {
    const state = ['in_2', 'in_3', 'in_1'].map(noted).reduce(withDunningCase, aState());
    expect(state.dunning.map(({ invoiceId }) => invoiceId)).toEqual(['in_1', 'in_2', 'in_3']);
  });

  test('an invoice that has one keeps it, though Stripe tells of no try any more', () => {
    const state = withDunningCase(aState(), noted('in_1'));
    const untried = anInvoice({ id: 'in_1', status: 'open', attemptCount: 0 });
    expect(mayHaveCase(state, untried)).toBe(true);
  });
});

describe('an operator reads', () => {
  const HEAD = '### ada: invoice `in_1`';
  const shown = (change: Partial<DunningState>) => dunningDetails(aCase(change), null);
  const once = aDunningPolicy({ steps: [{ day: 0, action: 'notify' }] });

  test('of a payment that came after all, how it ended and which steps were taken', () => {
    const policy = aDunningPolicy({ giveUp: 'leave', steps: once.steps });
    expect(shown({ policy, stepsTaken: 1, outcome: 'recovered' })).toBe(
      [
        ...[HEAD, '**Recovered**: the invoice is paid.'],
        '| day | step | |\n|--:|---|---|\n| 0 | notify | done |',
      ].join('\n\n'),
    );
  });

  test('of a step that was not needed any more, nothing of when it was due', () => {
    expect(shown({ policy: once, outcome: 'voided' })).toContain('\n| 0 | notify |  |');
  });

  test('of an invoice that is given up, that it is left open only where that is the policy', () => {
    const givenUp = shown({ stepsTaken: 4, outcome: 'given_up' });
    expect(givenUp).toContain('**Given up**: the schedule is over and the invoice unpaid.\n');
    expect(givenUp).not.toContain('left open');
  });

  test('of a pause, when it ends', () => {
    const pause = { since: FAILED, until: FAILED + DAY, reason: 'asked' };
    expect(shown({ pause })).toContain(
      '**Paused** since 2026-02-01T00:00:00Z, until 2026-02-02T00:00:00Z: asked',
    );
  });

  test('of a schedule that is over, that the invoice waits to be paid', () => {
    expect(shown({ policy: once, stepsTaken: 1 })).toContain(
      'No more steps: it waits to be paid.\n',
    );
  });

  test('of a policy without steps, no schedule', () => {
    expect(shown({ policy: aDunningPolicy({ steps: [] }) })).toBe(
      [
        ...[HEAD, '2900 cents unpaid since 2026-02-01T00:00:00Z, access **warned**.'],
        'No more steps: it waits to be paid.',
      ].join('\n\n'),
    );
  });
});
