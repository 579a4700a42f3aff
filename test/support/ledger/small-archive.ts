/** Archives of a few rows, without a database. */
import { writeArchive } from '../../../src/cli/ledger/write-archive';

export const PARTITION = 'usage_events_2026_01';

const COLUMNS = ['id', 'customer', 'input', 'occurred_at', 'recorded_at'].map((name) => ({
  ...{ name, type: 'text' },
}));

async function* pagesOf(rows: number) {
  const at = '2026-01-02 03:04:05+00';
  for (let index = 0; index < rows; index += 1)
    yield [[`call-${index}`, `customer-${Math.floor(index / 3)}`, '7', at, at]];
}

/** Into the same folder, the second with more rows than the first; how many each has. */
export async function exportedTwice(folder: string): Promise<readonly number[]> {
  const part = {
    ...{ partition: PARTITION, starts: '2026-01-01 00:00:00+00', ends: '2026-02-01 00:00:00+00' },
    columns: COLUMNS,
  };
  const rows: number[] = [];
  for (const count of [5, 9])
    rows.push((await writeArchive(folder, part, pagesOf(count), 100)).rows);
  return rows;
}
