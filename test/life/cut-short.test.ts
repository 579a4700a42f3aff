/** Goal: what was begun and refused, or cut short by the end of a run, is done all the same. */
import type Stripe from 'stripe';
import type { BillingState } from '../../src/core/state/billing-state';
import { queueHint } from '../../src/core/state/hints';
import { HOUR } from './calendar';
import type { Life } from './life';
import { useStage } from './on-stage';
import { rememberedOf } from './remembered';

const on = useStage();
beforeEach(() => on.stage.clear());

const strangersUsage = (life: Life, tokens: number) =>
  on.stage.stripe.billing.meterEvents.create({
    event_name: 'tollkeeper_overage_standard',
    timestamp: life.now,
    payload: { stripe_customer_id: life.stripeCustomerId, value: String(tokens) },
  });

const renewals = async (life: Life): Promise<Stripe.Invoice[]> =>
  (await life.invoices()).filter((one) => one.billing_reason === 'subscription_cycle').reverse();

/** Finalized by hand at Stripe, with a million tokens that nobody used. We have not heard of it. */
async function aWrongFinalInvoice(): Promise<{ life: Life; invoiceId: string }> {
  const life = await on.aLife();
  await life.use(150_000);
  await strangersUsage(life, 1_000_000);
  const { end } = await life.period();
  await life.to(end + 60, 'never');
  const [draft] = await renewals(life);
  const invoiceId = String(draft?.id);
  await on.stage.stripe.invoices.finalizeInvoice(invoiceId);
  return { life, invoiceId };
}

const told = (life: Life) => life.state().exceptions.map(({ kind, subject }) => [kind, subject]);

test('a wrong invoice that is final is told of, though comparing it was refused at first', async () => {
  const { life, invoiceId } = await aWrongFinalInvoice();
  life.troubles.refusals.set('sumMeters', 403);
  await life.catchUp();
  await life.to(life.now + HOUR);
  expect(told(life)).toEqual([['invoice_differs', invoiceId]]);
});

test('a wrong invoice that is final is told of, though the run ended while it was compared', async () => {
  const { life, invoiceId } = await aWrongFinalInvoice();
  life.troubles.hangs.set('sumMeters', 20 * 60_000);
  await life.hear();
  const hints = life.inbox.splice(0);
  for (const hint of hints) life.temporal.signal(life.workflowId, 'stripeEvent', hint);
  await life.temporal.settle();
  const state = life.state();
  expect(state.periods[0]?.phase).toBe('finalized');
  // What a step had taken up is put back when it is cancelled.
  life.restart(hints.reduce(queueHint, state));
  await life.catchUp();
  await life.to(life.now + HOUR);
  expect(told(life)).toEqual([['invoice_differs', invoiceId]]);
});

test('what could not be recorded is recorded later, though nothing is new by then', async () => {
  const life = await on.aLife();
  life.troubles.refusals.set('recordPeriods', 400);
  const pause_collection = { behavior: 'keep_as_draft' as const };
  await on.stage.stripe.subscriptions.update(life.subscriptionId, { pause_collection });
  await life.catchUp();
  await life.to(life.now + HOUR);
  const { standing } = rememberedOf(life.customer).snapshot as BillingState;
  expect(standing.collectionPaused).toBe('keep_as_draft');
  expect(told(life)).toEqual([]);
});

const resolutions = (life: Life) =>
  rememberedOf(life.customer).entries.filter(({ kind }) => kind === 'exception_resolved');

test('usage after the end is written off with its value, though the trail refused it at first', async () => {
  const life = await on.aLife();
  await life.change({ action: 'cancel', when: 'now' });
  await life.catchUp();
  await life.to(life.now + HOUR);
  await life.use(1_000_000);
  life.troubles.refusals.set('recordResolution', 400);
  const subject = life.subscriptionId;
  await life.ask('resolveException', {
    ...{ exception: 'usage_after_end', subject, kind: 'write_off', reason: 'lost', by: 'grace' },
  });
  await life.to(life.now + HOUR);
  expect(resolutions(life)).toMatchObject([{ detail: { valueCents: '300' } }]);
  expect(told(life)).toEqual([]);
});

test('a draft that is to be finalized by retry is, though the run ended before it was', async () => {
  const life = await on.aLife();
  await life.use(150_000);
  const { end } = await life.period();
  await life.to(end + 60, 'never');
  const [draft] = await renewals(life);
  const invoiceId = String(draft?.id);
  await on.stage.stripe.invoices.update(invoiceId, { auto_advance: false });
  await life.to(life.now + 24 * HOUR);
  expect(told(life)).toEqual([['invoice_not_advancing', invoiceId]]);
  life.troubles.hangs.set('releaseInvoice', 20 * 60_000);
  await life.ask('resolveException', {
    ...{ exception: 'invoice_not_advancing', subject: invoiceId, kind: 'retry' },
    ...{ reason: 'it was a slip', by: 'grace' },
  });
  life.restart(life.state());
  await life.catchUp();
  await life.to(life.now + HOUR);
  expect((await on.stage.stripe.invoices.retrieve(invoiceId)).status).toBe('paid');
});
