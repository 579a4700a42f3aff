/** `tollkeeper worker`: workflows, activities and the pipeline until it is stopped. */
import { loadConfig } from '../config';
import { createServices } from '../processes/services';
import { runWorker } from '../processes/worker';
import { leaveAfter, sayReady, untilStopped } from './terminal/until-stopped';

const GRACE_MS = 20_000;

export async function worker(): Promise<void> {
  const services = await createServices(loadConfig());
  const runningWorker = await runWorker(services);
  services.log.info('worker is running');
  sayReady();
  // A worker that ends by itself has failed: its error is the command's.
  await Promise.race([untilStopped(), runningWorker.stopped]);
  leaveAfter(GRACE_MS);
  await runningWorker.stop();
  await services.close();
  process.exit(0);
}
