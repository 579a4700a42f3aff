/** Lives that reach each activity of a billing or dunning run, a refusal on the way or not. */
import { DAY, HOUR, START } from './calendar';
import { buyAgain, leaveCard } from './at-checkout';
import type { Life } from './life';
import { comeBack } from './returning';
import type { InvoiceSnapshot } from '../../src/core/invoices/invoice-snapshot';

const decide = (life: Life, subject: string, kind: string, exception = 'invoice_differs') =>
  life.ask('resolveException', {
    ...{ exception, subject, kind, reason: 'looked at', by: 'grace' },
  });

/** Who is refused asks once more, under the same key; what hangs is waited for. */
async function asking(life: Life, update: string, message: object, id = life.workflowId) {
  for (let tries = 1; tries <= 2; tries += 1) {
    const seen: { isDone?: boolean } = {};
    void life.temporal.update(id, update, 'request', message).then(
      () => (seen.isDone = true),
      () => (seen.isDone = false),
    );
    await life.temporal.settle();
    while (seen.isDone === undefined) await life.to(life.now + HOUR);
    if (seen.isDone) break;
  }
  await life.catchUp();
}

const strangersUsage = (life: Life, tokens: number) =>
  life.stage.stripe.billing.meterEvents.create({
    event_name: 'tollkeeper_overage_standard',
    timestamp: life.now,
    payload: { stripe_customer_id: life.stripeCustomerId, value: String(tokens) },
  });

const GRANT = { id: 'goodwill', tokens: 1_000_000, expiresAt: null, reason: 'a test' };

