/** Upgrades a customer who asked for it where others would be throttled. */
import { ApplicationFailure } from '@temporalio/workflow';
import { autoUpgradeRequest } from '../src/core/ids';
import { dueAutoUpgrade, unpaidUpgrade } from '../src/core/subscription/plan-change';
import type { AutoUpgrade } from '../src/core/subscription/plan-change';
import { UNPAID } from '../src/core/subscription/proration';
import type { Run } from './run';
import { openException } from './run';
import { closeErrand, isRefused, tryOnce } from './attempt';
import { REFUSED_RETRY_MS } from './proxies';
import { askForPlan } from './change-subscription';
import { until } from './until';
import { causeOf } from './failures';

export async function upgradeCustomer(run: Run): Promise<void> {
  for (;;) {
    await until(run, () => dueOf(run) !== undefined);
    if (run.isClosing) return;
    const due = dueOf(run);
    if (due) await upgrade(run, due);
  }
}

const dueOf = ({ state, isLegacy }: Run) => dueAutoUpgrade(state, isLegacy);

async function upgrade(run: Run, due: AutoUpgrade): Promise<void> {
  const { periodStart, planId } = due;
  const request = autoUpgradeRequest(periodStart, planId);
  const errand = {
    subject: request,
    what: `The upgrade to ${planId} that the customer asked for failed`,
  };
  const isDone = await tryOnce(run, errand, () => askUnlessUnpaid(run, due, request));
  const isRetryAsked = () => !isDone && !isRefused(run, errand);
  await until(run, () => isRetryAsked() || dueOf(run) === undefined, REFUSED_RETRY_MS, {
    summary: `until ${planId} is in force`,
  });
  // Release 0.1.0 told of it on.
  if (!run.isLegacy && dueOf(run) === undefined) closeErrand(run, errand);
}

/**
 * An upgrade that was not paid is not due any more: it is told, and waits for an operator or the
 * next period. It is not due while a price differs either, of which another exception tells.
 */
async function askUnlessUnpaid(run: Run, due: AutoUpgrade, request: string): Promise<void> {
  try {
    await askForPlan(run, { planId: due.planId, when: 'now' }, request);
  } catch (error) {
    if (run.state.priceDifferences) return;
    if (!isUnpaid(error)) throw error;
    openException(run, { ...unpaidUpgrade(due), message: causeOf(error) });
  }
}

/** The code tells: nothing but another card or the customer's word would mend it. */
function isUnpaid(error: unknown): boolean {
  let cause = error;
  while (cause instanceof Error && !(cause instanceof ApplicationFailure)) cause = cause.cause;
  return cause instanceof ApplicationFailure && UNPAID.includes(cause.type ?? '');
}
