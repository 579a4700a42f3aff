/**
 * `tollkeeper stripe-sandbox`: the stand-in for Stripe alone, for compose and for other programs.
 */
import { ConfigError } from '../../config';
import { untilStopped } from '../terminal/until-stopped';

export interface StripeSandboxArguments {
  port: number;
  host: string;
  data?: string;
  summaryLag?: number;
  draftPause?: number;
}

export async function stripeSandbox(options: StripeSandboxArguments): Promise<void> {
  const { startStripeSandbox } = await import('../../dev/stripe-sandbox/server.js');
  const sandbox = await startStripeSandbox({
    port: options.port,
    host: options.host,
    dataFile: options.data,
    summaryLagMs: milliseconds(options.summaryLag),
    draftPauseMs: milliseconds(options.draftPause),
  }).catch(explain(options));
  console.log(`Stripe sandbox: ${sandbox.url} (STRIPE_API_BASE), any key sk_test_…`);
  console.log(`Look at it, move its clocks, order faults: ${sandbox.url}/_sandbox/`);
  console.log(options.data ? `It remembers in ${options.data}.` : 'It forgets when it stops.');
  await untilStopped();
  await sandbox.close();
}

/** What whoever started it can mend is told in a sentence. */
function explain({ host, port }: StripeSandboxArguments): (error: unknown) => never {
  return (error) => {
    const { code } = error as { code?: string };
    if (code !== 'EADDRINUSE') throw error;
    throw new ConfigError(
      `The port ${port} of ${host} is taken: stop what uses it, or choose another with --port ` +
        '(0 for any free one).',
    );
  };
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}
