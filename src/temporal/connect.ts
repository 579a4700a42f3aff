/** Connections to Temporal, and the search attributes that our workflows write. */
import { Client, Connection } from '@temporalio/client';
import type { ClientInterceptors } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';
import type { Config } from '../config';
import { dataConverter } from './data-converter';

/** Temporal's own codes of IndexedValueType. */
const KEYWORD = 2;
const DATETIME = 6;

export const SEARCH_ATTRIBUTES: Readonly<Record<string, number>> = {
  CustomerId: KEYWORD,
  PlanId: KEYWORD,
  BillingStatus: KEYWORD,
  PeriodEnd: DATETIME,
  DunningStep: KEYWORD,
  OpenException: KEYWORD,
};

/** How no run of ours ends by itself: a bug waits as a failed task. */
export const ENDED_BY_OTHERS = ['Failed', 'TimedOut', 'Terminated', 'Canceled'] as const;

/**
 * Address and namespace from our Config; TLS, API key and profile as Temporal's own tools read
 * them.
 */
function connectConfig(config: Config) {
  const { connectionOptions } = loadClientConnectConfig();
  return { ...connectionOptions, address: config.TEMPORAL_ADDRESS };
}

export async function connectTemporal(
  config: Config,
  interceptors?: ClientInterceptors,
): Promise<Client> {
  // Lazy: an API that starts while Temporal is down takes usage all the same.
  const connection = Connection.lazy(connectConfig(config));
  return new Client({
    ...{ connection, namespace: config.TEMPORAL_NAMESPACE, interceptors },
    dataConverter: dataConverter(config),
  });
}

export function connectWorker(config: Config): Promise<NativeConnection> {
  return NativeConnection.connect(connectConfig(config));
}

/** Registers what is missing; an operator of a shared cluster may have done it already. */
export async function ensureSearchAttributes(client: Client): Promise<void> {
  const { operatorService } = client.connection;
  const namespace = client.options.namespace;
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  const missingAttributes = Object.entries(SEARCH_ATTRIBUTES).filter(
    ([name]) => !customAttributes?.[name],
  );
  if (missingAttributes.length === 0) return;
  await operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missingAttributes),
  });
}
