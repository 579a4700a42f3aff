/** Sees to it that `payout:{source}` looks at the charges of an invoice or sale again. */
import { payoutWorkflowId } from '../src/core/ids';
import { startBeside, tellBeside } from './beside';
import { PAYOUT_WORKFLOW_TYPE, payoutChangedSignal } from './contract';
import type { PayoutInput } from './contract';

/** A payout that ends just now has seen what was to be seen, or is begun again. */
const TRIES = 3;

/** Each source has one at a time, begun again after its end. */
export async function beginPayout(input: PayoutInput): Promise<void> {
  const { customer, source } = input;
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const isBegun = await startBeside(PAYOUT_WORKFLOW_TYPE, {
      workflowId: payoutWorkflowId(source),
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      input,
      summary: `${customer}: vendors' shares of ${source}`,
    });
    if (isBegun || (await tellPayout(source))) return;
  }
}

/** False says that it is not running. */
export const tellPayout = (source: string): Promise<boolean> =>
  tellBeside(payoutWorkflowId(source), payoutChangedSignal);
