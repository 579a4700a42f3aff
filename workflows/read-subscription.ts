/** Takes over the subscription as Stripe has it: state, plan, periods, and the items it needs. */
import { log } from '@temporalio/workflow';
import { withoutOldUpgrades } from '../src/core/subscription/plan-change';
import { describePrice } from '../src/core/plans/sold-prices';
import { uninvoicedTokens } from '../src/core/subscription/after-end';
import { putBackHint, takeCovered } from '../src/core/state/hints';
import { followSubscription } from '../src/core/subscription/subscription';
import { itemsToArrange } from '../src/core/subscription/subscription-items';
import type { ItemRoom } from '../src/core/subscription/subscription-items';
import { describeExceeded, withoutItems } from '../src/core/vendors/vendor-items';
import type { Run } from './run';
import { closeException, isExceptionOpen, openException, project, become } from './run';
import { closeOvertaken, followSuccessor } from './follow-subscription';
import { noteUsageAfterEnd } from './note-after-end';
import { closeErrand } from './attempt';
import type { Errand } from './attempt';
import { stripe } from './proxies';
import { lastKnownPeriod } from '../src/core/state/periods';
import type { SubscriptionSnapshot } from '../src/core/subscription/subscription-snapshot';

/** The items are there once they were arranged; if they still lack, somebody undoes it. */
const ARRANGEMENTS_MAX = 2;

/** Hints of it that wait by now are done with this reading, however many events told of it. */
export async function readSubscription(run: Run): Promise<void> {
  if (run.isLegacy) return readOnce(run);
  const [covered, state] = takeCovered(run.state);
  become(run, state);
  try {
    await readOnce(run);
  } catch (error) {
    become(run, covered.reduce(putBackHint, run.state));
    throw error;
  }
  for (const { objectId: subject } of covered) closeErrand(run, { subject });
}

async function readOnce(run: Run): Promise<void> {
  run.readings.begun += 1;
  const reading = run.readings.begun;
  const snapshot = await readWithItems(run);
  const previousState = run.state;
  become(run, withoutOldUpgrades(followSubscription(previousState, snapshot)));
  noteUninvoicedUsage(run, snapshot);
  if (await followSuccessor(run, snapshot)) return readSubscription(run);
  noteReturn(run, previousState);
  noteDuplicates(run, snapshot);
  notePrices(run);
  noteExceeded(run, snapshot);
  if (whatIsShown(run.state) !== whatIsShown(previousState)) await project(run);
  run.readings.inForce = Math.max(run.readings.inForce, reading);
  // The reading that nobody asked for is done with this one, whatever it was begun for. Release
  // 0.1.0 told of it until one that nobody asked for succeeded.
  if (!run.isLegacy) closeErrand(run, UNASKED_READING);
  await undoSecondCheckouts(run, snapshot);
}

/** The customer has come back. */
function noteReturn(run: Run, previousState: Run['state']): void {
  const { subscriptionId } = previousState;
  if (subscriptionId === null || subscriptionId === run.state.subscriptionId) return;
  noteUsageAfterEnd(run, previousState);
  closeOvertaken(run);
}

/** It is needed, and no hint asks for it. The subscription may have no id yet. */
export const UNASKED_READING: Errand = {
  subject: 'subscription',
  what: 'reading the subscription was refused',
};

/**
 * Before a rate is reported, its item must be there; since when is told by reading once more:
 * Stripe bills no usage from before.
 */
async function readWithItems(run: Run): Promise<SubscriptionSnapshot> {
  for (let arrangements = 0; ; arrangements += 1) {
    const { customer } = run.state;
    const last = lastKnownPeriod(run.state);
    const { catalogVersion } = last?.terms ?? {};
    const request = { customer, knownEnd: last?.end };
    const snapshot = asAsked(
      run,
      await stripe.readSubscription({
        ...request,
        ...(catalogVersion !== undefined && { catalogVersion }),
      }),
    );
    const followed = followSubscription(run.state, snapshot);
    const arrangement = itemsToArrange(followed, snapshot.rateItems, roomOf(snapshot));
    const { missing, superfluous, outdated } = arrangement;
    if (missing.length + superfluous.length + outdated.length === 0) return pinned(run, snapshot);
    if (arrangements >= ARRANGEMENTS_MAX) {
      log.warn('the subscription has other items than its plan', { missing, superfluous });
      return snapshot;
    }
    become(run, withoutItems(run.state, superfluous));
    const { subscriptionId } = snapshot;
    const { planId, catalogVersion: version } = followed.periods.at(-1)?.terms ?? snapshot.terms;
    const sale = version === undefined ? {} : { planId, catalogVersion: version };
    await stripe.arrangeItems.executeWithOptions(
      {
        summary: [
          ...missing.map((id) => `+${id}`),
          ...superfluous.map((id) => `-${id}`),
          ...outdated.map((id) => `±${id}`),
        ].join(' '),
      },
      [{ ...{ customer, subscriptionId, missing, superfluous, outdated }, ...sale }],
    );
  }
}

/**
 * A run of 0.1.0 has all vendors' items from the start, also where an activity of today answered
 * it while its worker was still of 0.1.0.
 */
