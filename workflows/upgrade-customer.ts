/** Upgrades a customer who asked for it where others would be throttled. */
import { condition } from '@temporalio/workflow';
import { autoUpgradeRequest } from '../src/core/ids';
import { dueAutoUpgrade } from '../src/core/plan-change';
import type { AutoUpgrade } from '../src/core/plan-change';
import type { Account } from './account';
import { closeException, isExceptionOpen, openException, step } from './account';
import { REFUSED_RETRY } from './proxies';
import { causeOf } from './report-usage';
import { askForPlan } from './change-subscription';

export async function upgradeCustomer(account: Account): Promise<void> {
  for (;;) {
    await condition(() => account.isClosing || dueAutoUpgrade(account.state) !== undefined);
    if (account.isClosing) return;
    const due = dueAutoUpgrade(account.state);
    if (due) await upgrade(account, due);
  }
}

async function upgrade(account: Account, { periodStart, planId }: AutoUpgrade): Promise<void> {
  const request = autoUpgradeRequest(periodStart, planId);
  let isRefused = false;
  try {
    await step(account, () => askForPlan(account, { planId, when: 'now' }, request));
    closeException(account, 'stripe_refused', request);
  } catch (error) {
    isRefused = true;
    openException(account, {
      kind: 'stripe_refused',
      subject: request,
      message: `The upgrade to ${planId} that the customer asked for failed: ${causeOf(error)}`,
    });
  }
  const isRetryAsked = () => isRefused && !isExceptionOpen(account, 'stripe_refused', request);
  await condition(
    () => account.isClosing || isRetryAsked() || dueAutoUpgrade(account.state) === undefined,
    REFUSED_RETRY,
    { summary: `until ${planId} is in force` },
  );
}
