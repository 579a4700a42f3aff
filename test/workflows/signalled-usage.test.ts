/** Goal: usage that was signalled reaches the ledger, however a run ends and whatever it is. */
import { recordUsageSignal } from '../../workflows/contract';
import { eventually } from '../support/stack/eventually';
import { aWorld } from '../support/workflows/fake-world';
import type { FakeWorld } from '../support/workflows/fake-world';
import { devServerEnvironment } from '../support/stack/temporal';
import { useBilling } from '../support/workflows/workflow-run';
import type { BillingRun } from '../support/workflows/workflow-run';

const customers = useBilling(devServerEnvironment);

const latest = (run: BillingRun) => customers.env.client.workflow.getHandle(run.handle.workflowId);
const aCall = (number: number) => ({ id: `call-${number}`, model: 'm', tokens: { input: 1 } });

async function signal(run: BillingRun, calls: number): Promise<void> {
  for (let number = 0; number < calls; number += 1)
    await latest(run).signal(recordUsageSignal, { events: [aCall(number)] });
}

const idsOf = ({ taken }: FakeWorld): string[] => [
  ...new Set(taken.map((event) => (event as { id: string }).id)),
];

test('while the ledger is down runs end, and leave what was signalled to the next one', async () => {
  const world = aWorld();
  await customers.billing(
    world,
    async (run) => {
      world.isIntakeDown = true;
      await signal(run, 7);
      await eventually(
        async () => (await latest(run).describe()).runId,
        (runId) => runId !== run.handle.firstExecutionRunId,
      );
      expect(world.taken).toEqual([]);
      world.isIntakeDown = false;
      await eventually(
        async () => idsOf(world).length,
        (count) => count === 7,
      );
    },
    { signalsPerRunMax: 5 },
  );
});

test('cancelled by hand the workflow goes on in a new run, with what was signalled and counted', async () => {
  const world = aWorld();
  await customers.billing(world, async (run) => {
    world.isIntakeDown = true;
    await signal(run, 2);
    const before = await run.state();
    await latest(run).cancel();
    const { status } = await eventually(
      () => latest(run).describe(),
      ({ runId }) => runId !== run.handle.firstExecutionRunId,
    );
    expect(status.name).toBe('RUNNING');
    world.isIntakeDown = false;
    await eventually(
      async () => idsOf(world).length,
      (count) => count === 2,
    );
    const { periods, recovering } = await run.state();
    expect(periods).toEqual(before.periods);
    expect(recovering).toBeUndefined();
  });
});

test('what is nested too deeply to be handed on is rejected, and stops nothing', async () => {
  const world = aWorld();
  await customers.billing(world, async (run) => {
    const depth = 60_000;
    const nested = `{"events":[${'['.repeat(depth)}${']'.repeat(depth)}]}`;
    const { connection, options } = customers.env.client;
    await connection.workflowService.signalWorkflowExecution({
      namespace: options.namespace,
      workflowExecution: { workflowId: run.handle.workflowId },
      signalName: recordUsageSignal.name,
      input: {
        payloads: [
          { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from(nested) },
        ],
      },
    });
    const { exceptions } = await run.until((state) => state.exceptions.length > 0);
    expect(exceptions).toMatchObject([{ kind: 'usage_rejected' }]);
    await signal(run, 1);
    await eventually(
      async () => idsOf(world),
      (ids) => ids.length === 1,
    );
  });
});
