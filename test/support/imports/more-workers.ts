/** Workers beside the one in the test's process, as a company has that brings thousands. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Config } from '../../../src/config';

const BIN = join(__dirname, '../../../bin/tollkeeper.js');

/** They end when asked to. */
export function startMoreWorkers(config: Config, count: number): { stop(): Promise<void> } {
  const variables = Object.entries(config).flatMap(([name, value]) =>
    typeof value === 'string' || typeof value === 'number' ? [[name, String(value)]] : [],
  );
  const env = { ...process.env, ...(Object.fromEntries(variables) as Record<string, string>) };
  const workers = Array.from({ length: count }, () =>
    spawn(process.execPath, [BIN, 'worker'], { env, stdio: ['ignore', 'inherit', 'inherit'] }),
  );
  return {
    stop: async () => {
      for (const worker of workers) {
        if (worker.exitCode !== null || worker.signalCode !== null) continue;
        const exited = once(worker, 'exit');
        worker.kill('SIGTERM');
        await exited;
      }
    },
  };
}
