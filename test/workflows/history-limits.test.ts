/** Goal: a run ends when the server suggests it, long before the limits that end a workflow. */
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { readDevEnvironment } from '../../src/dev/environment';
import { freePort } from '../../src/dev/free-port';
import { findTemporalCli } from '../../src/dev/temporal/command-line';
import { startTemporalServer } from '../../src/dev/temporal/server';
import type { TemporalServer } from '../../src/dev/temporal/server';
import { aLine } from '../support/builders';
import { eventually } from '../support/eventually';
import { aWorld } from '../support/fake-world';
import { startHarness } from '../support/workflow-run';
import type { BillingHarness } from '../support/workflow-run';

const SUGGESTED_AFTER_EVENTS = 60;

const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-limits-'));
let server: TemporalServer;
let env: TestWorkflowEnvironment;
let harness: BillingHarness;
beforeAll(async () => {
  server = await startTemporalServer({
    cli: await findTemporalCli(readDevEnvironment(), () => undefined),
    port: await freePort(),
    logFile: join(folder, 'temporal.log'),
    dynamicConfig: {
      'limit.historyCount.suggestContinueAsNew': String(SUGGESTED_AFTER_EVENTS),
    },
  });
  env = await TestWorkflowEnvironment.createFromExistingServer({ address: server.address });
  harness = await startHarness(env);
});
afterAll(async () => {
  await harness.stop();
  await env.teardown();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

test('the server’s suggestion ends the run, whatever number of signals it may have had', async () => {
  const world = aWorld();
  await harness.billing(world, async (run) => {
    for (let count = 0; count < 40; count += 1) await run.usage(world.seal(aLine(10_000)));
    await run.until(
      ({ periods }) => periods[0]?.rates.overage_standard?.reportedTokens === 300_000,
    );
    const query = `WorkflowId = "${run.handle.workflowId}"`;
    const runs = await eventually(
      async () => {
        const found = [];
        for await (const { historyLength } of env.client.workflow.list({ query }))
          found.push(historyLength);
        return found;
      },
      (found) => found.length > 1,
    );
    // Room for what was under way when the suggestion came.
    for (const events of runs) expect(events).toBeLessThan(2 * SUGGESTED_AFTER_EVENTS);
  });
});
