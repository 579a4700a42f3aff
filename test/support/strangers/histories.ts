/** What Temporal keeps of each workflow, as it lies there. */
import { Client, Connection } from '@temporalio/client';
import { temporal } from '@temporalio/proto';

/** By the workflow's id and run: its history and what can be searched, as text. */
export async function historiesOf(stack: {
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
}): Promise<Record<string, string>> {
  const connection = await Connection.connect({ address: stack.temporalAddress });
  try {
    const client = new Client({ connection, namespace: stack.temporalNamespace });
    const histories: Record<string, string> = {};
    for await (const { workflowId, runId, raw } of client.workflow.list()) {
      const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      const bytes = temporal.api.history.v1.History.encode(history).finish();
      const shown = JSON.stringify([raw.memo, raw.searchAttributes]);
      histories[`${workflowId} ${runId}`] = Buffer.from(bytes).toString('latin1') + shown;
    }
    return histories;
  } finally {
    await connection.close();
  }
}
