/**
 * What the commands of the ledger have in common: the owner's connection, one of them at a time.
 */
import type { ClientBase } from 'pg';
import { loadMigrationConfig } from '../../config';
import { partitionOfMonth } from '../../core/archive/archive-month';
import { alone, findPart } from '../../db/partitions/detach-partition';
import type { Part } from '../../db/partitions/detach-partition';
import { withPlainTexts } from '../../db/partitions/partition-rows';
import { createPool } from '../../db/pool';
import { CommandRefused } from '../terminal/refused';

/** Partitions are their owner's, who runs the migrations as well. */
export async function asOwner<T>(work: (client: ClientBase) => Promise<T>): Promise<T> {
  const pool = createPool({ connectionString: loadMigrationConfig().DATABASE_URL, max: 1 });
  try {
    const result = await alone(pool, async (client) => {
      await withPlainTexts(client);
      return { of: await work(client) };
    });
    if (result) return result.of;
    throw new CommandRefused(
      'Another command changes or reads the partitions of the ledger: wait until it is done.',
    );
  } finally {
    await pool.end();
  }
}

/** Throws CommandRefused. */
export function partitionNamed(month: string): string {
  const name = partitionOfMonth(month);
  if (name !== undefined) return name;
  throw new CommandRefused(
    `--month is ${JSON.stringify(month)}: expected a month such as 2026-01, or first.`,
  );
}

/** Throws CommandRefused if there is no such table. */
export async function requirePart(client: ClientBase, month: string): Promise<Part> {
  const name = partitionNamed(month);
  const part = await findPart(client, name);
  if (part) return part;
  throw new CommandRefused(
    `There is no partition ${name}: tollkeeper ledger list names those that there are.`,
  );
}

export const refuseFor = (what: string, reasons: readonly string[]): void => {
  if (reasons.length > 0) throw new CommandRefused(`${what}: ${reasons.join('; ')}.`);
};
