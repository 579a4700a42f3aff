/** Checkout in the course of a life: bought twice, and a new card for an invoice that is open. */
import './in-memory';
import { buyAgain, leaveCard } from './at-checkout';
import { useStage } from './on-stage';
import { rememberedOf } from './remembered';

const on = useStage();
beforeEach(() => on.stage.clear());

test('who pays twice has one subscription, and the second is given back', async () => {
  const life = await on.aLife();
  await life.use(1_100_000);
  await buyAgain(life);
  await life.catchUp();
  const { stripe } = on.stage;
  const { data } = await stripe.subscriptions.list({
    ...{ customer: life.stripeCustomerId, status: 'all' },
  });
  const others = data.filter(({ id }) => id !== life.subscriptionId);
  expect(others.map(({ status }) => status)).toEqual(['canceled']);
  const refunds = await stripe.refunds.list({ limit: 10 });
  expect(refunds.data.map(({ amount, reason }) => [amount, reason])).toEqual([[2900, 'duplicate']]);
  expect(life.state().exceptions).toEqual([]);
  const undone = rememberedOf(life.customer).entries.filter(
    ({ kind }) => String(kind) === 'second_subscription_undone',
  );
  expect(undone.map(({ detail }) => detail)).toEqual([
    { subscriptionId: others[0]?.id, refundedCents: 2900 },
  ]);
  await life.renew();
  const own = (await life.invoices()).filter(
    ({ parent }) => parent?.subscription_details?.subscription === life.subscriptionId,
  );
  expect(own.map(({ status, total }) => [status, total])).toEqual([
    ['paid', 2900 + 300],
    ['paid', 2900],
  ]);
});

test('a card that was left at Checkout pays what is open, and is charged from then on', async () => {
  const life = await on.aLife();
  await life.use(1_100_000);
  await life.changeCard('pm_card_chargeCustomerFail');
  await life.renew();
  expect(life.state().billingStatus).toBe('past_due');
  await leaveCard(life);
  await life.catchUp();
  expect(life.state()).toMatchObject({ billingStatus: 'active', dunning: [], exceptions: [] });
  await life.renew();
  const invoices = await life.invoices();
  expect(invoices.map(({ status }) => status)).toEqual(['paid', 'paid', 'paid']);
});
