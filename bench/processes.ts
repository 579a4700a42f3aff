/** The programs that a run of the benchmark starts besides the API and the worker. */
import type { AddressInfo } from 'node:net';
import express from 'express';
import { loadConfig } from '../src/config';
import { leaveAfter, sayReady, untilStopped } from '../src/cli/terminal/until-stopped';
import { startPipeline } from '../src/ingest/pipeline';
import { createServices } from '../src/processes/services';

const GRACE_MS = 10_000;

export async function runProcess(name: string): Promise<void> {
  if (name === 'express') return bareExpress();
  if (name === 'sealing') return sealing();
  throw new Error(`The benchmark has no process "${name}": use express or sealing.`);
}

/** What any Express API costs before it does anything: a JSON body in, a JSON answer out. */
async function bareExpress(): Promise<void> {
  const { HOST, PORT } = loadConfig();
  const app = express();
  app.use(express.json());
  app.post('/v1/usage', (request, response) => {
    const { id } = request.body as { id: string };
    const results = [{ index: 0, id, status: 'accepted' }];
    response.status(202).json({ accepted: 1, duplicates: 0, rejected: 0, results });
  });
  const server = app.listen(PORT, HOST);
  await new Promise((listening) => server.once('listening', listening));
  console.log(`bare Express on ${(server.address() as AddressInfo).port}`);
  sayReady();
  await untilStopped();
  process.exit(0);
}

/**
 * The pipeline as in production, but what it forwards is dropped: in production Temporal has its
 * own machine, and here it would take the cores of what is measured.
 */
async function sealing(): Promise<void> {
  const services = await createServices(loadConfig());
  const dropped = async () => undefined;
  const pipeline = startPipeline({
    ...services,
    signals: { signalUsage: dropped, signalStripeEvent: dropped },
    takeReportWaitMs: () => undefined,
    readMeterErrors: async () => null,
    readChargeCustomer: async () => null,
    adoptSubscription: async () => null,
    readAccount: async () => null,
    vendorChanged: async () => undefined,
    deliverer: { deliverDue: async () => 0, untilIdle: dropped },
  });
  sayReady();
  await untilStopped();
  leaveAfter(GRACE_MS);
  await pipeline.stop();
  await services.close();
  process.exit(0);
}
