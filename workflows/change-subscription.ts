/**
 * Makes changes that an app or an operator asks for at Stripe, then reads them back like any change
 * made there by hand. A caller waits until the change is in force here.
 */
import { ApplicationFailure, currentUpdateInfo, setHandler } from '@temporalio/workflow';
import { TemporalFailure } from '@temporalio/common';
import { answerOf, withAnswer } from '../src/core/state/answers';
import type { BillingState } from '../src/core/state/billing-state';
import { assertRoom } from '../src/core/state-bounds';
import { assertGrantable, withGrant, withoutGrant } from '../src/core/counting/grants';
import type { GrantRequest } from '../src/core/counting/grants';
import { hintSubscription, hintSubscriptionAfresh } from '../src/core/state/hints';
import { dunningWorkflowId } from '../src/core/ids';
import {
  assertPlanChange,
  assertPricesAgreed,
  assertSubscriptionChange,
  isInvoicedAtOnce,
  isPlanChanged,
} from '../src/core/subscription/plan-change';
import type {
  ChangedPlan,
  PlanChange,
  SubscriptionChange,
} from '../src/core/subscription/plan-change';
import { isFlushed } from '../src/core/counting/reporting';
import type { Run } from './run';
import { step, become } from './run';
import { tellBeside } from './beside';
import {
  changePlanUpdate,
  changeSubscriptionUpdate,
  flushForDunningSignal,
  grantTokensUpdate,
  usageFlushedSignal,
} from './contract';
import { changes, FLUSH_PATIENCE, ledger } from './proxies';
import { until, untilOrEnd } from './until';
import { drain } from './drain';
import { refusing } from './failures';
import type { TokenGrant } from '../src/core/state/remembered';

/** How long a caller waits for the change to be read back from Stripe. */
const IN_FORCE_PATIENCE = '30 seconds';

export function handleChanges(run: Run): void {
  // An answer under the same key is given again, whatever has become of it since.
  const isKnown = () => answerOf(run.state, requestKey()) !== undefined;
  setHandler(changePlanUpdate, (change) => handlePlanChange(run, change), {
    validator: (change) =>
      refusing(run, () => isKnown() || asserting(run, (state) => assertPlanChange(state, change))),
  });
  setHandler(changeSubscriptionUpdate, (change) => handleChange(run, change), {
    validator: (change) =>
      refusing(
        run,
        () => isKnown() || asserting(run, (state) => assertSubscriptionChange(state, change)),
      ),
  });
  setHandler(flushForDunningSignal, (invoiceId) => handleFlush(run, invoiceId));
  setHandler(grantTokensUpdate, (grant) => handleGrant(run, grant), {
    validator: (grant) =>
      refusing(run, () => asserting(run, (state) => assertGrantable(state, grant))),
  });
}

/** A run of release 0.1.0 asks for no room: it ends with its first message. */
function asserting({ state, isLegacy }: Run, assertPossible: (state: BillingState) => void): void {
  if (!isLegacy) assertRoom(state);
  assertPossible(state);
}

const requestKey = (): string => currentUpdateInfo()?.id ?? '';

async function handlePlanChange(run: Run, change: PlanChange): Promise<ChangedPlan> {
  run.signals += 1;
  const request = requestKey();
  const knownAnswer = answerOf<ChangedPlan>(run.state, request);
  if (knownAnswer) return knownAnswer.answer;
  const changed = await step(run, () => askForPlan(run, change, request));
  become(run, withAnswer(run.state, request, changed));
  await untilReadAgain(run);
  await until(run, () => isPlanChanged(run.state, change), IN_FORCE_PATIENCE);
  return changed;
}

export async function askForPlan(
  run: Run,
  change: PlanChange,
  request: string,
): Promise<ChangedPlan> {
  const { planId, when, resume, catalogVersion } = change;
  if (when === 'now' && !run.isLegacy) await untilPricesAreRead(run);
  const { customer, subscriptionId, periods } = run.state;
  const { planId: fromPlan = '', catalogVersion: fromVersion } = periods.at(-1)?.terms ?? {};
  const changed = await changes.changePlan.executeWithOptions(
    { summary: `${fromPlan} → ${planId}, ${when}` },
    [
      {
        ...{ customer, subscriptionId: subscriptionId ?? '', request, fromPlan, planId, when },
        ...(resume && { resume }),
        ...(catalogVersion !== undefined && { catalogVersion }),
        ...(fromVersion !== undefined && { fromVersion }),
      },
    ],
  );
  become(run, hintSubscription(run.state));
  return changed;
}

