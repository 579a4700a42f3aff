/** `tollkeeper api`: the HTTP API until it is stopped. */
import { connectionsOf, runApi } from '../processes/api';
import { loadConfig } from '../config';
import { createServices } from '../processes/services';
import { leaveAfter, sayReady, untilStopped } from './terminal/until-stopped';

const GRACE_MS = 15_000;

export async function api(): Promise<void> {
  const config = loadConfig();
  const { ingest, others } = connectionsOf(config);
  const services = await createServices({ ...config, DATABASE_POOL_SIZE: others });
  const runningApi = await runApi(services, ingest);
  services.log.info({ url: runningApi.url }, 'API is listening');
  sayReady();
  await untilStopped();
  leaveAfter(GRACE_MS);
  await runningApi.close();
  await services.close();
  process.exit(0);
}
