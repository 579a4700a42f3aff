/** Goal: an invoice on which nothing is ours any more is held and told as any other. */
import type Stripe from 'stripe';
import { DAY } from './calendar';
import type { Life } from './life';
import { useStage } from './on-stage';
import type { BillingException } from '../../src/core/state/remembered';

const on = useStage();
beforeEach(() => on.stage.clear());

const latest = async (life: Life) => (await life.invoices())[0] as Stripe.Invoice;

const decide = async (life: Life, kind: 'accept_stripe' | 'retry') => {
  const { kind: exception, subject } = life.state().exceptions[0] as BillingException;
  await life.ask('resolveException', {
    ...{ exception, subject, kind },
    ...{ reason: 'agreed by mail', by: 'grace' },
  });
  await life.catchUp();
};

/** Enterprise has a base price and nothing else. */
async function withAPriceOfTheirs(): Promise<Life> {
  const { stripe } = on.stage;
  const life = await on.aLife({ plan: 'enterprise' });
  const { id: product } = await stripe.products.create({ name: 'Special' });
  const { id: price } = await stripe.prices.create({
    ...{ product, currency: 'usd', unit_amount: 12_300 },
    recurring: { interval: 'month' },
  });
  const { items } = await stripe.subscriptions.retrieve(life.subscriptionId);
  await stripe.subscriptions.update(life.subscriptionId, {
    items: [{ id: items.data[0]?.id, price }],
    proration_behavior: 'none',
  });
  await life.catchUp();
  return life;
}

test('a renewal with another price in the place of ours is held, and leaves when it is accepted', async () => {
  const life = await withAPriceOfTheirs();
  const { end } = await life.period();
  await life.to(end + DAY);
  expect(await latest(life)).toMatchObject({ status: 'draft', auto_advance: false });
  expect(life.state().exceptions.map(({ kind }) => kind)).toEqual([
    'price_differs',
    'price_differs',
    'invoice_differs',
  ]);
  while (life.state().exceptions.length > 0) await decide(life, 'accept_stripe');
  await life.to(end + 2 * DAY);
  expect(await latest(life)).toMatchObject({ status: 'paid', total: 12_300, metadata: {} });
  expect(life.state()).toMatchObject({ exceptions: [], archived: [{ phase: 'paid' }] });
});

test('a held draft of no period that we know is told, and let go by a decision', async () => {
  const life = await on.aLife();
  const { id } = await on.stage.stripe.invoices.create({
    ...{ customer: life.stripeCustomerId, subscription: life.subscriptionId },
    metadata: { tollkeeper_hold: `${life.now}000 never` },
  });
  await life.catchUp();
  expect(life.state().exceptions).toMatchObject([{ kind: 'invoice_not_advancing', subject: id }]);
  await decide(life, 'retry');
  await life.to(life.now + DAY);
  expect(await latest(life)).toMatchObject({ id, status: 'paid', metadata: {} });
  expect(life.state().exceptions).toEqual([]);
});
