/** Goal: invoices that bill no period are explained as well, whatever is heard of first. */
import type Stripe from 'stripe';
import type { Decision } from '../../src/core/state/exceptions';
import { linesOf } from './at-stripe';
import { DAY, HOUR, START } from './calendar';
import type { Life } from './life';
import { useStage } from './on-stage';
import { rememberedOf } from './remembered';
import type { InvoiceSnapshot } from '../../src/core/invoices/invoice-snapshot';

const on = useStage();
beforeEach(() => on.stage.clear());

const changes = async (life: Life): Promise<Stripe.Invoice[]> =>
  (await life.invoices()).filter((one) => one.billing_reason === 'subscription_update').reverse();

const decide = (life: Life, subject: string, kind: Decision['kind']) =>
  life.ask('resolveException', {
    ...{ exception: 'invoice_differs', subject, kind, reason: 'looked at', by: 'grace' },
  });

/** By hand: charged, and credited, at once. */
async function changeAtStripe(life: Life, planId: string): Promise<void> {
  const { stripe } = on.stage;
  const { data } = await stripe.prices.list({ lookup_keys: [`tollkeeper_plan_${planId}`] });
  const { items } = await stripe.subscriptions.retrieve(life.subscriptionId);
  const base = items.data.find(({ price }) => price.recurring?.usage_type === 'licensed');
  await stripe.subscriptionItems.update(String(base?.id), {
    ...{ price: data[0]?.id, proration_behavior: 'always_invoice' },
  });
}

/** An upgrade whose invoice took a pending fee of $50 along. */
async function upgradeWithAFee(): Promise<{ life: Life; invoice: Stripe.Invoice }> {
  const life = await on.aLife();
  await life.to(START + 10 * DAY);
  await on.stage.stripe.invoiceItems.create({
    ...{ customer: life.stripeCustomerId, currency: 'usd', amount: 5_000 },
    description: 'Setup fee',
  });
  await life.changePlan('pro');
  await life.catchUp();
  const [invoice] = (await changes(life)) as [Stripe.Invoice];
  expect(invoice.status).toBe('paid');
  return { life, invoice };
}

test('the first invoice and those of changes are explained, and nothing is told', async () => {
  const life = await on.aLife();
  await life.to(START + 10 * DAY);
  await life.changePlan('pro');
  await life.to(START + 20 * DAY);
  await life.changePlan('starter');
  await life.catchUp();
  const ids = (await life.invoices()).map(({ id }) => id).reverse();
  expect(life.state().exceptions).toEqual([]);
  expect(life.state().explainedUnbilled).toEqual(ids.map((id) => ({ id, settlement: '' })));
});

test('so is the first invoice of a trial, and that of its end', async () => {
  const life = await on.aLife({ trialDays: 14 });
  await life.to(START + 5 * DAY);
  await life.change({ action: 'end_trial' });
  await life.catchUp();
  expect(life.state().exceptions).toEqual([]);
  expect(life.state().explainedUnbilled?.length).toBeGreaterThan(0);
});

test('a line of nobody’s on the invoice of a change is told; accepted, it is told no more', async () => {
  const { life, invoice } = await upgradeWithAFee();
  expect(life.state().exceptions).toMatchObject([{ kind: 'invoice_differs', subject: invoice.id }]);
  expect(life.state().exceptions[0]?.message).toMatch(
    /"Setup fee", no line of ours.*invoice 5000$/,
  );
  await decide(life, invoice.id, 'accept_stripe');
  await on.stage.stripe.invoices.update(invoice.id, { metadata: { seen: 'yes' } });
  await life.catchUp();
  await life.renew();
  expect(life.state().exceptions).toEqual([]);
});

test('corrected, it is credited by the next draft, once', async () => {
  const { life, invoice } = await upgradeWithAFee();
  await decide(life, invoice.id, 'correct');
  await on.stage.stripe.invoices.update(invoice.id, { metadata: { seen: 'yes' } });
  await life.catchUp();
  await life.renew();
  await life.renew();
  const all = (await life.invoices()).flatMap(linesOf);
  expect(all.filter(([, cents]) => cents === -5_000)).toEqual([
    ['Correction of 2026-01-01 to 2026-02-01 (plan pro)', -5_000],
  ]);
  expect(life.state().exceptions).toEqual([]);
});

test('a plan changed after a renewal that nobody had heard of holds no draft', async () => {
  const life = await on.aLife();
  await life.use(150_000);
  const { end } = await life.period();
  await life.to(end + 10 * 60, 'never');
  await changeAtStripe(life, 'pro');
  await life.catchUp();
  await life.to(end + 3 * HOUR);
  expect(life.state().exceptions).toEqual([]);
  const renewal = (await life.invoices()).find(
    (one) => one.billing_reason === 'subscription_cycle',
  );
  expect(renewal).toMatchObject({ status: 'paid', total: 2900 + 15 });
});

test.each([
  ['from a snapshot', false],
  ['from what release 0.1.0 has recorded', true],
])('begun again %s in a period whose plan had changed, no draft is held', async (_how, isOld) => {
  const life = await on.aLife();
  await life.to(START + 10 * DAY);
  await changeAtStripe(life, 'pro');
  await life.catchUp();
  rememberedOf(life.customer).isOfOldRelease = isOld;
  if (isOld) rememberedOf(life.customer).snapshot = null;
  await life.lose();
  await life.catchUp();
  await life.renew();
  expect(life.state().exceptions).toEqual([]);
  expect((await life.invoices())[0]).toMatchObject({ status: 'paid', total: 9900 });
});

test('what Stripe invoices on somebody’s order, as at a threshold, is explained as well', async () => {
  const life = await on.aLife();
  await life.to(START + 10 * DAY);
  const { readInvoice } = life.activities;
  // The sandbox makes none: it is one made by hand, told of as Stripe tells of these.
  const asStripeTells = async (request: never) => {
    const invoice = (await readInvoice?.(request)) as InvoiceSnapshot;
    const isByHand = invoice.billingReason === 'manual';
    return isByHand ? { ...invoice, billingReason: 'subscription_threshold' } : invoice;
  };
  Object.assign(life.activities, { readInvoice: asStripeTells });
  const { stripe } = on.stage;
  const { id } = await stripe.invoices.create({
    ...{ customer: life.stripeCustomerId, subscription: life.subscriptionId },
    ...{ auto_advance: true },
  });
  await stripe.invoiceItems.create({
    ...{ customer: life.stripeCustomerId, invoice: id, currency: 'usd', amount: 5_000 },
    description: 'Usage so far',
  });
  await life.to(START + 12 * DAY);
  expect(life.state().exceptions).toMatchObject([{ kind: 'invoice_differs', subject: id }]);
  await decide(life, id, 'accept_stripe');
  await life.catchUp();
  expect(life.state().exceptions).toEqual([]);
});