function asAsked({ isLegacy }: Run, snapshot: SubscriptionSnapshot): SubscriptionSnapshot {
  if (!isLegacy) return snapshot;
  return { ...snapshot, terms: { ...snapshot.terms, vendorItems: undefined } };
}

/** A draft that was found right, and is not final yet, waits for the decision as any other. */
const closingAgain = (state: Run['state']): Run['state'] => ({
  ...state,
  periods: state.periods.map((period) =>
    period.phase === 'reconciled' ? { ...period, phase: 'closing' } : period,
  ),
});

/** Makes the subscription itself say by which catalog it was sold. */
async function pinned(run: Run, snapshot: SubscriptionSnapshot): Promise<SubscriptionSnapshot> {
  const { subscriptionId, terms, isUnpinned } = snapshot;
  if (!isUnpinned || terms.catalogVersion === undefined || run.isLegacy) return snapshot;
  if (snapshot.endedAt !== null) return snapshot;
  const { customer } = run.state;
  const { planId, catalogVersion } = terms;
  await stripe.pinCatalog({ customer, subscriptionId, planId, catalogVersion });
  return snapshot;
}

/** Tells what Stripe charges and was not sold, and tells it no more once it is settled. */
function notePrices(run: Run): void {
  const differences = run.state.priceDifferences ?? [];
  for (const { kind, subject } of run.state.exceptions)
    if (kind === 'price_differs' && !differences.some(({ priceId }) => priceId === subject))
      closeException(run, kind, subject);
  if (differences.length > 0) become(run, closingAgain(run.state));
  for (const difference of differences)
    openException(run, {
      kind: 'price_differs',
      subject: difference.priceId,
      message: describePrice(difference),
    });
}

const roomOf = ({ items, itemsMax }: SubscriptionSnapshot): ItemRoom | undefined =>
  items && itemsMax !== undefined ? { items: items.length, itemsMax } : undefined;

/** Tells of vendors beyond what one subscription can have items of, while it is so. */
function noteExceeded(run: Run, snapshot: SubscriptionSnapshot): void {
  const kind = 'items_exceeded';
  const room = roomOf(snapshot);
  const { exceeding } = itemsToArrange(run.state, snapshot.rateItems, room);
  for (const exception of run.state.exceptions)
    if (exception.kind === kind && !exceeding.includes(exception.subject))
      closeException(run, kind, exception.subject);
  for (const subject of exceeding)
    openException(run, {
      ...{ kind, subject },
      message: describeExceeded(run.state, subject, room?.itemsMax ?? 0),
    });
}

/** Somebody ended the subscription without having its usage invoiced. */
function noteUninvoicedUsage(run: Run, snapshot: SubscriptionSnapshot): void {
  const tokens = uninvoicedTokens(run.state, snapshot);
  // Another exception tells of a customer who is gone, as long as it is not decided.
  if (tokens === 0 || run.state.isCustomerGone) return;
  openException(run, {
    kind: 'usage_uninvoiced',
    subject: snapshot.subscriptionId,
    message:
      `The subscription ended at ${snapshot.endedAt} and Stripe made no invoice for the usage of ` +
      `its last period: ${tokens} billable tokens are on no invoice.`,
  });
}

/** A purchase that was made twice is undone: it ends, and what it charged is given back. */
async function undoSecondCheckouts(run: Run, snapshot: SubscriptionSnapshot): Promise<void> {
  const { customer } = run.state;
  for (const subscriptionId of snapshot.secondCheckouts ?? [])
    await stripe.undoCheckout.executeWithOptions({ summary: subscriptionId }, [
      { customer, subscriptionId },
    ]);
}

/**
 * Two subscriptions with our prices bill the same usage twice. Once they are gone, they are no
 * exception any more.
 */
function noteDuplicates(run: Run, snapshot: SubscriptionSnapshot): void {
  const { subscriptionId: own, endedAt, secondCheckouts = [] } = snapshot;
  const others = snapshot.otherSubscriptions?.filter((id) => !secondCheckouts.includes(id));
  if (!others) return;
  const kind = 'subscription_duplicate';
  const duplicates = run.state.exceptions.filter((one) => one.kind === kind);
  const gone = duplicates.filter(({ subject }) => !others.includes(subject));
  for (const { subject } of gone) closeException(run, kind, subject);
  for (const subject of others) {
    if (isExceptionOpen(run, kind, subject)) continue;
    const circumstance =
      endedAt === null ? `beside ${own}: usage is billed twice` : `after ${own} had ended`;
    openException(run, {
      ...{ kind, subject },
      message:
        `Stripe has subscription ${subject} of the same customer with our prices, ` +
        `${circumstance}. Nothing of it is followed here. Cancel it at Stripe, and give back ` +
        'what it charged.',
    });
  }
}

function whatIsShown({ periods, billingStatus, standing }: Run['state']): string {
  const spans = periods.map(({ start, end, terms }) => [
    ...[start, end, terms.planId, terms.catalogVersion, terms.monthlyPriceCents],
    terms.rates.map(({ pricePerMillionTokens }) => pricePerMillionTokens),
  ]);
  return JSON.stringify([billingStatus, standing, spans]);
}
