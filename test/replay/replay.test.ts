/**
 * Goal: code of today makes the same decisions in the same order as the code that customers'
 * running workflows were begun with. Histories are recorded by recording.ts, and those of 0.1.0's
 * own code by released-recordings.ts.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import type { ReplayWorkerOptions } from '@temporalio/worker';
import '../support/stack/quiet-temporal';

const FOLDER = join(__dirname, 'histories');
const recordings = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
const read = (file: string) =>
  historyFromJSON(JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as unknown);

async function replayFailures(options: ReplayWorkerOptions, files: readonly string[]) {
  const histories = files.map((file) => ({ workflowId: `billing:${file}`, history: read(file) }));
  const failures: string[] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories(options, histories))
    if (error) failures.push(`${workflowId}: ${error.message}`);
  return failures;
}

const ours = (): ReplayWorkerOptions => ({
  workflowBundle: { codePath: String(process.env.TEST_WORKFLOW_BUNDLE) },
});

test('a month, a refusal, notices, changes, signalled usage, dunning, payouts, long lives are recorded', () => {
  expect(recordings.some((file) => file.includes('-month-2'))).toBe(true);
  expect(recordings.some((file) => file.includes('-refused-3'))).toBe(true);
  expect(recordings.some((file) => file.includes('-thresholds-2'))).toBe(true);
  expect(recordings.some((file) => file.includes('-changes-2'))).toBe(true);
  expect(recordings.some((file) => file.includes('-signalled-2'))).toBe(true);
  expect(recordings.some((file) => file.includes('-dunning-1'))).toBe(true);
  expect(recordings.some((file) => file.includes('-payout-2'))).toBe(true);
});

test('what 0.1.0 told on, of which today’s runs tell no more, is recorded', () => {
  expect(recordings).toContain('0.1.0-unasked-1.json');
  expect(recordings).toContain('0.1.0-leaving-1.json');
});

test('every recorded history replays with today’s code', async () => {
  expect(await replayFailures(ours(), recordings)).toEqual([]);
});

test('a workflow whose commands changed is found out', async () => {
  const changed = await bundleWorkflowCode({
    workflowsPath: require.resolve('./changed-workflow'),
    logger: new DefaultLogger('ERROR'),
  });
  const failures = await replayFailures({ workflowBundle: changed }, recordings);
  expect(failures).toHaveLength(recordings.length);
});
