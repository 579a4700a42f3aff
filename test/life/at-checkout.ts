/** What customers do at Stripe's Checkout. */
import { openCardSetup, openSale } from '../../src/stripe/checkout';
import { payAt } from '../support/sandbox/checkout-form';
import type { Life } from './life';

const CARD = '4242424242424242';

const requestOf = ({ customer, stripeCustomerId }: Life, idempotencyKey: string) => ({
  ...{ customer, stripeCustomerId, idempotencyKey },
  successUrl: 'https://app.example.com/welcome',
  cancelUrl: 'https://app.example.com/pricing',
});

/** A second subscription of the same plan. */
export async function buyAgain(life: Life): Promise<void> {
  const { stripe, catalog } = life.stage;
  const sale = { plan: 'starter', trialDays: null, promotionCodes: false, vendor: null };
  const session = await openSale(stripe, catalog, requestOf(life, 'again'), sale);
  await payAt(session.url, CARD, { email: 'ada@example.com' });
}

/** A card that pays, for the subscription that is there. */
export async function leaveCard(life: Life): Promise<void> {
  const { stripe, catalog } = life.stage;
  const session = await openCardSetup(stripe, catalog, requestOf(life, 'card'));
  await payAt(session.url, CARD, { email: 'ada@example.com' });
}
