/** What a customer changes of a subscription at the portal: its end, and its plan. */
import { currentPeriod } from '../billing/cycle';
import type { Control } from '../control/route';
import type { Subscription } from '../objects';
import type { PortalConfiguration, PortalFeatures } from '../objects-portal';
import { callApi } from '../page/api-call';
import type { Visit } from '../page/portal-session';
import { invalid } from '../protocol/fault';
import { named } from '../protocol/lookup';
import type { World } from '../world';
import { assertChange, assertOnePlan, changeParams, choiceOf } from './plan-choice';
import type { PlanChoice } from './plan-choice';

export async function cancelOrResume(
  control: Control,
  { mode, proration_behavior: behavior }: PortalFeatures['subscription_cancel'],
  step: 'cancel' | 'resume',
  id: string,
): Promise<string> {
  const isNow = step === 'cancel' && mode === 'immediately';
  if (isNow) {
    const prorate = String(behavior === 'create_prorations');
    await callApi(control, `DELETE /v1/subscriptions/${id}`, { prorate });
    return 'The subscription is canceled.';
  }
  const subscription = named(control.world, 'subscription', id, 'subscription');
  const params = endParams(control.world, subscription, step === 'cancel');
  await callApi(control, `POST /v1/subscriptions/${id}`, params);
  return step === 'cancel' ? 'The subscription ends with its period.' : 'It goes on.';
}

/** In flexible billing the portal sets the time, and `cancel_at_period_end` stays false. */
function endParams(
  world: World,
  { id, billing_mode: mode }: Subscription,
  isEnding: boolean,
): Record<string, string> {
  if (mode.type === 'classic') return { cancel_at_period_end: String(isEnding) };
  const { end } = currentPeriod(world.store.subscriptionItems(id));
  return { cancel_at: isEnding ? String(end) : '' };
}

/** They stay for what they were offered. */
export async function acceptOffer(
  control: Control,
  { session }: Visit,
  id: string,
): Promise<string> {
  const { subscription, retention } = session.flow?.subscription_cancel ?? {};
  if (!retention || subscription !== id) throw invalid('Nothing is offered for this subscription.');
  const { coupon } = retention.coupon_offer;
  await callApi(control, `POST /v1/subscriptions/${id}`, { 'discounts[0][coupon]': coupon });
  return 'The subscription goes on, for less.';
}

/** What the flow says is confirmed; else one of the plans that the configuration has. */
export function chosenOf(
  world: World,
  { session, configuration }: Visit,
  subscription: Subscription,
  price: string,
): PlanChoice {
  const confirmed = choiceOf(session.flow);
  if (confirmed) return confirmed;
  assertOnePlan(world, subscription);
  const [item] = world.store.subscriptionItems(subscription.id);
  const choice = { id: String(item?.id), price };
  assertChange(world, subscription, configuration, choice);
  return choice;
}

/** One that has to be paid now and is not leaves everything as it was. */
export async function changePlan(
  control: Control,
  visit: Visit,
  id: string,
  price: string,
): Promise<string> {
  const { world } = control;
  const subscription = named(world, 'subscription', id, 'subscription');
  assertIsOfFlow(visit, id);
  const choice = chosenOf(world, visit, subscription, price);
  await callApi(control, `POST /v1/subscriptions/${id}`, {
    ...changeParams(visit.configuration, subscription, choice),
    ...discountParams(visit),
    ...paymentParams(visit.configuration),
  });
  return 'Your plan is changed.';
}

function assertIsOfFlow({ session: { flow } }: Visit, id: string): void {
  const { subscription } = flow?.subscription_update_confirm ?? flow?.subscription_update ?? {};
  if (flow !== null && subscription !== id)
    throw invalid(`This session is not about the subscription ${id}.`);
}

function paymentParams({ features }: PortalConfiguration): Record<string, string> {
  const { proration_behavior: behavior } = features.subscription_update;
  return behavior === 'always_invoice' ? { payment_behavior: 'error_if_incomplete' } : {};
}

function discountParams({ session: { flow } }: Visit): Record<string, string> {
  const discounts = flow?.subscription_update_confirm?.discounts ?? [];
  const entries = discounts.map(({ coupon, promotion_code: code }, index) =>
    coupon === null
      ? [`discounts[${index}][promotion_code]`, code ?? '']
      : [`discounts[${index}][coupon]`, coupon],
  );
  return Object.fromEntries(entries) as Record<string, string>;
}
