/** A namespace of the dev server for a test file, so that none meets another's workflows. */
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { ensureSearchAttributes } from '../../../src/temporal/connect';

const RETENTION = { seconds: 86_400 as never };

export async function createNamespace(address: string, purpose: string): Promise<string> {
  const namespace = `${purpose}-${randomUUID().slice(0, 8)}`;
  const connection = await Connection.connect({ address });
  try {
    await connection.workflowService.registerNamespace({
      ...{ namespace, workflowExecutionRetentionPeriod: RETENTION },
    });
    await ensureSearchAttributes(new Client({ connection, namespace }));
  } finally {
    await connection.close();
  }
  return namespace;
}
