/**
 * A session of Stripe's billing portal, for one thing where the account's configuration does that,
 * and else for all that it does.
 */
import type Stripe from 'stripe';
import type { PortalFlow } from '../core/subscription/rights';
import { classifyStripeError } from './errors';

export interface PortalVisit {
  readonly stripeCustomerId: string;
  readonly subscriptionId: string | null;
  /** The portal leads there when they are done; absent: nobody knows our public address. */
  readonly returnTo?: string;
  readonly flow?: PortalFlow;
}

/** `refusal`: Stripe's words for why it is all of the portal. */
export async function openPortalSession(
  stripe: Stripe,
  { stripeCustomerId: customer, returnTo, ...visit }: PortalVisit,
): Promise<{ readonly url: string; readonly refusal?: string }> {
  const terms = { customer, ...(returnTo !== undefined && { return_url: returnTo }) };
  const flow = flowOf(visit, returnTo);
  const create = async (more: object) => (await stripe.billingPortal.sessions.create(more)).url;
  if (!flow) return { url: await create(terms) };
  try {
    return { url: await create({ ...terms, flow_data: flow }) };
  } catch (error) {
    const failure = classifyStripeError(error);
    if (failure?.kind !== 'invalid') throw error;
    return { url: await create(terms), refusal: failure.summary };
  }
}

type FlowData = Stripe.BillingPortal.SessionCreateParams.FlowData;

function flowOf(
  { flow, subscriptionId }: Pick<PortalVisit, 'flow' | 'subscriptionId'>,
  returnTo: string | undefined,
): FlowData | undefined {
  const completion: Pick<FlowData, 'after_completion'> =
    returnTo === undefined
      ? {}
      : { after_completion: { type: 'redirect', redirect: { return_url: returnTo } } };
  if (flow === 'card') return { type: 'payment_method_update', ...completion };
  if (flow !== 'cancel' || subscriptionId === null) return undefined;
  const cancel = { subscription: subscriptionId };
  return { type: 'subscription_cancel', subscription_cancel: cancel, ...completion };
}
