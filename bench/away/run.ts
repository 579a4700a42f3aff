/**
 * `npm run away -- --of postgres|temporal|stripe`: a day without one of them. Nothing may be lost,
 * all is caught up with within minutes, and it was told; or it exits with 1.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { SMALL } from '../../src/cli/development/cluster';
import { away } from './away';
import type { Thing } from './outages';
import { THINGS } from './outages';
import { reportText } from './report';

interface Options {
  readonly of: Thing;
  readonly seed: number;
  readonly dir: string;
  readonly cluster?: boolean;
  readonly short?: boolean;
}

const say = (line: string) =>
  console.error(`· ${new Date().toISOString().slice(11, 19)} ${line.split('\n')[0]}`);

async function run({ of, seed, dir, cluster, short }: Options): Promise<void> {
  const name = `${of}-${seed}`;
  const report = await away({
    ...{ of, seed, say, isShort: short === true, cluster: cluster ? SMALL : undefined },
    logs: join(dir, `${name}-logs`),
  });
  await mkdir(dir, { recursive: true });
  const file = join(dir, `${name}.json`);
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`${reportText(report)}\n\nAll of it: ${file}`);
  process.exit(report.ok ? 0 : 1);
}

const number = (text: string) => Number(text);
const program = new Command('away')
  .addOption(
    new Option('--of <what>', 'what is away for a day').choices(THINGS).makeOptionMandatory(),
  )
  .option('--seed <n>', 'the same usage, and the same webhooks late', number, 1)
  .option('--dir <folder>', 'where the report goes, and logs', join('.dev', 'away'))
  .option('--cluster', 'several of each, and Temporal on the same Postgres')
  .option('--short', 'the next month is not played')
  .action(run);
program.parseAsync().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
