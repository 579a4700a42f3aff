/**
 * `tollkeeper stripe-sandbox`: the stand-in for Stripe alone, for compose and for other programs.
 */
import { untilStopped } from './until-stopped';

export async function stripeSandbox(options: {
  port: string;
  host: string;
  data?: string;
}): Promise<void> {
  const { startStripeSandbox } = await import('../dev/stripe-sandbox/server.js');
  const sandbox = await startStripeSandbox({
    port: Number(options.port),
    host: options.host,
    dataFile: options.data,
  });
  console.log(`Stripe sandbox: ${sandbox.url} (STRIPE_API_BASE), any key sk_test_…`);
  await untilStopped();
  await sandbox.close();
}
