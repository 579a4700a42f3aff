/**
 * Goal: what Stripe has no more is an answer, and not a refusal that is tried again for ever. The
 * usage of its period is told with its value until somebody decides, and is never lost in silence.
 */
import { DAY, HOUR } from './calendar';
import type { Life } from './life';
import { useStage } from './on-stage';

const on = useStage();
beforeEach(() => on.stage.clear());

/** As after it was deleted, or under the key of another account. */
const hide = (path: string) =>
  on.stage.order('faults', { path, status: 404, code: 'resource_missing', times: 100_000 });
const show = () => fetch(`${on.stage.url}/_sandbox/faults`, { method: 'DELETE' });

const kinds = (life: Life) => life.state().exceptions.map(({ kind }) => kind);
const told = (life: Life, kind: string) =>
  life.temporal.told.filter((one) => one.kind === kind && one.subject !== life.workflowId);

const decide = (life: Life, subject: string, kind: string) =>
  life.ask('resolveException', {
    ...{ exception: 'invoice_gone', subject, kind, reason: 'looked at', by: 'grace' },
  });

/** Starter, 29.00, and 1,000,000 tokens over its allowance are 3.00. */
async function aHiddenDraft(): Promise<{ life: Life; draft: string }> {
  const life = await on.aLife();
  await life.use(1_100_000);
  const { end } = await life.period();
  await life.to(end + 60);
  const draft = (await life.invoices())[0]?.id ?? '';
  await hide(`/v1/invoices/${draft}`);
  return { life, draft };
}

test('a draft that is gone is told with what it billed, once, and nothing is tried again for ever', async () => {
  const { life, draft } = await aHiddenDraft();
  await life.deliver([
    { id: 'deleted', type: 'invoice.updated', objectId: draft, created: life.now },
  ]);
  await life.temporal.advanceTo(life.temporal.now + 2 * HOUR * 1000);
  expect(kinds(life)).toEqual(['invoice_gone']);
  const [exception] = life.state().exceptions;
  expect(exception).toMatchObject({ subject: draft });
  expect(exception?.message).toContain('worth 300 cents, and came to 3200 cents');
  const attempts = life.troubles.attempts.get('readInvoice') ?? 0;
  await life.temporal.advanceTo(life.temporal.now + DAY * 1000);
  expect(life.troubles.attempts.get('readInvoice')).toBe(attempts);
  expect(told(life, 'stripe_refused')).toEqual([]);
});

test('written off, its period is put away unbilled, with its value; the next is billed as ever', async () => {
  const { life, draft } = await aHiddenDraft();
  await life.deliver([
    { id: 'deleted', type: 'invoice.updated', objectId: draft, created: life.now },
  ]);
  await life.temporal.advanceTo(life.temporal.now + HOUR * 1000);
  await decide(life, draft, 'write_off');
  expect(kinds(life)).toEqual([]);
  expect(life.state().archived[0]).toMatchObject({ phase: 'void', invoice: { id: draft } });
  await life.use(600_000);
  await life.renew();
  const [latest] = await life.invoices();
  expect([latest?.total, kinds(life)]).toEqual([2900 + 150, []]);
});

test('with the right key again, the draft is compared, let go and paid', async () => {
  const { life, draft } = await aHiddenDraft();
  await life.deliver([
    { id: 'deleted', type: 'invoice.updated', objectId: draft, created: life.now },
  ]);
  await show();
  await decide(life, draft, 'retry');
  await life.renew();
  const paid = (await life.invoices()).find(({ id }) => id === draft);
  expect([paid?.status, paid?.total, kinds(life)]).toEqual(['paid', 3200, []]);
});

test('a charge, a dispute and a stranger’s invoice that are gone leave nothing behind', async () => {
  const life = await on.aLife();
  const news = [
    ['charge.refunded', 'ch_nobodys'],
    ['charge.dispute.created', 'dp_nobodys'],
    ['invoice.updated', 'in_nobodys'],
  ] as const;
  await life.deliver(
    news.map(([type, objectId]) => ({ id: objectId, type, objectId, created: life.now })),
  );
  await life.to(life.now + DAY);
  expect([kinds(life), told(life, 'stripe_refused')]).toEqual([[], []]);
});

