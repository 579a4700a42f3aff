/** `tollkeeper api`: the HTTP API until it is stopped. */
import type { Logger } from 'pino';
import type { RunningApi } from '../api/listen';
import { loadApiConfig, takesUsageAlone } from '../config';
import { leaveAfter, sayReady, untilStopped } from './terminal/until-stopped';

const GRACE_MS = 15_000;

export async function api(): Promise<void> {
  const { log, url, close } = await start();
  log.info({ url }, 'API is listening');
  sayReady();
  await untilStopped();
  leaveAfter(GRACE_MS);
  await close();
  process.exit(0);
}

type LoggingApi = RunningApi & { readonly log: Logger };

/** One that takes usage alone loads nothing of the other. */
async function start(): Promise<LoggingApi> {
  const config = loadApiConfig();
  if (takesUsageAlone(config)) {
    const { runUsageApi } = await import('../processes/usage-api.js');
    return runUsageApi(config);
  }
  const { connectionsOf, runApi } = await import('../processes/api.js');
  const { createServices } = await import('../processes/services.js');
  const { ingest, others } = connectionsOf(config);
  const services = await createServices({ ...config, DATABASE_POOL_SIZE: others });
  const { url, close } = await runApi(services, ingest);
  return {
    ...{ url, log: services.log },
    close: async () => {
      await close();
      await services.close();
    },
  };
}
