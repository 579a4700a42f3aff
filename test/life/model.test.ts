/**
 * Goal: whatever happens in a life, in whatever order, each invoice that leaves is to the cent what
 * the simplest possible reckoning makes of the raw facts, and what the customer is told; one that
 * can't be is held, and an exception names it. `LIFE_SEQUENCES=20000 npx jest test/life/model`
 * plays more; a failure prints the shrunk sequence with its seed.
 */
import fc from 'fast-check';
import { DAY } from './calendar';
import { commandsOfALife } from './commands';
import { TakeOffLines } from './commands/at-stripe';
import { advance } from './commands/command';
import { Resume } from './commands/changes';
import type { Life } from './life';
import { Model } from './model';
import { aStream } from './meter-stream';
import { useStage } from './on-stage';
import { retryAll } from './operator';
import { expectBooksAsTheOracle } from './the-books';

jest.setTimeout(3_600_000 * 4);

const SEQUENCES = Number(process.env.LIFE_SEQUENCES ?? 500);
const SEED = Number(process.env.LIFE_SEED ?? 20_261_128);
const WITHOUT = (process.env.LIFE_WITHOUT ?? '').split(',');
/** Bytes of state that a run may leave to the next; Temporal takes eight times as much. */
const CARRIED_MAX = 256 * 1024;
const START = Date.UTC(2026, 0, 31, 12) / 1000;

const on = useStage();

test(`${SEQUENCES} lives: told = invoiced = reckoned, or held and named`, async () => {
  const beginnings = fc.record({
    plan: fc.constantFrom('pay_as_you_go', 'starter', 'pro'),
    trialDays: fc.oneof(
      { weight: 3, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 40 }) },
    ),
    news: fc.nat(),
    isStreamed: fc.boolean(),
    // What Stripe's word is thin about, it may do otherwise.
    beliefs: fc.record({
      trialUsage: fc.constantFrom('free', 'free', 'billed'),
      pendingUpdateUsage: fc.constantFrom('billed', 'billed', 'left'),
      draftUsage: fc.constantFrom('live', 'live', 'at_finalization'),
    }),
  });
  await fc.assert(
    fc.asyncProperty(beginnings, commandsOfALife(WITHOUT), async (begun, commands) => {
      const { beliefs, isStreamed, ...beginning } = begun;
      await on.stage.clear();
      if (isStreamed) on.stage.sendReport = aStream(on.stage);
      await on.stage.order('settings', beliefs);
      const life = await on.aLife({ ...beginning, start: START });
      const { start, end } = await life.period();
      const model = new Model(beginning.plan, start, end, beginning.trialDays !== undefined);
      await fc.asyncModelRun(() => ({ model, real: life }), commands);
      await live(model, life);
      await expectBooksAsTheOracle(model, life);
      expect(life.temporal.carriedMax).toBeLessThan(CARRIED_MAX);
    }),
    {
      ...{ numRuns: SEQUENCES, seed: SEED, endOnFailure: process.env.LIFE_SHRINK === '0' },
      ...(process.env.LIFE_PATH && { path: process.env.LIFE_PATH }),
    },
  );
});

/** Two quiet renewals: what was late is invoiced, what was open is paid. */
async function live(model: Model, life: Life): Promise<void> {
  life.troubles.end();
  await life.catchUp();
  if (model.isEnded) return advance(model, life, life.now + 2 * DAY).then(() => life.catchUp());
  // Begun again and refused, it takes no change before it has been read.
  if (life.state().billingStatus === 'pending') {
    await retryAll(life);
    await advance(model, life, life.now + 60);
  }
  for (const one of [new Resume(), new TakeOffLines()])
    if (one.check(model)) await one.run(model, life);
  await retryAll(life);
  // What is held stays so: one renewal more tells nothing new of it.
  for (let renewal = model.isEdited ? 1 : 0; renewal < 2; renewal += 1) {
    await advance(model, life, model.current.end + 2 * DAY);
    await life.catchUp();
    // What somebody kept is told of when its books agree, and let go by a decision.
    await retryAll(life);
    await advance(model, life, life.now + DAY);
    await life.catchUp();
  }
}
