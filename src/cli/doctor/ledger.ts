/** The doctor's look at the ledger's partitions: is there one for what comes, and for what was? */
import type { Pool } from 'pg';
import { monthOfPartition } from '../../core/archive/archive-month';
import { listUnfinishedParts } from '../../db/partitions/part-list';
import { readDaysAhead } from '../../db/partitions/usage-partitions';
import { critical, warning } from './finding';
import type { Finding } from './finding';

/** They are made three months ahead, so that one is missing only if nobody makes any. */
const PARTITION_DAYS_MIN = 30;
/** Closing a smaller one saves nothing to speak of. */
const CLOSED_FROM_BYTES = 1024 ** 3;

const DATABASE = 'database';

export async function partitionFindings(
  pool: Pool,
  closedFromBytes = CLOSED_FROM_BYTES,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const days = await readDaysAhead(pool);
  if (days < PARTITION_DAYS_MIN)
    findings.push(
      critical(
        DATABASE,
        `the ledger has partitions for ${Math.floor(days)} days only: usage of after them would have no place`,
        'Start a worker, which makes them, or read its log: making partitions of the ledger failed.',
      ),
    );
  const { detaching, toClose } = await listUnfinishedParts(pool, closedFromBytes);
  for (const month of detaching.map(monthOfPartition))
    findings.push(
      warning(
        DATABASE,
        `the month ${month} of the ledger was to be detached or put back, and that was not ended`,
        `Repeat npx tollkeeper ledger detach --month ${month}, or attach it.`,
      ),
    );
  if (toClose.length > 0)
    findings.push(
      warning(
        DATABASE,
        `months of the ledger ended a week ago and are not closed: ${toClose.map(monthOfPartition).join(', ')}`,
        'npx tollkeeper ledger close indexes them for reading alone, while usage goes on.',
      ),
    );
  return findings;
}
