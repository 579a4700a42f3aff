/** Writes the histories of a workflow's runs where replay.test.ts finds them. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { eventually } from '../support/stack/eventually';

const { version } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8')) as {
  version: string;
};

/** One file for each run, oldest first. */
export async function recordHistory(
  { client }: TestWorkflowEnvironment,
  of: {
    readonly name: string;
    readonly workflowId: string;
    readonly runs: number;
    /** Whose code it was; absent: of now. */
    readonly release?: string;
  },
): Promise<void> {
  const { name, workflowId, release = version } = of;
  const query = `WorkflowId = "${workflowId}"`;
  const runIds = async () => {
    const ids: string[] = [];
    for await (const { runId } of client.workflow.list({ query })) ids.unshift(runId);
    return ids;
  };
  const runs = await eventually(runIds, ({ length }) => length >= of.runs);
  // The last run may have been begun a moment ago: an empty history proves nothing.
  const latest = client.workflow.getHandle(workflowId, runs.at(-1));
  await eventually(
    async () => (await latest.describe()).historyLength,
    (length) => length > 3,
  );
  for (const [at, runId] of runs.entries()) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const file = join(__dirname, 'histories', `${release}-${name}-${at + 1}.json`);
    await writeFile(file, historyToJSON(history));
  }
}
