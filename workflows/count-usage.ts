/** Reads from the ledger the batches that no signal brought in order, and counts them. */
import { condition } from '@temporalio/workflow';
import { countBatches, hasGap } from '../src/core/counting';
import type { Account } from './account';
import { step, update } from './account';
import { ledger } from './proxies';

export async function countUsage(account: Account): Promise<void> {
  for (;;) {
    await condition(() => account.isClosing || hasGap(account.state));
    if (account.isClosing) return;
    await step(account, () => readGap(account));
  }
}

async function readGap(account: Account): Promise<void> {
  const { customer, appliedSequence } = account.state;
  const batches = await ledger.readBatches.executeWithOptions(
    { summary: `from batch ${appliedSequence + 1}` },
    [{ customer, afterSequence: appliedSequence }],
  );
  const counted = countBatches(account.state, batches);
  // The ledger is the authority: if it has less than a signal claimed, what it has is all there is.
  const isAllThereIs = batches.length === 0;
  update(account, isAllThereIs ? { ...counted, knownSequence: counted.appliedSequence } : counted);
}
