/** A plan for who has none, else a card: both on Stripe's page, which leads back to ours. */
import { z } from 'zod';
import { DomainError } from '../../core/errors';
import type { Customer } from '../../db/customers';
import { storableId } from '../../ingest/storable-text';
import { baseUrl } from '../../links/link-request';
import { openCheckout } from '../checkout/checkout';
import { requireCustomer } from '../customers/customer-period';
import { requireRight } from './holder';
import type { Order } from './page-counter';
import type { SelfServiceDeps } from './self-service-deps';
import { assertOffered, isBuyer } from './standing';

export const checkoutOrderSchema = z.strictObject({ plan: storableId(200).optional() });

export const ownCheckout =
  (deps: SelfServiceDeps) =>
  async (
    { holder, input: { plan }, request }: Order<z.infer<typeof checkoutOrderSchema>>,
    pageKey: string,
  ): Promise<{ readonly url: string | null }> => {
    requireRight(holder, plan === undefined ? 'card' : 'plan');
    const customer = await requireCustomer(deps.pool, holder.customer);
    assertFits(deps, customer, plan);
    // It has no token: the tab that leaves for Stripe keeps that, and no address has it.
    const page = `${baseUrl(deps.config, request)}/dashboard`;
    const { trialDays, subscriptionId } = customer;
    const body = {
      successUrl: `${page}?done=${plan === undefined ? 'card' : 'plan'}`,
      cancelUrl: page,
      ...(plan !== undefined && { plan }),
      // The app has promised it to who has not begun yet.
      ...(subscriptionId === null && trialDays !== null && { trialDays }),
    };
    const { url } = await openCheckout(deps, holder.customer, body, `page:${pageKey}`);
    return { url };
  };

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
