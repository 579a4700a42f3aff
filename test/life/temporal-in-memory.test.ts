/** Goal: what takes Temporal's place in lives ends a run as Temporal's server does. */
import { TemporalInMemory } from './temporal-in-memory';
import { workflowModule } from './workflow-module';

const { condition, continueAsNew, proxyActivities, setHandler, sleep, startChild } = workflowModule;
const MINUTE = 60_000;

const acting = () => proxyActivities({}) as { note: (what: string) => Promise<unknown> };

function play(workflow: (input: unknown) => Promise<unknown>) {
  const noted: string[] = [];
  const note = async (what: string) => void noted.push(what);
  const child = async () => note('child');
  const temporal = new TemporalInMemory({ workflow, child }, { note } as never, 0);
  temporal.start('workflow', 'one', { run: 1 });
  return { temporal, noted };
}

test('a run that has continued as new does nothing more, and its updates are given up', async () => {
  const { temporal, noted } = play(async (input) => {
    const { run } = input as { run: number };
    setHandler({ name: 'ask' }, async () => {
      await sleep('10 minutes');
      return acting().note(`asked of run ${run}`);
    });
    if (run === 2) return condition(() => false);
    void sleep('10 minutes').then(() => acting().note('left over'));
    await sleep('1 minute');
    return continueAsNew({ run: 2 });
  });
  await temporal.settle();
  const asked = temporal.update('one', 'ask', 'key').catch((error: unknown) => error);
  await temporal.advanceTo(60 * MINUTE);
  expect(await asked).toMatchObject({ type: 'AcceptedUpdateCompletedWorkflow' });
  expect(noted).toEqual([]);
  void temporal.update('one', 'ask', 'key');
  await temporal.advanceTo(120 * MINUTE);
  expect(noted).toEqual(['asked of run 2']);
});

test.each([
  ['ALLOW_DUPLICATE', 2],
  ['ALLOW_DUPLICATE_FAILED_ONLY', 1],
])('one that has ended begins again with %s %i times in all', async (policy, times) => {
  const { temporal, noted } = play(async () => {
    const options = { workflowId: 'two', workflowIdReusePolicy: policy, args: [{}] as [unknown] };
    await startChild('child', options);
    await sleep('1 minute');
    await startChild('child', options).catch(() => undefined);
  });
  await temporal.advanceTo(10 * MINUTE);
  expect(noted).toHaveLength(times);
});
