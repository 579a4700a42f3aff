/**
 * Goal: whatever happens in a life, in whatever order, each invoice equals what the simplest
 * possible reckoning makes of the raw usage. `LIFE_SEQUENCES=5000 npx jest test/life/model` plays
 * more; a failure prints the shrunk sequence with its seed.
 */
import fc from 'fast-check';
import { advance, commandsOfALife } from './commands';
import { DAY } from './calendar';
import type { Life } from './life';
import { expectInvoicesAsTheOracle, expectLateUsageAsTheOracle, Model } from './model';
import { useStage } from './on-stage';

jest.setTimeout(3_600_000);

const SEQUENCES = Number(process.env.LIFE_SEQUENCES ?? 500);
const SEED = Number(process.env.LIFE_SEED ?? 20_261_124);
const START = Date.UTC(2026, 0, 31, 12) / 1000;

const on = useStage();

test(`${SEQUENCES} lives are invoiced as the oracle reckons`, async () => {
  let played = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('pay_as_you_go', 'starter', 'pro'),
      fc.nat(),
      commandsOfALife(),
      async (plan, seed, commands) => {
        if (played % 10 === 0) await on.stage.clear();
        played += 1;
        const life = await on.aLife({ plan, start: START, news: seed });
        const { start, end } = await life.period();
        const model = new Model(plan, start, end);
        await fc.asyncModelRun(() => ({ model, real: life }), commands);
        await live(model, life);
        await expectInvoicesAsTheOracle(model, life);
        await expectLateUsageAsTheOracle(model, life);
        expect(life.state().exceptions).toEqual([]);
      },
    ),
    { numRuns: SEQUENCES, seed: SEED, endOnFailure: process.env.LIFE_SHRINK === '0' },
  );
});

/** Two quiet renewals: what was late is invoiced, what was open is paid. */
async function live(model: Model, life: Life): Promise<void> {
  life.faultsAhead = { when: 'before', times: 0 };
  await life.catchUp();
  for (let renewal = 0; renewal < 2; renewal += 1) {
    await advance(model, life, model.current.end + 2 * DAY);
    await life.catchUp();
  }
}
