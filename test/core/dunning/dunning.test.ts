/** Goal: which step of an unpaid invoice is due when, through pauses, and what access is then. */
import fc from 'fast-check';
import {
  caseOf,
  dunningAccess,
  findDunningCase,
  isOvertaken,
  isUnpaid,
  mayHaveCase,
  nextStep,
  openDunning,
  outcomeOf,
  pauseDunning,
  resumeDunning,
  takeStep,
  withDunningCase,
  withoutDunningCase,
} from '../../../src/core/dunning/dunning';
import type { DunningState } from '../../../src/core/dunning/dunning';
import { dunningDetails } from '../../../src/core/dunning/dunning-details';
import { dunningFact } from '../../../src/core/dunning/dunning-notice';
import { aDunningPolicy, anInvoice, aState, FEBRUARY } from '../../support/builders/builders';
import type { DunningCase } from '../../../src/core/state/remembered';

const DAY = 86_400_000;
const FAILED = FEBRUARY * 1000;
const aCase = (change: Partial<DunningState> = {}): DunningState => ({
  ...openDunning(
    { customer: 'ada', invoiceId: 'in_1', amountDueCents: 2900, firstFailedAt: FAILED },
    aDunningPolicy(),
  ),
  ...change,
});
const aPause = (since: number, until: number | null = null) => ({ since, until, reason: 'asked' });

/** Takes all that is due by then; the days of the steps taken, in order. */
function playUntil(state: DunningState, now: number): { state: DunningState; days: number[] } {
  const days: number[] = [];
  for (let due = nextStep(state); due && due.at <= now; due = nextStep(state)) {
    days.push(due.step.day);
    state = takeStep(state, due.step);
  }
  return { state, days };
}

test.each([
  ['a millisecond before the first failure', -1, [], 'warned', null],
  ['at once', 0, [0], 'warned', null],
  ['a millisecond before day 3', 3 * DAY - 1, [0], 'warned', null],
  ['on day 3', 3 * DAY, [0, 3], 'warned', null],
  ['on day 7', 7 * DAY, [0, 3, 7], 'throttled', null],
  ['on day 14', 14 * DAY, [0, 3, 7, 14], 'throttled', 'given_up'],
  ['a year later', 365 * DAY, [0, 3, 7, 14], 'throttled', 'given_up'],
])('what has been done %s', (_when, after, days, access, outcome) => {
  const played = playUntil(aCase(), FAILED + after);
  expect(played.days).toEqual(days);
  expect(played.state).toMatchObject({ access, outcome, stepsTaken: days.length });
});

test('overdue steps come one by one, and all but the latest are overtaken', () => {
  const now = FAILED + 8 * DAY;
  let state = aCase();
  expect(isOvertaken(state, now)).toBe(true);
  for (const day of [0, 3]) {
    const due = nextStep(state);
    expect(due?.step.day).toBe(day);
    if (due) state = takeStep(state, due.step);
  }
  expect(nextStep(state)?.step.day).toBe(7);
  expect(isOvertaken(state, now)).toBe(false);
  expect(caseOf(state)).toEqual({ invoiceId: 'in_1', day: 3, access: 'warned', isGivenUp: false });
});

test('a schedule without a last step ends with its last one, and nothing is given up', () => {
  const policy = aDunningPolicy({ steps: [{ day: 0, action: 'notify' }] });
  const { state } = playUntil(aCase({ policy }), FAILED);
  expect(nextStep(state)).toBeUndefined();
  expect(caseOf(state)).toMatchObject({ day: 0, isGivenUp: false });
});

test.each([
  ['until a time, resumed by itself', aPause(FAILED + DAY, FAILED + 3 * DAY), 90, 2],
  ['until a time, resumed by hand before', aPause(FAILED + DAY, FAILED + 30 * DAY), 6, 5],
  ['without an end, resumed by hand', aPause(FAILED + DAY), 11, 10],
  ['at the very moment it ends', aPause(FAILED + DAY, FAILED + DAY), 1, 0],
])('a pause %s moves the rest of the schedule by its length', (_how, pause, resumedOn, days) => {
  const first = playUntil(aCase(), FAILED).state;
  const resumed = resumeDunning(pauseDunning(first, pause), FAILED + resumedOn * DAY);
  expect(resumed).toMatchObject({ pause: null, pausedMs: days * DAY });
  expect(nextStep(resumed)?.at).toBe(FAILED + (3 + days) * DAY);
  expect(resumeDunning(resumed, FAILED + 99 * DAY)).toBe(resumed);
});

test('a pause in place of another counts what was waited so far', () => {
  const once = pauseDunning(aCase(), aPause(FAILED + DAY, FAILED + 9 * DAY));
  const twice = pauseDunning(once, aPause(FAILED + 3 * DAY));
  expect(twice).toMatchObject({ pausedMs: 2 * DAY, pause: { since: FAILED + 3 * DAY } });
  const resumed = resumeDunning(twice, FAILED + 4 * DAY);
  expect(resumed.pausedMs).toBe(3 * DAY);
});