async function handleChange(run: Run, change: SubscriptionChange): Promise<void> {
  run.signals += 1;
  const request = requestKey();
  if (answerOf(run.state, request)) return;
  if (change.action === 'cancel' && change.when === 'now') await flushForLastInvoice(run);
  if (isInvoicedAtOnce(change, run.state) && !run.isLegacy) await untilPricesAreRead(run);
  const { customer, subscriptionId } = run.state;
  await step(run, () =>
    changes.changeSubscription.executeWithOptions({ summary: change.action }, [
      { customer, subscriptionId: subscriptionId ?? '', request, change },
    ]),
  );
  become(run, hintSubscription(withAnswer(run.state, request, null)));
  await untilReadAgain(run);
}

/**
 * What makes an invoice at once charges what Stripe has this very moment, of which news may be on
 * their way or lost: it is read first, and nothing is changed before it was. Runs of release 0.1.0
 * must not wait here, not even for nothing: one step more would change the order of their commands.
 */
async function untilPricesAreRead(run: Run): Promise<void> {
  become(run, hintSubscriptionAfresh(run.state));
  if (!(await untilOrEnd(run, readingFromNow(run), IN_FORCE_PATIENCE)))
    throw ApplicationFailure.nonRetryable(
      'The prices at Stripe could not be read, and the change would be invoiced at once: nothing ' +
        'was changed. Try again later, or look at the open exceptions.',
      'price_not_settled',
    );
  refusing(run, () => assertPricesAgreed(run.state));
}

/** Waits until a reading that was begun after the change is taken over, and shown by the API. */
async function untilReadAgain(run: Run): Promise<void> {
  await until(run, readingFromNow(run), IN_FORCE_PATIENCE);
}

/** Tells whether a reading that begins after this call has been taken over. */
function readingFromNow({ readings }: Run): () => boolean {
  const { begun } = readings;
  return () => readings.inForce > begun;
}

/** A case that is not flushed is not told: it asks again. */
async function handleFlush(run: Run, invoiceId: string): Promise<void> {
  run.signals += 1;
  try {
    await flushForLastInvoice(run);
    await tellBeside(dunningWorkflowId(invoiceId), usageFlushedSignal);
  } catch (error) {
    // A bug fails the task; a cancelled run leaves it to the next.
    if (!(error instanceof TemporalFailure)) throw error;
  }
}

/** Stripe invoices what it has been told: so it is told everything first. */
async function flushForLastInvoice(run: Run): Promise<void> {
  const start = run.state.periods.at(-1)?.start ?? 0;
  const isCounted = await step(run, () => drain(run, FLUSH_PATIENCE));
  const isReported = () => isFlushed(run.state, start);
  if (isCounted && (await untilOrEnd(run, isReported, FLUSH_PATIENCE))) return;
  throw ApplicationFailure.nonRetryable(
    'Usage is not reported to Stripe yet, and would be missing on the last invoice. Nothing was ' +
      'canceled: try again later, or look at the open exceptions.',
    'usage_not_reported',
  );
}

async function handleGrant(run: Run, grant: GrantRequest): Promise<TokenGrant> {
  run.signals += 1;
  const { id, reason } = grant;
  const isNew = !run.state.grants.some((one) => one.id === id);
  become(run, withGrant(run.state, grant));
  const granted = run.state.grants.find((one) => one.id === id) as TokenGrant;
  try {
    await step(run, () =>
      ledger.recordGrant({ customer: run.state.customer, grant: granted, reason }),
    );
  } catch (error) {
    // What is not on record is not in force.
    if (isNew) become(run, withoutGrant(run.state, id));
    throw error;
  }
  await until(run, () => run.state.recount === null, IN_FORCE_PATIENCE);
  return granted;
}
