/** Reads from the ledger the batches that no signal brought in order, and counts them. */
import { condition, workflowInfo } from '@temporalio/workflow';
import { findPeriod } from '../src/core/billing-state';
import type { RecountRequest } from '../src/core/billing-state';
import { countBatches, hasGap } from '../src/core/counting';
import { recountInput, takeOverRecount } from '../src/core/recount';
import { meteredRates } from '../src/core/reporting';
import { alignReported } from '../src/core/settlement';
import type { Account } from './account';
import { project, step, update } from './account';
import { ledger, recountLedger, stripe } from './proxies';

export async function countUsage(account: Account): Promise<void> {
  for (;;) {
    await condition(
      () => account.isClosing || account.state.recount !== null || hasGap(account.state),
    );
    if (account.isClosing) return;
    const { recount } = account.state;
    await step(account, () => (recount ? countAgain(account, recount) : readGap(account)));
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

/** Nothing is counted meanwhile; if more has changed by then, the answer is of no use any more. */
async function countAgain(account: Account, recount: RecountRequest): Promise<void> {
  const { number, reasons, cutPeriod } = recount;
  const input = recountInput(account.state);
  const key = `recount:${workflowInfo().runId}:${input.upToSequence}:${number}`;
  const counted = await recountLedger.executeWithOptions({ summary: reasons.join('; ') }, [
    { ...input, reasons, key },
  ]);
  const aligned = cutPeriod === undefined ? null : await readReported(account, cutPeriod);
  if (account.state.recount?.number !== number) return;
  const recounted = takeOverRecount(account.state, counted);
  update(
    account,
    aligned === null ? recounted : alignReported(recounted, aligned.start, aligned.meterTokens),
  );
  await project(account);
}

/** What Stripe has within the period as it is now, once nothing is on its way there. */
async function readReported(account: Account, start: number) {
  const rates = () => Object.values(findPeriod(account.state, start)?.rates ?? {});
  await condition(() => rates().every(({ inFlight }) => inFlight === null));
  const { customer, stripeCustomerId } = account.state;
  const period = findPeriod(account.state, start);
  if (!period || stripeCustomerId === null) return null;
  const meterTokens = await stripe.sumMeters({
    ...{ customer, stripeCustomerId, start, end: period.end },
    rates: meteredRates(period),
  });
  return { start, meterTokens };
}
