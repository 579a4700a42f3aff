/** Goal: whose a hold is, is told by the invoice itself, whatever a workflow remembers. */
import {
  draftsToHold,
  followDraft,
  holdMark,
  holdToLift,
  readHoldMark,
} from '../../../src/core/invoices/invoice-hold';
import { anInvoice, aPeriod, aState } from '../../support/builders/builders';
import type { PeriodPhase, HeldDraft } from '../../../src/core/state/period-state';

const HOLD = { at: 1_769_904_060_000, finalizesAt: 1_769_907_660 };
const draft = { id: 'in_feb', status: 'draft', totalCents: 2900 };
const aDraft = (phase: PeriodPhase, held?: HeldDraft) =>
  aPeriod({ phase, invoice: draft, ...(held && { held }) });

test.each([HOLD, { ...HOLD, finalizesAt: null }])('the mark says all that is needed', (hold) => {
  expect(readHoldMark(holdMark(hold))).toEqual(hold);
});

test.each([undefined, '', 'yes', '12', '12 soon'])('%j is no mark of ours', (mark) => {
  expect(readHoldMark(mark)).toBeUndefined();
});

test.each<[string, PeriodPhase, HeldDraft | undefined, object, HeldDraft | undefined, PeriodPhase]>(
  [
    ['advances', 'open', undefined, {}, undefined, 'closing'],
    ['has our mark', 'open', undefined, { autoAdvance: false, hold: HOLD }, HOLD, 'closing'],
    ['is let go by a run that ended', 'closing', HOLD, {}, undefined, 'closing'],
    [
      'was held after it had been let go',
      'reconciled',
      undefined,
      { autoAdvance: false, hold: HOLD },
      HOLD,
      'closing',
    ],
    [
      'is kept by somebody else',
      'open',
      undefined,
      { autoAdvance: false },
      { finalizesAt: null, by: 'others' },
      'closing',
    ],
    [
      'was held by release 0.1.0, without a mark',
      'closing',
      { finalizesAt: 7 },
      { autoAdvance: false },
      { finalizesAt: 7 },
      'closing',
    ],
    [
      'is about to be held',
      'closing',
      { at: 1, finalizesAt: null, isUnderWay: true },
      {},
      { at: 1, finalizesAt: null, isUnderWay: true },
      'closing',
    ],
  ],
)('a draft that %s', (_case, phase, held, read, expected, phaseAfter) => {
  const period = aDraft(phase, held);
  const state = followDraft(aState({ periods: [period] }), period, anInvoice(read));
  expect(state.periods[0]?.held).toEqual(expected);
  expect(state.periods[0]?.phase).toBe(phaseAfter);
});

test('a draft that is seen while collection is paused is kept by the pause, also afterwards', () => {
  const standing = { ...aState().standing, collectionPaused: 'keep_as_draft' };
  const period = aDraft('open');
  const kept = anInvoice({ autoAdvance: false });
  const paused = followDraft(aState({ periods: [period], standing }), period, kept);
  const [seen] = paused.periods;
  expect(seen?.held).toEqual({ finalizesAt: null, by: 'pause' });
  const over = followDraft({ ...paused, standing: aState().standing }, seen ?? period, kept);
  expect(over.periods[0]?.held).toEqual({ finalizesAt: null, by: 'pause' });
});

test.each<[string, HeldDraft | undefined, object, unknown]>([
  ['ours by its mark', undefined, { autoAdvance: false, hold: HOLD }, HOLD],
  ['of 0.1.0', { finalizesAt: 7 }, { autoAdvance: false }, { finalizesAt: 7 }],
  ['lifted already', HOLD, {}, undefined],
  ['somebody else’s', { finalizesAt: null, by: 'others' }, { autoAdvance: false }, undefined],
  ['a pause’s', { finalizesAt: null, by: 'pause' }, { autoAdvance: false }, undefined],
])('a hold that is %s', (_case, held, read, expected) => {
  expect(holdToLift(aDraft('closing', held), anInvoice(read))).toEqual(expected);
});

test.each<[PeriodPhase, HeldDraft | undefined, boolean]>([
  ['closing', undefined, true],
  ['closing', { at: 1, finalizesAt: null, isUnderWay: true }, true],
  ['closing', HOLD, false],
  ['closing', { finalizesAt: null, by: 'others' }, false],
  ['reconciled', undefined, false],
  ['finalized', undefined, false],
])('%s and held %j: to be held %s', (phase, held, isDue) => {
  const state = aState({ periods: [aDraft(phase, held)] });
  expect(draftsToHold(state).length === 1).toBe(isDue);
});
