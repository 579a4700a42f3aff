/** Today's billing workflow with one command more: no recorded history may accept it. */
import { sleep } from '@temporalio/workflow';
import { billing as todays } from '../../workflows/billing';
import type { BillingInput } from '../../workflows/contract';

export async function billing(input: BillingInput): Promise<void> {
  await sleep('1 second');
  return todays(input);
}
