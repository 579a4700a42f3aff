/** Goal: a replay of the ledger comes to what the workflow should know, without asking it. */
import fc from 'fast-check';
import { countBatches } from '../../../src/core/counting/counting';
import {
  beginReplay,
  missingBatch,
  replayBatch,
  replayedPeriod,
} from '../../../src/core/proof/replay';
import type { KnownPeriod, SealedBatch } from '../../../src/core/proof/replay';
import {
  aBatch,
  aGrant,
  aLine,
  aState,
  FEBRUARY,
  JANUARY,
  MARCH,
  someTerms,
} from '../../support/builders/builders';
import { openPeriod } from '../../../src/core/state/periods';

const january: KnownPeriod = {
  start: JANUARY,
  end: FEBRUARY,
  terms: someTerms(),
  closedAt: null,
};
const february: KnownPeriod = { ...january, start: FEBRUARY, end: MARCH };
const CLOSED_AT = FEBRUARY * 1000 + 3_600_000;

const sealed = (sequence: number, tokens: number, second = JANUARY, sealedAt = 0): SealedBatch => ({
  ...aBatch(sequence, aLine(tokens, { second })),
  sealedAt,
});
const replay = (periods: readonly KnownPeriod[], batches: readonly SealedBatch[]) =>
  batches.reduce(replayBatch, beginReplay('ada', 'active', periods));

test('what the workflow counts signal by signal, the replay counts batch by batch', () => {
  const tokens = fc.array(fc.integer({ min: 1, max: 60_000 }), { maxLength: 20 });
  const seconds = fc.constantFrom(JANUARY, FEBRUARY - 1, FEBRUARY, MARCH - 1);
  fc.assert(
    fc.property(tokens, fc.array(seconds, { minLength: 20, maxLength: 20 }), (counts, at) => {
      const batches = counts.map((count, index) => sealed(index + 1, count, at[index]));
      const periods = [january, february].map((period) => openPeriod(period, period.terms));
      const workflow = countBatches(aState({ periods }), batches);
      const again = replay([february, january], batches);
      expect(again.state.periods).toEqual(workflow.periods);
      expect(again.state.appliedSequence).toBe(workflow.appliedSequence);
    }),
  );
});

test('usage that came after its period was closed is late: recorded, not billed', () => {
  const closed = { ...january, closedAt: CLOSED_AT };
  const again = replay(
    [closed, february],
    [sealed(1, 150_000, JANUARY, CLOSED_AT), sealed(2, 1_000, JANUARY, CLOSED_AT + 1)],
  );
  expect(replayedPeriod(again, JANUARY)?.rates.overage_standard?.tokens).toBe(50_000);
  expect(again.lateTokens).toEqual({ [JANUARY]: 1_000 });
});

test('usage sealed while the final invoice was being noted is late, if the workflow had it so', () => {
  const closed = { ...january, closedAt: CLOSED_AT, countedUpTo: 1 };
  const again = replay(
    [closed, february],
    [sealed(1, 150_000), sealed(2, 1_000, JANUARY, CLOSED_AT - 60_000)],
  );
  expect(replayedPeriod(again, JANUARY)?.rates.overage_standard?.tokens).toBe(50_000);
  expect(again.lateTokens).toEqual({ [JANUARY]: 1_000 });
});

test('a batch that is not there is named, and none after it is counted', () => {
  const again = replay([january], [sealed(1, 10), sealed(3, 20)]);
  expect(missingBatch(again)).toBe(2);
  expect(replayedPeriod(again, JANUARY)?.usedTokens).toBe(10);
});

test('a batch that waits for the next period is not missing', () => {
  const again = replay([january], [sealed(1, 10), sealed(2, 20, FEBRUARY), sealed(3, 5)]);
  expect(missingBatch(again)).toBeNull();
  expect(again.state.appliedSequence).toBe(1);
});

test('a period that is open takes usage whenever it was sealed', () => {
  const again = replay([january], [sealed(1, 10, JANUARY, CLOSED_AT)]);
  expect(replayedPeriod(again, JANUARY)).toMatchObject({ usedTokens: 10, phase: 'open' });
  expect(missingBatch(again)).toBeNull();
});

test('late usage adds up, period by period, and a batch out of sequence adds none', () => {
  const closed = [january, february].map((one) => ({ ...one, closedAt: 0, countedUpTo: 0 }));
  const late = [sealed(1, 10), sealed(2, 5), sealed(3, 7, FEBRUARY), sealed(9, 100)];
  const again = replay(closed, late);
  expect(again.lateTokens).toEqual({ [JANUARY]: 15, [FEBRUARY]: 7 });
  expect(replayedPeriod(again, JANUARY)?.phase).toBe('finalized');
});

test('grants begin unused, and there are none unless they are named', () => {
  const grant = aGrant({ usedTokens: 700 });
  expect(beginReplay('ada', 'active', [january], [grant]).state.grants).toEqual([aGrant()]);
  expect(beginReplay('ada', 'active', [january]).state.grants).toEqual([]);
});
