/**
 * What is counted of an archive's rows, on their way to a file, out of one, or out of the table.
 */
import { createHash } from 'node:crypto';
import { csvLine } from '../../core/archive/csv-rows';
import type { ArchivedRow } from '../../core/archive/csv-rows';
import { TOKEN_TYPES } from '../../core/usage/usage';
import { tokenColumn } from '../../db/token-columns';
import type { Manifest } from './manifest';

export type RowTotals = Pick<
  Manifest,
  'rows' | 'tokens' | 'rowsSha256' | 'firstRecordedAt' | 'lastRecordedAt'
>;

export interface Counting {
  add(row: ArchivedRow, line: string): void;
  totals(): RowTotals;
}

export function countRows(columns: Manifest['columns']): Counting {
  const indexOf = (name: string) => columns.findIndex((column) => column.name === name);
  const pools = TOKEN_TYPES.map(tokenColumn).map((name) => ({
    name,
    index: indexOf(name),
    sum: 0n,
  }));
  const recordedAt = indexOf('recorded_at');
  const hash = createHash('sha256');
  let rows = 0;
  let first: string | null = null;
  let last: string | null = null;
  return {
    add: (row, line) => {
      rows += 1;
      hash.update(line);
      for (const pool of pools) pool.sum += BigInt(row[pool.index] ?? 0);
      // In UTC, and in one form, times are in the order of their texts.
      const at = row[recordedAt] ?? '';
      if (first === null || at < first) first = at;
      if (last === null || at > last) last = at;
    },
    totals: () => ({
      rows,
      tokens: Object.fromEntries(pools.map(({ name, sum }) => [name, String(sum)])),
      rowsSha256: hash.copy().digest('hex'),
      ...{ firstRecordedAt: first, lastRecordedAt: last },
    }),
  };
}

/** What all rows of the pages come to. */
export async function totalsOf(
  columns: Manifest['columns'],
  pages: AsyncIterable<readonly ArchivedRow[]>,
): Promise<RowTotals> {
  const counting = countRows(columns);
  for await (const page of pages) for (const row of page) counting.add(row, csvLine(row));
  return counting.totals();
}

/** What differs between the two, in words; none: nothing does. */
export function differences(file: RowTotals, table: RowTotals): string[] {
  const one = flat(file);
  return Object.entries(flat(table)).flatMap(([name, value]) =>
    one[name] === value
      ? []
      : [`${name} is ${one[name]} in the archive and ${value} in the ledger`],
  );
}

const flat = ({ tokens, ...totals }: RowTotals): Record<string, unknown> => ({
  ...totals,
  ...tokens,
});
