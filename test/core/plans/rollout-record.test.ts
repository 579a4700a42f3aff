/** Goal: each step of a rollout is on record with its figures, and operators read where it is. */
import {
  approveRollout,
  cancelRollout,
  finishRollout,
  isOver,
  isWaiting,
  notedWell,
  noteLeftOut,
  noteMoved,
  openRollout,
  pauseRollout,
  previewed,
  resumeRollout,
  stopRollout,
  withoutEntry,
} from '../../../src/core/plans/rollout';
import type { RolloutRequest, RolloutState } from '../../../src/core/plans/rollout';
import { emptyPreview, saleOf, SHOWN_MAX, withPage } from '../../../src/core/plans/rollout-preview';
import type { PreviewedCustomer, Sale } from '../../../src/core/plans/rollout-preview';
import {
  countsText,
  revenueText,
  rolloutDetails,
  saleText,
} from '../../../src/core/plans/rollout-details';
import { someTerms } from '../../support/builders/builders';

const ASKED = { planId: 'starter', version: 'v2', when: 'period_end', batch: 2 } as const;
const REQUEST: RolloutRequest = { ...ASKED, currency: 'usd' };
const WORD = { by: 'olga', reason: 'costs rose' };
const SALE: Sale = { version: 'v1', monthlyPriceCents: 2900, includedTokens: 100, rates: {} };
const REVENUE = {
  ...{ customers: 3, beforeCents: 8700, afterCents: 8100, runningOnly: 1 },
  ...{ leftOut: { ended: 2 }, after: SALE },
};
const opened = () => openRollout(REQUEST, 7);
const awaiting = () => previewed(opened(), { ...emptyPreview(), ...REVENUE, isComplete: true });
const moving = () => approveRollout(awaiting(), WORD, 8);
const TROUBLE = { customer: 'bo', why: 'declined', isRefusal: true } as const;
const stopped = () => stopRollout(moving(), TROUBLE);
const lastEntry = ({ entries }: RolloutState) => entries.at(-1);

test('it begins with nothing done', () => {
  expect(opened()).toEqual({
    ...{ ...REQUEST, startedAt: 7, phase: 'previewing', resumesIn: 'previewing' },
    ...{ approval: null, cursor: '', moved: 0, lately: [], leftOut: {}, trouble: null },
    ...{ attempt: 1, entries: [], entriesSoFar: 0 },
    preview: {
      ...{ isComplete: false, cursor: '', after: null, customers: 0, beforeCents: 0 },
      ...{ afterCents: 0, runningOnly: 0, leftOut: {}, changes: [], leftOutNames: [] },
    },
  });
});

test.each<[string, () => RolloutState, string, object]>([
  ['the preview', awaiting, 'rollout_previewed', { ...ASKED, ...REVENUE }],
  ['the approval', moving, 'rollout_approved', { ...ASKED, ...WORD }],
  ['a pause', () => pauseRollout(moving(), WORD), 'rollout_paused', WORD],
  ['a stop', stopped, 'rollout_stopped', TROUBLE],
  ['going on', () => resumeRollout(stopped(), WORD), 'rollout_resumed', WORD],
  [
    'going on without whom it was refused for',
    () => resumeRollout(stopped(), { ...WORD, skip: true }),
    'rollout_resumed',
    { ...WORD, skipped: 'bo' },
  ],
  [
    'a cancellation',
    () => cancelRollout(noteMoved(moving(), 'ada'), WORD),
    'rollout_canceled',
    { ...WORD, moved: 1, leftOut: {} },
  ],
  [
    'whom it leaves out',
    () => noteLeftOut(moving(), 'bo', 'ended'),
    'rollout_left_out',
    { customer: 'bo', reason: 'ended' },
  ],
  [
    'the end',
    () => finishRollout(noteLeftOut(moving(), 'bo', 'ended')),
    'rollout_done',
    { moved: 0, leftOut: { ended: 1 } },
  ],
])('on record is %s', (_case, state, kind, detail) => {
  expect(lastEntry(state())).toEqual({ number: state().entriesSoFar, kind, detail });
});

test('entries are numbered, kept until they are written, and taken away one by one', () => {
  const numbers = ({ entries }: RolloutState) => entries.map(({ number }) => number);
  expect(numbers(stopped())).toEqual([1, 2, 3]);
  expect(numbers(withoutEntry(stopped(), 2))).toEqual([1, 3]);
  expect(withoutEntry(stopped(), 2)).toMatchObject({ phase: 'stopped', entriesSoFar: 3 });
});

test('a preview that is not complete waits for nobody, and is not on record', () => {
  const state = previewed(opened(), { ...emptyPreview(), customers: 1 });
  expect(state).toMatchObject({ phase: 'previewing', entries: [], preview: { customers: 1 } });
});

test('a preview that is made again while it moves leaves it moving', () => {
  const again = previewed(moving(), { ...emptyPreview(), isComplete: true });
  expect(again.phase).toBe('moving');
  expect(awaiting().phase).toBe('awaiting_approval');
});

test('who approved it, and when, is known', () => {
  expect(moving()).toMatchObject({ approval: { ...WORD, at: 8 }, resumesIn: 'moving' });
});