test('whatever is paused and however often, steps keep their order and distances, none is early', () => {
  const pauses = fc.array(
    fc.record({
      gap: fc.nat({ max: 5 * DAY }),
      length: fc.nat({ max: 20 * DAY }),
      resumedAfter: fc.nat({ max: 30 * DAY }),
    }),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(pauses, (list) => {
      let now = FAILED;
      let waited = 0;
      let { state } = playUntil(aCase(), now);
      for (const { gap, length, resumedAfter } of list) {
        now += gap;
        state = playUntil(state, now).state;
        state = pauseDunning(state, aPause(now, now + length));
        now += resumedAfter;
        waited += Math.min(length, resumedAfter);
        state = resumeDunning(state, now);
      }
      expect(state.pausedMs).toBe(waited);
      const due = nextStep(state);
      if (due) expect(due.at).toBe(FAILED + due.step.day * DAY + waited);
      const end = playUntil(state, FAILED + 14 * DAY + waited);
      expect(end.state).toMatchObject({ stepsTaken: 4, outcome: 'given_up' });
    }),
  );
});

test.each([
  ['paid', 'recovered'],
  ['void', 'voided'],
  ['uncollectible', 'uncollectible'],
  ['open', null],
  ['draft', null],
])('an invoice that is %s at Stripe: %s', (status, outcome) => {
  expect(outcomeOf(status)).toBe(outcome);
});

test.each([
  ['open and tried', { status: 'open', attemptCount: 1 }, true, true],
  ['open and not tried yet', { status: 'open', attemptCount: 0 }, false, false],
  ['paid at the first try', { status: 'paid', attemptCount: 1 }, false, true],
  ['paid without a try', { status: 'paid', attemptCount: 0 }, false, false],
  [
    'of another subscription',
    { status: 'open', attemptCount: 1, subscriptionId: 'x' },
    false,
    true,
  ],
])('an invoice %s', (_what, change, unpaid, maybe) => {
  const invoice = anInvoice(change);
  expect(isUnpaid(aState(), invoice)).toBe(unpaid);
  expect(mayHaveCase(aState(), invoice)).toBe(maybe);
});

describe('of several unpaid invoices', () => {
  const noted = (invoiceId: string, change: Partial<DunningCase> = {}): DunningCase => ({
    ...{ invoiceId, day: null, access: 'warned', isGivenUp: false },
    ...change,
  });

  test('each has one case, as last told, and what is told again changes nothing', () => {
    let state = withDunningCase(aState(), noted('in_2'));
    state = withDunningCase(state, noted('in_1'));
    const late = noted('in_2', { day: 7, access: 'throttled' });
    state = withDunningCase(state, late);
    expect(state.dunning).toEqual([noted('in_1'), late]);
    expect(withDunningCase(state, late)).toEqual(state);
    expect(findDunningCase(state, 'in_2')).toBe(late);
    expect(withoutDunningCase(state, 'in_2').dunning).toEqual([noted('in_1')]);
    expect(withoutDunningCase(state, 'in_3')).toEqual(state);
  });

  test.each([
    ['none', [], null],
    ['one on its first days', ['warned'], 'warned'],
    ['the strictest counts', ['warned', 'throttled', 'warned'], 'throttled'],
  ] as const)('access: %s', (_which, accesses, expected) => {
    const dunning = accesses.map((access, at) => noted(`in_${at}`, { access }));
    expect(dunningAccess({ dunning })).toBe(expected);
  });
});

test.each([
  ['cancel', 'revoked'],
  ['mark_uncollectible', 'ok'],
  ['leave', 'throttled'],
] as const)('given up by %s the app is told that access is %s', (giveUp, access) => {
  const { state } = playUntil(aCase({ policy: aDunningPolicy({ giveUp }) }), FAILED + 14 * DAY);
  expect(dunningFact(state, { kind: 'give_up', day: 14 })).toMatchObject({ access, next: null });
});

describe('what an operator reads', () => {
  const shown = (state: DunningState, trouble: string | null = null) =>
    dunningDetails(state, trouble);
  const { state: onDay3 } = playUntil(aCase(), FAILED + 3 * DAY);

  test('what is open, what is done, and what is due when', () => {
    expect(shown(onDay3)).toBe(
      [
        '### ada: invoice `in_1`',
        '2900 cents unpaid since 2026-02-01T00:00:00Z, access **warned**.',
        'Next: throttle at 2026-02-08T00:00:00Z.',
        [
          ...['| day | step | |', '|--:|---|---|'],
          ...['| 0 | notify | done |', '| 3 | notify | done |'],
          '| 7 | throttle | due 2026-02-08T00:00:00Z |',
          '| 14 | give_up: cancel | due 2026-02-15T00:00:00Z |',
        ].join('\n'),
      ].join('\n\n'),
    );
  });

  test('a pause with its reason, and after it by how much the rest has moved', () => {
    const paused = pauseDunning(onDay3, aPause(FAILED + 4 * DAY));
    expect(shown(paused)).toContain(
      '**Paused** since 2026-02-05T00:00:00Z, until it is resumed: asked',
    );
    expect(shown(paused)).not.toMatch(/Next:|due/);
    const resumed = resumeDunning(paused, FAILED + 6 * DAY);
    expect(shown(resumed)).toContain(
      'Next: throttle at 2026-02-10T00:00:00Z. Pauses have moved it by 48 hours.',
    );
  });

  test('how it ended, without saying that anything is due', () => {
    const recovered = shown({ ...onDay3, outcome: 'recovered' });
    expect(recovered).toContain('**Recovered**: the invoice is paid.');
    expect(recovered).not.toMatch(/unpaid|due|Next/);
    const left = playUntil(aCase({ policy: aDunningPolicy({ giveUp: 'leave' }) }), Infinity).state;
    expect(shown(left)).toContain('It is left open at Stripe until it is paid. 2900 cents unpaid');
  });

  test('what Stripe refuses', () => {
    expect(shown(onDay3, 'no such key')).toContain(
      '**Open exception** (stripe_refused), tried again every five minutes: no such key',
    );
  });
});
