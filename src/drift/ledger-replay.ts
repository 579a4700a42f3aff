/** Streams a customer's batches from the ledger, a page at a time: src/core/proof/replay.ts. */
import type { PoolClient } from 'pg';
import { beginReplay, replayBatch } from '../core/proof/replay';
import type { Replay } from '../core/proof/replay';
import type { Customer } from '../db/customers';
import { readKnownPeriods } from '../db/known-periods';
import { sealedBatches } from '../db/ledger-proof';
import { readGrants } from '../db/token-grants';

export async function replayLedger(
  client: PoolClient,
  { customer, billingStatus }: Customer,
): Promise<Replay> {
  const periods = await readKnownPeriods(client, customer);
  const grants = await readGrants(client, customer);
  let replay = beginReplay(customer, billingStatus, periods, grants);
  for await (const batch of sealedBatches(client, customer)) replay = replayBatch(replay, batch);
  return replay;
}
