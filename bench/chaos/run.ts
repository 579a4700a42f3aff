/**
 * `npm run chaos -- --seed N --minutes M`: a cluster under load, on which everything is broken that
 * can be, by chance that can be played again. In the end all books agree, or it exits with 1.
 */
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { SMALL, WHOLE } from '../../src/cli/development/cluster';
import { drill } from './drill';
import { reportText } from './report';
import type { Stage } from './stage';

interface Options {
  readonly seed: number;
  readonly minutes: number;
  readonly dir: string;
  readonly small?: boolean;
  readonly stay?: boolean;
}

/**
 * With the time, by which it is found in the logs. A process that could not be started again is
 * told with the end of its log: that is kept there.
 */
const say = (line: string) =>
  console.error(`· ${new Date().toISOString().slice(11, 19)} ${line.split('\n')[0]}`);

/** Somebody may look at what is not right, while it still runs. */
async function stay({ info }: Stage): Promise<void> {
  console.error(JSON.stringify(info, null, 2));
  say('It stays until SIGUSR2 comes');
  await once(process, 'SIGUSR2');
}

async function run({ seed, minutes, dir, small, ...options }: Options): Promise<void> {
  const report = await drill({
    ...{ seed, minutes, say, cluster: small ? SMALL : WHOLE },
    logs: join(dir, `seed-${seed}-logs`),
    ...(options.stay && { look: stay }),
  });
  await mkdir(dir, { recursive: true });
  const file = join(dir, `seed-${seed}.json`);
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`${reportText(report)}\n\nAll of it: ${file}`);
  process.exit(report.ok ? 0 : 1);
}

const number = (text: string) => Number(text);
const program = new Command('chaos')
  .option('--seed <n>', 'the same faults in the same order', number, 1)
  .option('--minutes <m>', 'for how long things are broken', number, 3)
  .option('--dir <folder>', 'where the report goes, and logs', join('.dev', 'chaos'))
  .option('--small', 'the least in which another one takes over')
  .option('--stay', 'unless all is right, the cluster stays until SIGUSR2')
  .action(run);
program.parseAsync().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
