/**
 * A sandbox as a process of its own, which whoever started it tells the time:
 * `node -r tsx/cjs test/support/imports/sandbox-run.ts FOLDER`, over a channel of Node's.
 */
import { startStripeSandbox } from '../../../src/dev/stripe-sandbox/server';

let shiftMs = 0;

async function run(recordTo: string | undefined): Promise<void> {
  const sandbox = await startStripeSandbox({ now: () => Date.now() + shiftMs, recordTo });
  process.on('message', (ms: number) => {
    shiftMs = ms;
    process.send?.({ shiftMs });
  });
  process.on('disconnect', () => void sandbox.close().then(() => process.exit()));
  process.send?.({ url: sandbox.url });
}

void run(process.argv[2]);
