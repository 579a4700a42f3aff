/** `tollkeeper codec-server`: decrypts for the Temporal UI until it is stopped. */
import { loadCodecServerConfig } from '../config';
import { startCodecServer } from '../processes/codec-server';
import { leaveAfter, sayReady, untilStopped } from './terminal/until-stopped';

const GRACE_MS = 5_000;

export async function codecServer(options: { port: number }): Promise<void> {
  const config = loadCodecServerConfig();
  const server = await startCodecServer(config, options);
  console.log(`The codec server listens on ${config.HOST}, port ${options.port}.`);
  sayReady();
  await untilStopped();
  leaveAfter(GRACE_MS);
  await new Promise<void>((closed) => {
    server.close(() => closed());
    server.closeIdleConnections();
  });
  process.exit(0);
}
