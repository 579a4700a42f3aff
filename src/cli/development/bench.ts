/** `tollkeeper bench`: what this machine can take, as ratios; non-zero only when usage was lost. */
import { writeFile } from 'node:fs/promises';

export async function bench(options: { json?: string; process?: string }): Promise<void> {
  if (options.process !== undefined) {
    await (await import('../../../bench/processes.js')).runProcess(options.process);
    return;
  }
  const interrupted = () => process.exit(130);
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  const { runBench } = await import('../../../bench/bench.js');
  const { table, figures } = await runBench((line) => console.error(`· ${line}`));
  if (options.json !== undefined) {
    await writeFile(options.json, `${JSON.stringify(figures, null, 2)}\n`);
  }
  console.log(table);
  process.exit(0);
}
