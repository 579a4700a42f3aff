/** A plan for who has none, else a card: both on Stripe's page, which leads back to ours. */
import { z } from 'zod';
import { DomainError } from '../../core/errors';
import type { Customer } from '../../db/customers';
import { storableId } from '../../ingest/storable-text';
import { baseUrl } from '../../links/link-request';
import { openCheckout } from '../checkout/checkout';
import { requireCustomer } from '../customers/customer-period';
import { requireRight } from './holder';
import type { Holder } from './holder';
import type { Order } from './page-counter';
import type { SelfServiceDeps } from './self-service-deps';
import { assertOffered, isBuyer } from './standing';

export const checkoutOrderSchema = z.strictObject({ plan: storableId(200).optional() });

/** Where Stripe's page leads to: once it is done, and where the customer turns back. */
export interface WaysBack {
  readonly successUrl: string;
  readonly cancelUrl: string;
}

export const ownCheckout =
  (deps: SelfServiceDeps) =>
  async (
    { holder, input, request }: Order<z.infer<typeof checkoutOrderSchema>>,
    pageKey: string,
  ): Promise<{ readonly url: string | null }> => {
    // It has no token: the tab that leaves for Stripe keeps that, and no address has it.
    const page = `${baseUrl(deps.config, request)}/dashboard`;
    const done = input.plan === undefined ? 'card' : 'plan';
    const waysBack = { successUrl: `${page}?done=${done}`, cancelUrl: page };
    return leaveForCheckout(deps, { holder, plan: input.plan, pageKey }, waysBack);
  };

export async function leaveForCheckout(
  deps: SelfServiceDeps,
  order: { readonly holder: Holder; readonly plan: string | undefined; readonly pageKey: string },
  waysBack: WaysBack,
): Promise<{ readonly url: string | null }> {
  const { holder, plan, pageKey } = order;
  requireRight(holder, plan === undefined ? 'card' : 'plan');
  const customer = await requireCustomer(deps.pool, holder.customer);
  assertFits(deps, customer, plan);
  const { trialDays, subscriptionId } = customer;
  const body = {
    ...waysBack,
    ...(plan !== undefined && { plan }),
    // The app has promised it to who has not begun yet.
    ...(subscriptionId === null && trialDays !== null && { trialDays }),
  };
  const { url } = await openCheckout(deps, holder.customer, body, `page:${pageKey}`);
  return { url };
}

function assertFits(
  { catalog }: SelfServiceDeps,
  customer: Customer,
  plan: string | undefined,
): void {
  if (isBuyer(customer) !== (plan !== undefined))
    throw new DomainError(
      'customer_conflict',
      `${customer.customer} is ${customer.billingStatus} and asks for ${plan ?? 'a card'}.`,
    );
  if (plan !== undefined) assertOffered(catalog, customer, plan);
}
