/** Goal: a rollout moves whom it may, in order, when it may, and stops at the first trouble. */
import fc from 'fast-check';
import {
  approveRollout,
  cancelRollout,
  finishRollout,
  isOver,
  isWaiting,
  noteLeftOut,
  noteMoved,
  openRollout,
  pauseRollout,
  previewed,
  resumeRollout,
  stopRollout,
  whyUndecidable,
} from '../../../src/core/plans/rollout';
import type {
  RolloutDecision,
  RolloutRequest,
  RolloutState,
} from '../../../src/core/plans/rollout';
import { leftOutReason } from '../../../src/core/plans/rollout-customer';
import {
  emptyPreview,
  SHOWN_MAX,
  timesQuantity,
  withPage,
} from '../../../src/core/plans/rollout-preview';
import type { PreviewedCustomer, Sale } from '../../../src/core/plans/rollout-preview';
import { rolloutDetails } from '../../../src/core/plans/rollout-details';

const REQUEST: RolloutRequest = {
  ...{ planId: 'starter', version: 'v2', batch: 2, currency: 'usd' },
  when: 'period_end',
};
const WORD = { by: 'olga', reason: 'costs rose' };
const SALE: Sale = { version: 'v1', monthlyPriceCents: 2900, includedTokens: 100, rates: {} };

const awaiting = previewed(openRollout(REQUEST, 7), { ...emptyPreview(), isComplete: true });
const moving = approveRollout(awaiting, WORD, 8);
const stopped = stopRollout(moving, { customer: 'bo', why: 'declined', isRefusal: true });

test.each([
  ['on the plan', {}, null],
  ['ended', { billingStatus: 'ended', isEnding: true }, 'ended'],
  ['not read from Stripe yet', { hasPeriod: false }, 'not_begun'],
  ['to end with the period', { isEnding: true, isChanging: true }, 'cancellation_waits'],
  ['to be on another plan', { isChanging: true }, 'plan_change_waits'],
])('whoever is %s is %j: %s', (_who, facts, reason) => {
  const usual = { billingStatus: 'active', hasPeriod: true, isEnding: false, isChanging: false };
  expect(leftOutReason({ ...usual, ...facts })).toBe(reason);
});

describe('what may be decided when', () => {
  const STATES: Readonly<Record<string, RolloutState>> = {
    previewing: openRollout(REQUEST, 7),
    awaiting_approval: awaiting,
    moving,
    paused: pauseRollout(moving, WORD),
    stopped,
    canceled: cancelRollout(moving, WORD),
    done: finishRollout(moving),
  };
  test.each<[RolloutDecision, readonly string[]]>([
    ['approve', ['awaiting_approval']],
    ['pause', ['moving']],
    ['resume', ['paused', 'stopped']],
    ['cancel', ['previewing', 'awaiting_approval', 'moving', 'paused', 'stopped']],
  ])('%s: %j', (decision, phases) => {
    const allowed = Object.keys(STATES).filter(
      (phase) => whyUndecidable(STATES[phase] as RolloutState, decision) === null,
    );
    expect(allowed).toEqual(phases);
  });

  test('and why not is said', () => {
    expect(whyUndecidable(awaiting, 'resume')).toBe(
      'The rollout of starter is awaiting_approval: expected paused or stopped to resume it.',
    );
  });
});

test('whoever was refused is asked again under another key, or skipped if so decided', () => {
  const again = resumeRollout(stopped, WORD);
  expect(again).toMatchObject({ phase: 'moving', cursor: '', attempt: 2, trouble: null });
  const skipped = resumeRollout(stopped, { ...WORD, skip: true });
  expect(skipped).toMatchObject({ phase: 'moving', cursor: 'bo', leftOut: { skipped: 1 } });
});

test('who was moved and has an exception can not be skipped', () => {
  const troubled = stopRollout(noteMoved(moving, 'bo'), { customer: 'bo', why: 'price_differs' });
  const resumed = resumeRollout(troubled, { ...WORD, skip: true });
  expect(resumed).toMatchObject({ cursor: 'bo', moved: 1, leftOut: {} });
});

test('a preview that fails stops it, and it goes on previewing', () => {
  const failed = stopRollout(openRollout(REQUEST, 7), { customer: null, why: 'no such version' });
  expect(resumeRollout(failed, WORD).phase).toBe('previewing');
});

test('a refusal that comes after the cancellation changes nothing', () => {
  const canceled = cancelRollout(moving, WORD);
  expect(stopRollout(canceled, { customer: 'bo', why: 'declined' })).toBe(canceled);
});

