/**
 * Goal: what dunning and payouts will rely on. A billing workflow continues as new
 * while its children live: only those started with ABANDON survive it, and report by signal.
 */
import { randomUUID } from 'node:crypto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { eventually } from '../support/stack/eventually';
import { finish, parent } from '../support/workflows/parent-and-child';
import type { ParentInput } from '../support/workflows/parent-and-child';
import '../support/stack/quiet-temporal';
import { devServerEnvironment } from '../support/stack/temporal';

let env: TestWorkflowEnvironment;
let worker: Worker;
let running: Promise<void>;
const taskQueue = `children-${randomUUID()}`;
beforeAll(async () => {
  env = await devServerEnvironment();
  worker = await Worker.create({
    connection: env.nativeConnection,
    namespace: env.client.options.namespace,
    taskQueue,
    workflowBundle: await bundleWorkflowCode({
      workflowsPath: require.resolve('../support/workflows/parent-and-child'),
      logger: new DefaultLogger('ERROR'),
    }),
  });
  running = worker.run();
});
afterAll(async () => {
  worker.shutdown();
  await running;
  await env.teardown();
});

/** The parent in its second run, and its child. */
async function startParent(parentClosePolicy: ParentInput['parentClosePolicy']) {
  const id = randomUUID();
  const input: ParentInput = { childId: `child:${id}`, parentClosePolicy };
  const { firstExecutionRunId, workflowId } = await env.client.workflow.start(parent, {
    workflowId: `parent:${id}`,
    taskQueue,
    args: [input],
  });
  const handle = env.client.workflow.getHandle(workflowId);
  await eventually(
    () => handle.describe(),
    ({ runId }) => runId !== firstExecutionRunId,
  );
  return { handle, child: env.client.workflow.getHandle(input.childId) };
}

test('a child started with ABANDON survives the continue-as-new and reports to the next run', async () => {
  const { handle, child } = await startParent('ABANDON');
  expect((await child.describe()).status.name).toBe('RUNNING');
  await child.signal(finish);
  expect(await handle.result()).toBe('recovered');
});

test('a child started with the default policy is terminated by the continue-as-new', async () => {
  const { handle, child } = await startParent('TERMINATE');
  const { status } = await eventually(
    () => child.describe(),
    (description) => description.status.name !== 'RUNNING',
  );
  expect(status.name).toBe('TERMINATED');
  await handle.terminate('the test is over');
});
