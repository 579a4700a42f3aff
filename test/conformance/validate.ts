/** By hand: `npx tsx test/conformance/validate.ts FOLDER` checks the recordings in a folder. */
import { readDevEnvironment } from '../../src/dev/environment';
import { findStripeDescription } from '../../src/dev/stripe-mock';
import { readRecordings } from './recordings';
import { readStripeDescription } from './stripe-description';
import { validate } from './validation';

const say = (line: string) => void process.stdout.write(`${line}\n`);

async function run(folder: string): Promise<void> {
  const file = await findStripeDescription(readDevEnvironment(), say);
  const entries = readRecordings(folder);
  const { answers, webhooks, undescribed, faults } = await validate(
    readStripeDescription(file),
    entries,
  );
  for (const [call, times] of undescribed) say(`not described: ${call} (${times}×)`);
  for (const [fault, times] of faults) say(`✗ ${fault} (${times}×)`);
  say(`${answers} answers, ${webhooks} webhooks, ${faults.size} distinct faults`);
  process.exitCode = faults.size === 0 ? 0 : 1;
}

void run(process.argv[2] ?? '');
