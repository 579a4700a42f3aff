/**
 * Goal: what the API shows of a period is what came last, whatever order the database was written
 * in: a report's figures, and a record of the periods that was under way with older ones.
 */
import type { RecordPeriodsRequest } from '../../activities/periods';
import { aLine } from '../support/builders/builders';
import { eventually } from '../support/stack/eventually';
import { devServerEnvironment } from '../support/stack/temporal';
import { aWorld } from '../support/workflows/fake-world';
import type { FakeWorld } from '../support/workflows/fake-world';
import { useBilling } from '../support/workflows/workflow-run';

const customers = useBilling(devServerEnvironment);

/** As it is, but a record of the periods is written once it is let through. */
function slowlyRecorded() {
  const world = aWorld();
  const real = world.activities;
  const waiting: (() => void)[] = [];
  const slow = { isNow: false };
  const recordPeriods = async (request: RecordPeriodsRequest) => {
    if (slow.isNow) await new Promise<void>((through) => waiting.push(through));
    return real.recordPeriods(request);
  };
  Object.defineProperty(world, 'activities', { value: { ...real, recordPeriods } });
  return { world, waiting, slow };
}

const reportedTokens = ({ recorded }: FakeWorld): number | undefined =>
  recorded.at(-1)?.periods[0]?.statement.rates.find(({ rateId }) => rateId === 'overage_standard')
    ?.reportedTokens;

test('a record of the periods that comes after a report it knows nothing of is made once more', async () => {
  const { world, waiting, slow } = slowlyRecorded();
  await customers.billing(world, async (run) => {
    await eventually(
      () => world.recorded.length,
      (records) => records > 0,
    );
    slow.isNow = true;
    world.subscription = { ...world.subscription, status: 'past_due' };
    await run.hint('customer.subscription.updated', 'sub_ada');
    await eventually(
      () => waiting.length,
      (records) => records === 1,
    );
    await run.usage(world.seal(aLine(150_000)));
    await run.until(({ periods }) => periods[0]?.rates.overage_standard?.reportedTokens === 50_000);
    slow.isNow = false;
    waiting.forEach((through) => through());
    await eventually(
      () => reportedTokens(world),
      (tokens) => tokens === 50_000,
    );
  });
});
