/**
 * The sandbox can be told to do the other thing where Stripe's word is thin, or its accounts
 * differ, so that who is built on it can be tried with both.
 */
import type { StripeObject } from '../objects';
import type { World } from '../world';

const SETTINGS_ID = 'beliefs';

export interface Beliefs {
  /**
   * Usage of a trial. `free` is Stripe's word: docs.stripe.com/billing/subscriptions/trials/
   * free-trials#trials-usage-based-billing ("doesn't bill for usage recorded during the trial").
   */
  trialUsage: 'free' | 'billed';
  /**
   * Usage so far, when an update is asked for with pending_if_incomplete. `billed` by its invoice
   * is Stripe's word: docs.stripe.com/billing/subscriptions/pending-updates#metered-items.
   */
  pendingUpdateUsage: 'billed' | 'left';
  /**
   * Stripe takes "a list of up to 20 subscription items": docs.stripe.com/api/subscriptions/create.
   * Its changelog of 2026-08-26 raises it (flexible-subscription-item-limits); to what, we don't
   * know.
   */
  itemsPerSubscription: number;
  /**
   * What a draft shows of usage that came after it was made. Stripe's word is of its end only:
   * "During finalization, Stripe updates the invoice to reflect the latest quantity for its billing
   * period": docs.stripe.com/billing/subscriptions/usage-based/configure-grace-period.
   */
  draftUsage: 'live' | 'at_finalization';
  /**
   * What the stream does with an identifier that it has had. Stripe says that it enforces
   * uniqueness "within a rolling 24 hour period" and validates later:
   * docs.stripe.com/api/v2/billing-meter-stream; whether it tells of it, we don't know.
   */
  streamDuplicates: 'ignored' | 'reported';
  /** Whether meter events and the stream know each other's identifiers: Stripe doesn't say. */
  streamIdentifiers: 'shared' | 'own';
  /**
   * What becomes of a draft whose `invoice.created` no endpoint takes while its clock is advanced.
   * `finalized`, once the clock has waited for it in real time. `waits`: the clock goes on without
   * a pause, and the draft is finalized 72 hours after it was made, as Stripe has it for real
   * time: docs.stripe.com/billing/subscriptions/webhooks.
   */
  undeliveredDraft: 'finalized' | 'waits';
}

const DEFAULTS: Beliefs = {
  trialUsage: 'free',
  pendingUpdateUsage: 'billed',
  itemsPerSubscription: 20,
  draftUsage: 'live',
  streamDuplicates: 'ignored',
  streamIdentifiers: 'shared',
  undeliveredDraft: 'finalized',
};

export function beliefs(world: World): Beliefs {
  const storedBeliefs = world.store.get('sandbox_settings', SETTINGS_ID)?.beliefs;
  return { ...DEFAULTS, ...(storedBeliefs as Partial<Beliefs> | undefined) };
}

export function setBeliefs(world: World, changes: Partial<Beliefs>): Beliefs {
  const settings: StripeObject = {
    id: SETTINGS_ID,
    object: 'sandbox_settings',
    created: 0,
    beliefs: { ...beliefs(world), ...changes },
  };
  world.store.put('sandbox_settings', settings);
  return beliefs(world);
}