export const LIVES = {
  /** Starter, 29.00; 1,000,000 tokens over its allowance of 100,000 are 3.00. */
  renewal: async (life: Life) => {
    await life.use(1_100_000);
    await life.renew();
  },
  /** The signal of the first batch is lost. */
  'lost signal': async (life: Life) => {
    life.books.seal([
      { second: life.now, model: 'gpt-4o-mini', tokenType: 'input', tokens: 100_000 },
    ]);
    await life.use(1_000_000);
    await life.renew();
  },
  /** 500,000 included by then, and 99.00 for the second month. */
  upgrade: async (life: Life) => {
    await life.use(180_000);
    await life.to(START + 11 * DAY);
    await asking(life, 'changePlan', { planId: 'pro', when: 'now' });
    await life.renew();
  },
  cancellation: async (life: Life) => {
    await life.use(1_100_000);
    await life.to(START + 5 * DAY);
    await asking(life, 'changeSubscription', { action: 'cancel', when: 'period_end' });
    await life.renew();
  },
  /** They leave, and somebody makes another subscription for them at Stripe. */
  return: async (life: Life) => {
    await life.use(1_100_000);
    await life.to(START + 5 * DAY);
    await life.change({ action: 'cancel', when: 'now' });
    await life.catchUp();
    await life.to(START + 6 * DAY);
    await comeBack(life);
    await life.renew();
  },
  grant: async (life: Life) => {
    await asking(life, 'grantTokens', GRANT);
    await life.use(1_100_000);
    await life.renew();
  },
  /** 1,000,000 tokens of the second month come late, and are on the third's invoice. */
  'late usage': async (life: Life) => {
    const { end } = await life.period();
    await life.use(100_000);
    await life.renew();
    await life.use(1_000_000, { second: end - 60 });
    await life.renew();
  },
  'held draft': async (life: Life) => {
    await life.use(150_000);
    await strangersUsage(life, 999_950);
    const { end } = await life.period();
    await life.to(end + 20 * 60);
    const draft = life.state().exceptions.find(({ kind }) => kind === 'invoice_differs');
    await decide(life, draft?.subject ?? '', 'accept_stripe');
  },
  /** Stripe says why it can't finalize the draft; the cause is mended, and an operator decides. */
  'not finalized': async (life: Life) => {
    await life.use(1_100_000);
    const { end } = await life.period();
    await life.to(end + 20 * 60);
    const { readInvoice } = life.activities;
    Object.assign(life.activities, {
      readInvoice: async (request: never) => {
        const read = (await readInvoice?.(request)) as InvoiceSnapshot;
        return { ...read, finalizationError: 'The location of the customer is not known.' };
      },
    });
    const draft = (await life.invoices())[0]?.id ?? '';
    await life.deliver([
      { id: 'failed', type: 'invoice.finalization_failed', objectId: draft, created: life.now },
    ]);
    Object.assign(life.activities, { readInvoice });
    const isOpen = life.state().exceptions.some(({ subject }) => subject === draft);
    if (isOpen) await decide(life, draft, 'retry', 'finalization_failed');
    await life.renew();
  },
  /** Somebody removes the item of a rate at Stripe. */
  'item removed': async (life: Life) => {
    const { subscriptionItems, subscriptions } = life.stage.stripe;
    const { items } = await subscriptions.retrieve(life.subscriptionId);
    const metered = items.data.findLast(({ price }) => price.recurring?.meter);
    await subscriptionItems.del(metered?.id ?? '');
    await life.catchUp();
    await life.to(life.now + 2 * DAY);
    await life.use(1_100_000);
    await life.renew();
  },
  /** They had two pages of Checkout open, and paid in both. */
  'bought twice': async (life: Life) => {
    await life.use(1_100_000);
    await buyAgain(life);
    await life.catchUp();
    await life.renew();
  },
  /** The bank refuses; they leave another card at Checkout, and that pays. */
  'card by checkout': async (life: Life) => {
    await life.use(1_100_000);
    await life.changeCard('pm_card_chargeCustomerFail');
    await life.renew();
    await leaveCard(life);
    await life.catchUp();
  },
  /** The bank refuses; they put in another card at Stripe's portal, and that pays. */
  'card by portal': async (life: Life) => {
    await life.use(1_100_000);
    await life.changeCard('pm_card_chargeCustomerFail');
    await life.renew();
    await life.changeCard('pm_card_visa');
    await life.catchUp();
  },
  /** Somebody removes what the subscription says of its catalog. */
  unpinned: async (life: Life) => {
    await life.stage.stripe.subscriptions.update(life.subscriptionId, { metadata: '' });
    await life.catchUp();
    await life.use(1_100_000);
    await life.renew();
  },
  'dunning paused': async (life: Life) => {
    await life.use(1_100_000);
    await life.changeCard('pm_card_chargeCustomerFail');
    await life.renew();
    const message = { until: null, reason: 'they promised' };
    for (const { invoiceId } of life.state().dunning)
      await asking(life, 'pauseDunning', message, `dunning:${invoiceId}`);
    await life.payOpenInvoices();
    await life.catchUp();
  },
  refund: async (life: Life) => {
    await life.use(1_100_000);
    const { data } = await life.stage.stripe.charges.list({ customer: life.stripeCustomerId });
    await life.stage.stripe.refunds.create({ charge: String(data[0]?.id), amount: 100 });
    await life.catchUp();
    await life.renew();
  },
  signalled: async (life: Life) => {
    life.temporal.signal(life.workflowId, 'recordUsage', { events: [{ id: 'one' }] });
    await life.use(1_100_000);
    await life.renew();
  },
  /** Ended, its last invoice paid; then a million tokens of before come in. */
  'late after the end': async (life: Life) => {
    await life.use(1_100_000);
    await life.to(START + 5 * DAY);
    await life.change({ action: 'cancel', when: 'now' });
    await life.catchUp();
    await life.to(life.now + HOUR);
    await life.use(1_000_000, { second: START + 4 * DAY });
    await life.to(life.now + HOUR);
  },
  /** Fourteen days unpaid, the subscription is canceled; then they pay after all. */
  'given up': async (life: Life) => {
    await life.use(1_100_000);
    await life.changeCard('pm_card_chargeCustomerFail');
    await life.renew();
    await life.to(life.now + 17 * DAY);
    await life.payOpenInvoices();
    await life.catchUp();
  },
  unpaid: async (life: Life) => {
    await life.use(1_100_000);
    await life.changeCard('pm_card_chargeCustomerFail');
    await life.renew();
    await life.to(life.now + 2 * DAY);
    await life.payOpenInvoices();
    await life.catchUp();
  },
} satisfies Record<string, (life: Life) => Promise<unknown>>;
