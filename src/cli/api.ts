/** `tollkeeper api`: the HTTP API until it is stopped. */
import { startApi } from '../api/server';
import { loadConfig } from '../config';
import { createBillingStarter } from '../ingest/temporal-signals';
import { createServices } from '../services';
import { createClocks } from '../stripe/test-clocks';
import { leaveAfter, sayReady, untilStopped } from './until-stopped';

const GRACE_MS = 15_000;

export async function api(): Promise<void> {
  const config = loadConfig();
  const services = await createServices(config);
  const running = await startApi(
    {
      ...services,
      clocks: createClocks(services.stripe),
      isTestMode: config.STRIPE_SECRET_KEY.includes('_test_'),
      startBilling: createBillingStarter(services),
    },
    { host: config.HOST, port: config.PORT },
  );
  services.log.info({ url: running.url }, 'API is listening');
  sayReady();
  await untilStopped();
  leaveAfter(GRACE_MS);
  await running.close();
  await services.close();
  process.exit(0);
}
