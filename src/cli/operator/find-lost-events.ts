/** `tollkeeper reconcile --now`: the daily reconciliation with Stripe, by command. */
import { runReconciliation } from '../reconciliation-schedule';
import type { ReconciliationRun } from '../reconciliation-schedule';
import { asOperator, plainList, print } from './operator';
import type { OutputOptions } from './operator';

export interface ReconcileArguments extends OutputOptions {
  /** Seconds. */
  readonly wait: number;
  readonly now?: boolean;
}

export async function reconcileNow(options: OutputOptions): Promise<void> {
  await asOperator(async ({ temporal }) => {
    print(await runReconciliation(temporal), reconciliationRunText, options);
  });
}

export function reconciliationRunText(run: ReconciliationRun): string {
  const recovered = Object.entries(run.eventsRecovered);
  const total = recovered.reduce((sum, [, count]) => sum + count, 0);
  return plainList([
    ['events read', String(run.eventsRead)],
    ['recovered', [total, ...recovered.map(([type, count]) => `${type}: ${count}`)].join(', ')],
    ['customers hinted', [run.customersHinted, ...run.customers].join(', ')],
    ['not listed', run.unlisted.map(({ customer, reason }) => `${customer}: ${reason}`).join(', ')],
  ]);
}
