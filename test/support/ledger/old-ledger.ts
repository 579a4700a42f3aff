/** A ledger of some months that have ended, and the commands that archive them, for tests. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClientBase, Pool } from 'pg';
import { attachMonth } from '../../../src/cli/ledger/attach';
import { detachMonth, dropMonth } from '../../../src/cli/ledger/detach';
import { exportMonth } from '../../../src/cli/ledger/export';
import { archiveReader } from '../../../src/cli/ledger/read-archive';
import { monthOfPartition } from '../../../src/core/archive/archive-month';
import { inLedgerSnapshot, proveBatches, usageEvents } from '../../../src/db/ledger-proof';
import {
  eventsWithArchived,
  prepareArchivedEvents,
} from '../../../src/db/partitions/archived-events';
import { alone } from '../../../src/db/partitions/detach-partition';
import { listParts } from '../../../src/db/partitions/part-list';
import { withPlainTexts } from '../../../src/db/partitions/partition-rows';
import { createPool } from '../../../src/db/pool';
import { readDailyUsage, sumLedger } from '../../../src/db/usage-reports';
import { makeOldMonths } from './old-months';
import { createTestDatabase } from '../stack/database';

const DAY_SECONDS = 86_400;

export interface OldUse {
  readonly customer: string;
  readonly id: string;
  /** In which it was recorded, so many days after its beginning. */
  readonly month: string;
  readonly day: number;
  /** By how much it occurred before. */
  readonly behindSeconds: number;
  readonly input: number;
  readonly vendor: string | null;
  readonly metadata: string | null;
}

export type OldLedger = Awaited<ReturnType<typeof startOldLedger>>;

export const yes = async (): Promise<boolean> => true;

export async function startOldLedger() {
  const database = await createTestDatabase();
  const pool = createPool({ connectionString: database.url });
  const reader = createPool({ connectionString: database.appUrl });
  const folder = await mkdtemp(join(tmpdir(), 'ledger-'));
  const months = (await makeOldMonths(pool, 5)).map(monthOfPartition);
  return {
    /** The owner's. */
    pool,
    ownerUrl: database.url,
    /** As API and worker connect. */
    reader,
    readerUrl: database.appUrl,
    folder,
    /** Months that have ended, the oldest first. */
    months,
    record: (use: OldUse) => recordThen(pool, use),
    ...commands(pool, folder),
    provedOf: (customer: string) => provedOf(reader, folder, customer),
    stop: async () => {
      await reader.end();
      await pool.end();
      await database.drop();
      await rm(folder, { recursive: true });
    },
  };
}

function commands(pool: Pool, folder: string) {
  const owning = async <T>(work: (client: ClientBase) => Promise<T>): Promise<T> => {
    const result = await alone(pool, async (client) => {
      await withPlainTexts(client);
      return { of: await work(client) };
    });
    if (result) return result.of;
    throw new Error('another command has not let go of the ledger');
  };
  return {
    owning,
    exporting: (month: string, from = folder) =>
      owning((client) => exportMonth(client, month, from, 400)),
    detaching: (month: string, from = folder) =>
      owning((client) => detachMonth(client, { month, from }, yes)),
    dropping: (month: string, from = folder) =>
      owning((client) => dropMonth(client, { month, from }, yes)),
    attaching: (month: string) => owning((client) => attachMonth(client, { month, from: folder })),
    stateOf: async (month: string) =>
      (await owning(listParts)).find(({ name }) => monthOfPartition(name) === month)?.state,
  };
}

/** Recorded in a month, as it was then. */
async function recordThen(pool: Pool, use: OldUse): Promise<void> {
  await pool.query(
    `insert into usage_events (customer, id, model, vendor, input, metadata, occurred_at, recorded_at,
                               content_hash)
     select $1, $2, 'm', $3, $4, $5, at - $8 * interval '1 second', at, '\\x0a'
       from (select case when isfinite(starts) then starts else ends - interval '30 days' end
                    + $7 * interval '1 day' as at
               from usage_partitions where name = $6) as time`,
    [
      ...[use.customer, use.id, use.vendor, use.input, use.metadata],
      `usage_events_${use.month.replace('-', '_')}`,
      ...[use.day, use.behindSeconds],
    ],
  );
}

/** All that is proved and told of a customer's year, and of a month that begins within a day. */
async function provedOf(reader: Pool, folder: string, customer: string) {
  const end = Math.floor(Date.now() / 1000 / DAY_SECONDS) * DAY_SECONDS;
  const spans = [
    { start: end - 400 * DAY_SECONDS, end },
    { start: end - 130 * DAY_SECONDS - 777, end: end - 90 * DAY_SECONDS - 5 },
  ];
  return Promise.all(
    spans.map(async (span) => ({
      sums: await sumLedger(reader, customer, span.start, span.end),
      days: await readDailyUsage(reader, customer, span.start, span.end),
      ...(await inLedgerSnapshot(
        reader,
        async (client) => {
          const source = await eventsWithArchived(client, customer, span, archiveReader(folder));
          const events = [];
          for await (const event of usageEvents(client, customer, span, source)) events.push(event);
          return { events, proof: await proveBatches(client, customer, span, source) };
        },
        { prepare: prepareArchivedEvents },
      )),
    })),
  );
}
