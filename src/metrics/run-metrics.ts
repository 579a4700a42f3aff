/** What workflows of this worker tell of their runs, in Prometheus' format. */
import type { InjectedSinks } from '@temporalio/worker';
import { Counter, Registry } from 'prom-client';
import type { RunSinks } from '../../workflows/end-of-run';

export interface RunMetrics {
  readonly registry: Registry;
  readonly sinks: InjectedSinks<RunSinks>;
}

export function createRunMetrics(noteSignal: (waitMs: number) => void): RunMetrics {
  const registry = new Registry();
  const cutShort = new Counter({
    name: 'tollkeeper_runs_cut_short_total',
    help: 'Runs of billing that continued as new though not all of them had come to rest',
    registers: [registry],
  });
  return {
    registry,
    sinks: {
      runs: {
        cutShort: { callDuringReplay: false, fn: () => cutShort.inc() },
        usageTaken: {
          callDuringReplay: false,
          fn: (_run, sentAt) => noteSignal(Date.now() - sentAt),
        },
      },
    },
  };
}
