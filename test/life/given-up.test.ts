/** Goal: who is given up is billed all that was used, and no draft is left behind. */
import type Stripe from 'stripe';
import { linesOf } from './at-stripe';
import { DAY, HOUR } from './calendar';
import type { Life } from './life';
import { useStage } from './on-stage';

const on = useStage();
beforeEach(() => on.stage.clear());

/** January is not paid; on the fourteenth day the catalog's schedule cancels. */
async function anUnpaidLife(): Promise<{ life: Life; givenUpAt: number }> {
  const life = await on.aLife();
  await on.stage.order('settings', { subscription: 'past_due', retryAfterDays: [] });
  await life.changeCard('pm_card_chargeCustomerFail');
  const { end } = await life.period();
  await life.to(end + HOUR + 120);
  expect(life.state().dunning).toHaveLength(1);
  return { life, givenUpAt: life.now + 14 * DAY };
}

const statusOf = async (life: Life) =>
  (await on.stage.stripe.subscriptions.retrieve(life.subscriptionId)).status;

const billed = async (life: Life) =>
  (await life.invoices()).flatMap((invoice) => linesOf(invoice).map(([, cents]) => cents));

test('what is not reported yet when a customer is given up is on their last invoice', async () => {
  const { life, givenUpAt } = await anUnpaidLife();
  await life.to(givenUpAt - 120);
  life.troubles.refusals.set('reportUsage', 403);
  await life.use(1_100_000);
  await life.to(givenUpAt + HOUR);
  expect(await statusOf(life)).toBe('canceled');
  expect(await billed(life)).toEqual([300, 2900, 2900]);
  expect(life.state().exceptions).toEqual([]);
});

test('a report that is refused for good does not keep a customer from being given up, and is told', async () => {
  const { life, givenUpAt } = await anUnpaidLife();
  await life.to(givenUpAt - 120);
  const { data } = await on.stage.stripe.billing.meters.list({ limit: 100 });
  const meter = data.find(({ event_name: name }) => name === 'tollkeeper_overage_standard');
  await on.stage.stripe.billing.meters.deactivate(String(meter?.id));
  await life.use(1_100_000);
  await life.to(givenUpAt + DAY);
  expect(await statusOf(life)).toBe('canceled');
  expect(life.state().exceptions.length).toBeGreaterThan(0);
  expect(JSON.stringify(life.state().exceptions)).toContain('1000000');
});

test('a draft that is held when its customer is given up is let go once it is mended', async () => {
  const { life } = await anUnpaidLife();
  await life.pauseDunning();
  await life.use(150_000);
  const { end } = await life.period();
  await life.to(end + 60, 'never');
  const drafts = async () => (await life.invoices()).filter(({ status }) => status === 'draft');
  const [draft] = (await drafts()) as [Stripe.Invoice];
  const { id: fee } = await on.stage.stripe.invoiceItems.create({
    ...{ customer: life.stripeCustomerId, invoice: draft.id, currency: 'usd', amount: 5_000 },
    description: 'Setup fee',
  });
  await life.to(end + 5 * HOUR);
  expect(life.state().exceptions).toMatchObject([{ kind: 'invoice_differs', subject: draft.id }]);
  await life.pauseDunning(0);
  await life.to(life.now + 20 * DAY);
  expect(await statusOf(life)).toBe('canceled');
  expect(await drafts()).toHaveLength(1);
  await on.stage.stripe.invoiceItems.del(fee);
  await life.to(life.now + DAY);
  expect(await drafts()).toEqual([]);
  expect(life.state().exceptions).toEqual([]);
});
