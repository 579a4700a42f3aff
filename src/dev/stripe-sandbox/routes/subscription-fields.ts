/** Fields of a subscription that creating and updating it set alike. */
import { currentPeriod } from '../billing/cycle';
import type { MissingPaymentMethod } from '../billing/trials';
import type { Customer, PauseCollection, Subscription } from '../objects';
import { invalid } from '../protocol/fault';
import { named, namedCustomer } from '../protocol/lookup';
import { customerNow } from '../world';
import type { World } from '../world';

export function setPaymentMethod(
  world: World,
  subscription: Subscription,
  customer: Customer,
  id: string | undefined,
): void {
  if (id === undefined) return;
  const method = named(world, 'payment_method', id, 'default_payment_method');
  if (method.customer !== customer.id) {
    throw invalid(
      `The customer does not have a payment method with the ID ${id}. The payment method must be ` +
        'attached to the customer.',
      { code: 'resource_missing', param: 'default_payment_method' },
    );
  }
  subscription.default_payment_method = id;
}

export function setAnchor(
  subscription: Subscription,
  now: number,
  params: {
    billing_cycle_anchor?: number;
    trial_end?: number | 'now';
    trial_period_days?: number;
  },
): void {
  const days = params.trial_period_days;
  const trialEnd = params.trial_end ?? (days ? now + days * 86_400 : undefined);
  if (typeof trialEnd === 'number') {
    if (trialEnd <= now) {
      throw invalid(`Invalid timestamp: trial_end (${trialEnd}) must be in the future.`, {
        param: 'trial_end',
      });
    }
    Object.assign(subscription, { status: 'trialing', trial_start: now, trial_end: trialEnd });
    subscription.billing_cycle_anchor = trialEnd;
  }
  const anchor = params.billing_cycle_anchor;
  if (anchor === undefined) return;
  if (anchor < now) {
    throw invalid(`billing_cycle_anchor (${anchor}) cannot be in the past (now: ${now}).`, {
      param: 'billing_cycle_anchor',
    });
  }
  subscription.billing_cycle_anchor = anchor;
}

export function setCancellation(
  world: World,
  subscription: Subscription,
  params: {
    cancel_at?: number | null;
    cancel_at_period_end?: boolean;
    proration_behavior?: string;
  },
): void {
  const { cancel_at: cancelAt, cancel_at_period_end: atPeriodEnd } = params;
  if (cancelAt === undefined && atPeriodEnd === undefined) return;
  const customer = namedCustomer(world, subscription.customer);
  const now = customerNow(world, customer);
  const { end } = currentPeriod(world.store.subscriptionItems(subscription.id));
  const cancelTime = cancelAt ?? (atPeriodEnd ? end : null);
  if (cancelTime !== null && cancelTime <= now) {
    throw invalid(`cancel_at (${cancelTime}) must be in the future (now: ${now}).`, {
      param: 'cancel_at',
    });
  }
  subscription.cancel_at = cancelTime;
  subscription.cancel_prorates = params.proration_behavior !== 'none';
  subscription.cancel_at_period_end = cancelTime !== null && atPeriodEnd === true;
  subscription.canceled_at = cancelTime === null ? null : now;
}

/** The card that pays may be kept; nothing else of them is followed. */
export function setPaymentSettings(
  subscription: Subscription,
  settings: { save_default_payment_method?: 'off' | 'on_subscription' } | undefined,
): void {
  const { save_default_payment_method: saved } = settings ?? {};
  if (saved !== undefined) subscription.payment_settings.save_default_payment_method = saved;
}

export function setTrialSettings(
  subscription: Subscription,
  settings: { end_behavior?: { missing_payment_method?: MissingPaymentMethod } } | undefined,
): void {
  const behavior = settings?.end_behavior?.missing_payment_method;
  if (behavior !== undefined)
    subscription.trial_settings = { end_behavior: { missing_payment_method: behavior } };
}

/** Null resumes the collection. */
export function setPause(
  world: World,
  subscription: Subscription,
  pause: { behavior?: PauseCollection['behavior']; resumes_at?: number } | null | undefined,
): void {
  if (pause === undefined) return;
  const now = customerNow(world, namedCustomer(world, subscription.customer));
  const resumesAt = pause?.resumes_at ?? null;
  if (resumesAt !== null && resumesAt <= now) {
    throw invalid(`resumes_at (${resumesAt}) must be in the future (now: ${now}).`, {
      param: 'pause_collection[resumes_at]',
    });
  }
  const behavior = pause?.behavior;
  subscription.pause_collection = behavior ? { behavior, resumes_at: resumesAt } : null;
}
