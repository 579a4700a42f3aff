/** What the development server makes at its start: a namespace, and what our workflows write. */
import { setTimeout as pause } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { isServing, SEARCH_ATTRIBUTES } from '../server';

const LIMIT_MS = 90_000;
const POLL_MS = 200;
/** Temporal takes a number where its type says Long. */
const RETENTION = { seconds: (3 * 24 * 3600) as never };
/** Temporal's own codes of IndexedValueType. */
const typeOf = (kind: string): number => (kind === 'Datetime' ? 6 : 2);

export async function registerNamespace(address: string, namespace: string): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  // Hosts that have only just begun do not know each other yet.
  for (;;) {
    const failure = await tryToRegister(address, namespace).catch((error: unknown) => error);
    if (failure === undefined) return;
    if (Date.now() > deadline)
      throw new Error(`The namespace ${namespace} could not be made: ${String(failure)}`);
    await pause(POLL_MS);
  }
}

/** Undefined: it is there, and may be used. */
async function tryToRegister(address: string, namespace: string): Promise<string | undefined> {
  const connection = await Connection.connect({ address, connectTimeout: LIMIT_MS });
  const { workflowService, operatorService } = connection;
  try {
    return await connection.withDeadline(Date.now() + LIMIT_MS, async () => {
      if (!(await isServing(address, namespace))) {
        await workflowService.registerNamespace({
          ...{ namespace, workflowExecutionRetentionPeriod: RETENTION },
        });
      }
      const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
      const missing = Object.entries(SEARCH_ATTRIBUTES).filter(
        ([name]) => !customAttributes?.[name],
      );
      if (missing.length === 0) return undefined;
      await operatorService.addSearchAttributes({
        namespace,
        searchAttributes: Object.fromEntries(missing.map(([name, kind]) => [name, typeOf(kind)])),
      });
      return 'its search attributes are not seen yet';
    });
  } finally {
    await connection.close();
  }
}
