/** `tollkeeper import list`: how each import stands. */
import { grouped } from '../../core/grouped';
import { listImports } from '../../db/imports';
import type { ImportRow } from '../../db/imports';
import { asOperator, minute, plainTable, print } from '../operator/operator';
import type { OutputOptions } from '../operator/operator';

export async function importList(options: OutputOptions): Promise<void> {
  await asOperator(async ({ pool }) => {
    const phases = ['refused', 'observed', 'waiting', 'billed'] as const;
    print(await listImports(pool, phases), listText, options);
  });
}

export function listText(rows: readonly ImportRow[]): string {
  if (rows.length === 0) return 'Nothing was imported.';
  const table = plainTable(
    ['subscription', 'customer', 'plan', 'phase', 'billed from', 'refused because'],
    rows.map(({ subscription, customer, plan, phase, billsFrom, refusal }) => [
      ...[subscription, customer, plan, phase],
      billsFrom === null ? '' : minute(billsFrom.toISOString()),
      refusal ?? '',
    ]),
    6,
  );
  return `${table}\n${grouped(rows.length)} imports.`;
}
