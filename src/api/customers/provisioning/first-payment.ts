/** What a subscription of ours is first paid by: a test card, the own card, or nothing yet. */
import { attachTestCard } from '../../../stripe/customer-setup';
import type { CustomerAtStripe } from '../../../stripe/customer-setup';
import { hasDefaultCard } from '../../../stripe/payment-method';
import type { ProvisioningDeps } from './provisioning-deps';

/**
 * Answers whether there is nothing yet: then the first payment waits to be confirmed. A card that
 * the request names has been made the customer's default by now.
 */
export async function isPaidLater(
  { stripe, isTestMode }: Pick<ProvisioningDeps, 'stripe' | 'isTestMode'>,
  stripeCustomerId: string,
  request: CustomerAtStripe,
  paymentMethod: string | undefined,
): Promise<boolean> {
  if (paymentMethod === 'later') return true;
  if (paymentMethod !== undefined) return false;
  if (isTestMode) {
    await attachTestCard(stripe, stripeCustomerId, request);
    return false;
  }
  return !(await hasDefaultCard(stripe, stripeCustomerId));
}