test.each<[string, () => RolloutState, boolean, boolean]>([
  ['previewing', opened, false, false],
  ['awaiting_approval', awaiting, true, false],
  ['moving', moving, false, false],
  ['paused', () => pauseRollout(moving(), WORD), true, false],
  ['stopped', stopped, true, false],
  ['done', () => finishRollout(moving()), false, true],
  ['canceled', () => cancelRollout(moving(), WORD), false, true],
])('%s: it waits for somebody or is over', (phase, state, waits, over) => {
  expect([state().phase, isWaiting(state()), isOver(state())]).toEqual([phase, waits, over]);
});

test('what is over is not stopped, and what does not move is not finished', () => {
  const done = finishRollout(moving());
  expect(stopRollout(done, TROUBLE)).toBe(done);
  const state = stopped();
  expect(finishRollout(state)).toBe(state);
});

test('a failure that is no customer’s can’t be skipped', () => {
  const failed = stopRollout(moving(), { customer: null, why: 'no answer', isRefusal: true });
  const resumed = resumeRollout(failed, { ...WORD, skip: true });
  expect(resumed).toMatchObject({ cursor: '', leftOut: {} });
  expect(lastEntry(resumed)?.detail).toEqual(WORD);
});

test('those who were moved lately are forgotten once it was looked at them', () => {
  const two = noteMoved(noteMoved(moving(), 'ada'), 'bo');
  expect(two).toMatchObject({ cursor: 'bo', moved: 2, lately: ['ada', 'bo'] });
  expect(notedWell(two)).toEqual({ ...two, lately: [] });
});

test('those left out are counted by reason', () => {
  const state = noteLeftOut(noteLeftOut(moving(), 'ada', 'ended'), 'bo', 'ended');
  expect(state).toMatchObject({ cursor: 'bo', leftOut: { ended: 2 }, entriesSoFar: 4 });
});

describe('the preview', () => {
  const one = (customer: string, beforeCents: number, afterCents: number): PreviewedCustomer => ({
    ...{ customer, before: SALE, beforeCents, afterCents, isRunning: false },
  });

  test('names the largest changes first, up or down, and of equal ones by customer', () => {
    const customers = [one('b', 100, 200), one('d', 900, 700), one('c', 5, 105), one('a', 9, 109)];
    const { changes } = withPage(emptyPreview(), { after: SALE, next: null, customers });
    expect(changes.map(({ customer }) => customer)).toEqual(['d', 'a', 'b', 'c']);
  });

  test('names forty of those left out, and counts all', () => {
    const customers = Array.from({ length: 45 }, (_, at) => ({
      ...{ customer: `n${at}`, reason: 'ended' as const },
    }));
    const preview = withPage(emptyPreview(), { after: SALE, next: null, customers });
    expect(preview.leftOut).toEqual({ ended: 45 });
    expect(preview.leftOutNames).toEqual(customers.slice(0, SHOWN_MAX));
  });

  test('that ends with an empty page stays where it was', () => {
    const page = { after: SALE, next: null, customers: [] };
    expect(withPage({ ...emptyPreview(), cursor: 'm' }, page)).toMatchObject({
      ...{ cursor: 'm', isComplete: true },
    });
  });

  test('shows a sale by its figures', () => {
    expect(saleOf(someTerms({ catalogVersion: 'v1' }))).toEqual({
      ...{ version: 'v1', monthlyPriceCents: 2900, includedTokens: 100_000 },
      rates: { overage_standard: '3.00' },
    });
    expect(saleOf(someTerms()).version).toBeNull();
  });
});

describe('operators read', () => {
  test('of one that was stopped all that is known', () => {
    const moved = noteLeftOut(noteMoved(moving(), 'ada'), 'cy', 'ended');
    const changes = [
      { ...{ customer: 'ada', before: SALE, isRunning: false }, beforeCents: 100, afterCents: 90 },
    ];
    const state = stopRollout({ ...moved, preview: { ...moved.preview, changes } }, TROUBLE);
    expect(rolloutDetails(state)).toBe(
      [
        '**starter** to catalog version **v2**, with the next period: **stopped**',
        '**Stopped** bo: declined',
        '3 customers, $87.00 → $81.00 a period (−$6.00); left out: 2 ended',
        'Approved by olga: costs rose',
        '1 moved; left out: 1 ended',
        '- ada: $1.00 → $0.90',
      ].join('\n\n'),
    );
  });

  test('of one that has just begun that nothing is known', () => {
    expect(rolloutDetails({ ...opened(), when: 'now' })).toBe(
      '**starter** to catalog version **v2**, at once: **previewing**\n\n' +
        '0 customers so far, $0.00 → $0.00 a period (+$0.00)',
    );
    const failed = stopRollout(opened(), { customer: null, why: 'no such version' });
    expect(rolloutDetails(failed)).toContain('\n\n**Stopped** : no such version\n\n');
  });

  test('counts by reason, or nothing', () => {
    expect(countsText({ ended: 2, skipped: 1 })).toBe('; left out: 2 ended, 1 skipped');
    expect(countsText({})).toBe('');
    expect(revenueText({ ...emptyPreview(), isComplete: true }, 'usd')).toBe(
      '0 customers, $0.00 → $0.00 a period (+$0.00)',
    );
  });

  test('of a sale its price, tokens and rates', () => {
    expect(saleText({ ...SALE, includedTokens: 100_000 }, 'usd')).toBe('$29.00 · 100,000 tokens');
    const rates = { standard: '3.00', premium: '40.00' };
    expect(saleText({ ...SALE, includedTokens: null, rates }, 'usd')).toBe(
      '$29.00 · unlimited tokens · standard 3.00, premium 40.00',
    );
  });
});
