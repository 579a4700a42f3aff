/** Streams a customer's batches from the ledger through src/core/replay.ts, a page at a time. */
import type { PoolClient } from 'pg';
import { beginReplay, replayBatch } from '../core/replay';
import type { Replay } from '../core/replay';
import type { Customer } from '../db/customers';
import { readKnownPeriods } from '../db/known-periods';
import { sealedBatches } from '../db/ledger-proof';

export async function replayLedger(
  client: PoolClient,
  { customer, billingStatus }: Customer,
): Promise<Replay> {
  let replay = beginReplay(customer, billingStatus, await readKnownPeriods(client, customer));
  for await (const batch of sealedBatches(client, customer)) replay = replayBatch(replay, batch);
  return replay;
}