test('dunning of an invoice that is gone ends, and asks nobody to pay', async () => {
  const life = await on.aLife();
  await life.use(1_100_000);
  await life.changeCard('pm_card_chargeCustomerFail');
  await life.renew();
  const unpaid = life.state().dunning[0]?.invoiceId ?? '';
  await hide(`/v1/invoices/${unpaid}`);
  await life.deliver([
    { id: 'gone', type: 'invoice.updated', objectId: unpaid, created: life.now },
  ]);
  const dunning = life.temporal.executions.get(`dunning:${unpaid}`);
  expect([dunning?.isRunning, dunning?.result]).toMatchObject([false, { outcome: 'voided' }]);
  expect(life.state().dunning).toEqual([]);
  expect(kinds(life)).toEqual(['invoice_gone']);
});

test('a deleted customer’s unpaid invoice is not dunned for ever', async () => {
  const life = await on.aLife();
  await life.use(1_100_000);
  await life.changeCard('pm_card_chargeCustomerFail');
  await life.renew();
  const unpaid = life.state().dunning[0]?.invoiceId ?? '';
  await on.stage.stripe.customers.del(life.stripeCustomerId);
  await life.catchUp();
  await life.temporal.advanceTo(life.temporal.now + 30 * DAY * 1000);
  expect(life.temporal.executions.get(`dunning:${unpaid}`)?.isRunning).toBe(false);
  expect(kinds(life)).not.toContain('stripe_refused');
});

test('a subscription that went with its customer has ended, and its usage is told', async () => {
  const life = await on.aLife({ plan: 'pay_as_you_go' });
  await life.use(2_000_000);
  await life.to(life.now + 60);
  await on.stage.stripe.customers.del(life.stripeCustomerId);
  await hide(`/v1/subscriptions/${life.subscriptionId}`);
  await life.catchUp();
  expect(life.state()).toMatchObject({ billingStatus: 'ended', isCustomerGone: true });
  expect(kinds(life)).toEqual(['customer_deleted']);
});

test('a subscription that is hidden while its customer is there is a refusal, as a wrong key is', async () => {
  const life = await on.aLife();
  await hide('/v1/subscriptions');
  await hide(`/v1/subscriptions/${life.subscriptionId}`);
  await life.deliver([
    {
      ...{ id: 'hidden', type: 'customer.subscription.updated' },
      ...{ objectId: life.subscriptionId, created: life.now },
    },
  ]);
  expect(life.state().billingStatus).toBe('active');
  expect(kinds(life)).toEqual(['stripe_refused']);
  await show();
  await life.to(life.now + HOUR);
  expect(kinds(life)).toEqual([]);
});

test('a price that is hidden is a refusal, until the subscription shows it with its item', async () => {
  const life = await on.aLife();
  await life.use(1_100_000);
  const { data } = await on.stage.stripe.prices.list({ limit: 100 });
  const price = data.find(({ metadata }) => metadata.tollkeeper_rate === 'overage_standard');
  await hide(`/v1/prices/${price?.id}`);
  const { end } = await life.period();
  await life.to(end + 60, 'never');
  await life.hear();
  // A worker that begins anew has not seen it before, neither by itself nor on the subscription.
  life.sellFrom(on.stage.catalog);
  life.inbox = life.inbox.filter(({ type }) => type === 'invoice.created');
  await life.deliver();
  expect(told(life, 'stripe_refused')).toHaveLength(1);
  await show();
  await life.to(end + HOUR);
  await life.to(life.now + DAY);
  const [latest] = await life.invoices();
  expect([latest?.status, latest?.total, kinds(life)]).toEqual(['paid', 3200, []]);
});

test('what is refused as missing leads to the news that nobody brought: the customer was deleted', async () => {
  const life = await on.aLife();
  await life.use(1_100_000);
  const { end } = await life.period();
  await life.to(end + 60, 'never');
  const draft = (await life.invoices())[0]?.id ?? '';
  await on.stage.stripe.customers.del(life.stripeCustomerId);
  await hide('/v1/billing/meters');
  await life.deliver([
    { id: 'created', type: 'invoice.created', objectId: draft, created: life.now },
  ]);
  await life.temporal.advanceTo(life.temporal.now + HOUR * 1000);
  expect(life.state()).toMatchObject({ billingStatus: 'ended', isCustomerGone: true });
  expect(kinds(life)).toEqual(['customer_deleted']);
});
