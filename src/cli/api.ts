/** `tollkeeper api`: the HTTP API until it is stopped. */
import { runApi } from '../processes/api';
import { loadConfig } from '../config';
import { createServices } from '../processes/services';
import { leaveAfter, sayReady, untilStopped } from './terminal/until-stopped';

const GRACE_MS = 15_000;

export async function api(): Promise<void> {
  const services = await createServices(loadConfig());
  const runningApi = await runApi(services);
  services.log.info({ url: runningApi.url }, 'API is listening');
  sayReady();
  await untilStopped();
  leaveAfter(GRACE_MS);
  await runningApi.close();
  await services.close();
  process.exit(0);
}
