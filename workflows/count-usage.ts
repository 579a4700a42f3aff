/** Reads from the ledger the batches that no signal brought in order, and counts them. */
import { workflowInfo } from '@temporalio/workflow';
import type { RecountRequest } from '../src/core/state/billing-state';
import { countBatches, hasGap } from '../src/core/counting/counting';
import { recountInput, takeOverRecount } from '../src/core/counting/recount';
import { meteredRates } from '../src/core/counting/reporting';
import { alignReported } from '../src/core/invoices/settlement';
import type { Run } from './run';
import { project, become } from './run';
import { attempt } from './attempt';
import { noteUsageAfterEnd } from './note-after-end';
import { closes, ledger, recountLedger } from './proxies';
import { until, untilOrEnd } from './until';
import { findPeriod } from '../src/core/state/periods';

const RECOUNT = { subject: 'recount', what: 'Counting the ledger again failed' };
const READING = { subject: 'batches', what: 'Reading usage from the ledger failed' };

export async function countUsage(run: Run): Promise<void> {
  for (;;) {
    await until(run, () => run.state.recount !== null || hasGap(run.state));
    if (run.isClosing) return;
    const { recount } = run.state;
    const isCounted = () => run.state.recount === null;
    if (recount) await attempt(run, RECOUNT, () => countAgain(run, recount), isCounted);
    else
      await attempt(
        run,
        READING,
        () => readGap(run),
        () => !hasGap(run.state),
      );
  }
}

async function readGap(run: Run): Promise<void> {
  const { customer, appliedSequence } = run.state;
  const batches = await ledger.readBatches.executeWithOptions(
    { summary: `from batch ${appliedSequence + 1}` },
    [{ customer, afterSequence: appliedSequence }],
  );
  const previousState = run.state;
  const counted = countBatches(previousState, batches);
  // The ledger is the authority: if it has less than a signal claimed, what it has is all there is.
  const isAllThereIs = batches.length === 0;
  become(run, isAllThereIs ? { ...counted, knownSequence: counted.appliedSequence } : counted);
  noteUsageAfterEnd(run, previousState);
}

/** Nothing is counted meanwhile; if more has changed by then, the answer is of no use any more. */
async function countAgain(run: Run, recount: RecountRequest): Promise<void> {
  const { number, reasons, cutPeriod } = recount;
  const input = recountInput(run.state);
  const key = `recount:${workflowInfo().runId}:${input.upToSequence}:${number}`;
  const counted = await recountLedger.executeWithOptions({ summary: reasons.join('; ') }, [
    { ...input, reasons, key },
  ]);
  const aligned = cutPeriod === undefined ? null : await readReported(run, cutPeriod);
  if (run.state.recount?.number !== number) return;
  const previousState = run.state;
  const recounted = takeOverRecount(run.state, counted);
  become(
    run,
    aligned === null ? recounted : alignReported(recounted, aligned.start, aligned.meterTokens),
  );
  noteUsageAfterEnd(run, previousState);
  await project(run);
}

/** What Stripe has within the period as it is now, once nothing is on its way there. */
async function readReported(run: Run, start: number) {
  // Reports of a customer who is gone are not sent any more, and Stripe does not show the meters.
  const isGone = () => run.state.isCustomerGone === true;
  const rates = () => Object.values(findPeriod(run.state, start)?.rates ?? {});
  await untilOrEnd(run, () => rates().every(({ inFlight }) => inFlight === null) || isGone());
  const { customer, stripeCustomerId, isCustomerGone } = run.state;
  const period = findPeriod(run.state, start);
  if (!period || stripeCustomerId === null || isCustomerGone) return null;
  // It ended as it began: Stripe bills no second of it, so there is nothing to take back.
  if (period.end === period.start) return { start, meterTokens: {} };
  const meterTokens = await closes.sumMeters({
    ...{ customer, stripeCustomerId, start, end: period.end },
    rates: meteredRates(period),
  });
  return { start, meterTokens };
}
