/**
 * Changes asked for by an app or an operator: made at Stripe, then read back like any change made
 * there by hand. A caller waits until the change is in force here.
 */
import { ApplicationFailure, condition, currentUpdateInfo, setHandler } from '@temporalio/workflow';
import { DomainError } from '../src/core/errors';
import { answerOf, withAnswer } from '../src/core/answers';
import { assertGrantable, withGrant } from '../src/core/grants';
import type { GrantRequest, TokenGrant } from '../src/core/grants';
import { hintSubscription } from '../src/core/hints';
import { assertChangeable, assertPlanChange, isPlanChanged } from '../src/core/plan-change';
import type { ChangedPlan, PlanChange, SubscriptionChange } from '../src/core/plan-change';
import { isFlushed } from '../src/core/reporting';
import type { Account } from './account';
import { step, update } from './account';
import { changePlan, changeSubscription, grantTokens } from './contract';
import { drain } from './period-close';
import { changes, ledger } from './proxies';

/** How long a caller waits for the change to be read back from Stripe. */
const IN_FORCE_PATIENCE = '30 seconds';
/** How long a cancellation waits for the usage that its invoice is to have. */
const FLUSH_PATIENCE = '1 minute';

export function handleChanges(account: Account): void {
  // What was answered under the same key is answered again, whatever has become of it since.
  const isKnown = () => answerOf(account.state, requestKey()) !== undefined;
  setHandler(changePlan, (change) => handlePlanChange(account, change), {
    validator: (change) => refusing(() => isKnown() || assertPlanChange(account.state, change)),
  });
  setHandler(changeSubscription, (change) => handleChange(account, change), {
    validator: (_change) => refusing(() => isKnown() || assertChangeable(account.state)),
  });
  setHandler(grantTokens, (grant) => handleGrant(account, grant), {
    validator: (grant) => refusing(() => assertGrantable(account.state, grant)),
  });
}

/** A broken rule reaches the caller by its code. */
export function refusing(check: () => unknown): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    throw ApplicationFailure.nonRetryable(error.message, error.code);
  }
}

const requestKey = (): string => currentUpdateInfo()?.id ?? '';

async function handlePlanChange(account: Account, change: PlanChange): Promise<ChangedPlan> {
  account.signals += 1;
  const request = requestKey();
  const known = answerOf<ChangedPlan>(account.state, request);
  if (known) return known.answer;
  const changed = await step(account, () => askForPlan(account, change, request));
  update(account, withAnswer(account.state, request, changed));
  await untilReadAgain(account);
  await condition(
    () => account.isClosing || isPlanChanged(account.state, change),
    IN_FORCE_PATIENCE,
  );
  return changed;
}

export async function askForPlan(
  account: Account,
  { planId, when }: PlanChange,
  request: string,
): Promise<ChangedPlan> {
  const { customer, subscriptionId, periods } = account.state;
  const fromPlan = periods.at(-1)?.terms.planId ?? '';
  const changed = await changes.changePlan.executeWithOptions(
    { summary: `${fromPlan} → ${planId}, ${when}` },
    [{ customer, subscriptionId: subscriptionId ?? '', request, fromPlan, planId, when }],
  );
  update(account, hintSubscription(account.state));
  return changed;
}

async function handleChange(account: Account, change: SubscriptionChange): Promise<void> {
  account.signals += 1;
  const request = requestKey();
  if (answerOf(account.state, request)) return;
  if (change.action === 'cancel' && change.when === 'now') await flushForLastInvoice(account);
  const { customer, subscriptionId } = account.state;
  await step(account, () =>
    changes.changeSubscription.executeWithOptions({ summary: change.action }, [
      { customer, subscriptionId: subscriptionId ?? '', request, change },
    ]),
  );
  update(account, hintSubscription(withAnswer(account.state, request, null)));
  await untilReadAgain(account);
}

/** Until a reading that was begun after the change is taken over, and shown by the API. */
async function untilReadAgain(account: Account): Promise<void> {
  const { begun } = account.readings;
  await condition(() => account.isClosing || account.readings.inForce > begun, IN_FORCE_PATIENCE);
}

/** Stripe invoices what it has been told: first it is told everything. */
async function flushForLastInvoice(account: Account): Promise<void> {
  const start = account.state.periods.at(-1)?.start ?? 0;
  await step(account, () => drain(account));
  if (await condition(() => isFlushed(account.state, start), FLUSH_PATIENCE)) return;
  throw ApplicationFailure.nonRetryable(
    'Usage is not reported to Stripe yet, and would be missing on the last invoice. Nothing was ' +
      'canceled: try again later, or look at the open exceptions.',
    'usage_not_reported',
  );
}

async function handleGrant(account: Account, grant: GrantRequest): Promise<TokenGrant> {
  account.signals += 1;
  const { id, reason } = grant;
  update(account, withGrant(account.state, grant));
  const granted = account.state.grants.find((one) => one.id === id) as TokenGrant;
  await step(account, () =>
    ledger.recordGrant({ customer: account.state.customer, grant: granted, reason }),
  );
  await condition(() => account.isClosing || account.state.recount === null, IN_FORCE_PATIENCE);
  return granted;
}
