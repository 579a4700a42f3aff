/** A customer whose subscription has ended gets another one at Stripe. */
import { versionOf } from '../../src/stripe/catalog-version';
import { startPriceIds } from '../../src/stripe/prices';
import type { Life } from './life';

/** As in Stripe's dashboard: nobody tells us but Stripe's news. */
export async function beginAnother(life: Life, plan = life.options.plan): Promise<string> {
  const { stripe, catalog } = life.stage;
  const prices = await startPriceIds(stripe, catalog, plan);
  const { id } = await stripe.subscriptions.create({
    customer: life.stripeCustomerId,
    items: prices.map((price) => ({ price })),
    billing_mode: { type: 'flexible' },
    metadata: { tollkeeper_plan: plan, tollkeeper_catalog: versionOf(catalog) },
  });
  return id;
}

export async function comeBack(life: Life, plan = life.options.plan): Promise<string> {
  const id = await beginAnother(life, plan);
  life.subscriptionId = id;
  await life.catchUp();
  return id;
}