describe('whatever happens in whatever order', () => {
  type Act = (state: RolloutState) => RolloutState;
  const decided =
    (decision: RolloutDecision, act: Act): Act =>
    (state) =>
      whyUndecidable(state, decision) === null ? act(state) : state;
  const names = fc.stringMatching(/^[a-z]{1,3}$/);
  const act: fc.Arbitrary<Act> = fc.oneof(
    fc.constant(decided('approve', (state) => approveRollout(state, WORD, 8))),
    fc.constant(decided('pause', (state) => pauseRollout(state, WORD))),
    fc
      .boolean()
      .map((skip) => decided('resume', (state) => resumeRollout(state, { ...WORD, skip }))),
    fc.constant(decided('cancel', (state) => cancelRollout(state, WORD))),
    names.map(
      (customer): Act =>
        (state) =>
          stopRollout(state, { customer, why: 'x' }),
    ),
    names.map(
      (name): Act =>
        (state) =>
          state.phase === 'moving' ? noteMoved(state, name) : state,
    ),
    names.map(
      (name): Act =>
        (state) =>
          state.phase === 'moving' ? noteLeftOut(state, name, 'ended') : state,
    ),
    fc.constant(finishRollout),
    fc.constant((state: RolloutState) =>
      state.phase === 'previewing'
        ? previewed(state, { ...emptyPreview(), isComplete: true })
        : state,
    ),
  );

  test('nobody is moved before it is approved, each step has an entry, and an end is one', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
        let state = openRollout(REQUEST, 7);
        for (const next of acts) {
          const before = state;
          state = next(state);
          if (isOver(before)) expect(state.phase).toBe(before.phase);
          if (state.moved > 0) expect(state.approval).not.toBeNull();
          if (state.phase === 'stopped') expect(state.trouble).not.toBeNull();
          const isStep = state.phase !== before.phase;
          if (isStep) expect(state.entriesSoFar).toBeGreaterThan(before.entriesSoFar);
          expect([isOver(state), isWaiting(state)]).not.toEqual([true, true]);
        }
        const numbers = state.entries.map(({ number }) => number);
        expect(numbers).toEqual(numbers.map((_, at) => at + 1));
      }),
    );
  });
});

describe('the preview', () => {
  const one = (customer: string, beforeCents: number, afterCents: number): PreviewedCustomer => ({
    ...{ customer, before: SALE, beforeCents, afterCents, isRunning: customer === 'c' },
  });

  test('sums page by page, by hand', () => {
    const after = { ...SALE, version: 'v2', monthlyPriceCents: 3900 };
    const first = withPage(emptyPreview(), {
      ...{ after, next: 'b' },
      customers: [one('a', 2900, 3900), { customer: 'b', reason: 'ended' }],
    });
    expect(first).toMatchObject({ isComplete: false, cursor: 'b', customers: 1 });
    const whole = withPage(first, { after, next: null, customers: [one('c', 3200, 4500)] });
    expect(whole).toMatchObject({
      ...{ isComplete: true, cursor: 'c', customers: 2, runningOnly: 1 },
      ...{ beforeCents: 6100, afterCents: 8400, leftOut: { ended: 1 } },
    });
    expect(whole.changes.map(({ customer }) => customer)).toEqual(['c', 'a']);
    const text = rolloutDetails({ ...moving, preview: whole, moved: 1 });
    expect(text).toContain('2 customers, $61.00 → $84.00 a period (+$23.00); left out: 1 ended');
    expect(text).toContain('- c: $32.00 → $45.00');
  });

  test('of a hundred thousand customers it keeps those whose bill changes most', () => {
    const after = SALE;
    let preview = emptyPreview();
    for (let page = 0; page < 100; page += 1) {
      const customers = Array.from({ length: 50 }, (_, at) =>
        one(`n${page}-${at}`, 1000, 1000 + page * 50 + at),
      );
      preview = withPage(preview, { after, customers, next: `n${page}` });
    }
    expect(preview.changes).toHaveLength(SHOWN_MAX);
    expect(preview.changes[0]).toMatchObject({ customer: 'n99-49', afterCents: 5999 });
    expect(preview).toMatchObject({ customers: 5000, beforeCents: 5_000_000 });
  });

  test('a base price is charged as often as the subscription has it', () => {
    const terms = { planId: 'a', includedTokens: 1, lateUsage: 'write_off', rates: [] } as const;
    const priced = { ...terms, monthlyPriceCents: 500 };
    expect(timesQuantity(priced, 3)).toMatchObject({ monthlyPriceCents: 1500, baseQuantity: 3 });
    expect(timesQuantity(priced, undefined)).toBe(priced);
  });
});
