/** Goal: what dunning does at Stripe and in our books is done once, and never to what was paid. */
import { MockActivityEnvironment } from '@temporalio/testing';
import type { Pool } from 'pg';
import type Stripe from 'stripe';
import { createActivities } from '../../activities';
import type { Activities } from '../../activities';
import type { GiveUpRequest } from '../../activities/dunning';
import type { NotifyDunningRequest } from '../../activities/notifications';
import type { Catalog } from '../../src/core/plans/catalog';
import { openDunning, takeStep } from '../../src/core/dunning/dunning';
import { dunningFact } from '../../src/core/dunning/dunning-notice';
import { readAuditEntries, verifyAuditChain } from '../../src/db/audit-entries';
import { createPool } from '../../src/db/pool';
import { startStripeSandbox } from '../../src/dev/stripe-sandbox/server';
import type { StripeSandbox } from '../../src/dev/stripe-sandbox/server';
import { loadCatalog } from '../../src/stripe/catalog-file';
import { createStripe } from '../../src/stripe/client';
import { changeTrail, createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';

const FAILED = Date.parse('2026-02-01T10:00:00Z');

let database: TestDatabase;
let sandbox: StripeSandbox;
let pool: Pool;
let stripe: Stripe;
let catalog: Catalog;
let activities: Activities;
beforeAll(async () => {
  database = await createTestDatabase();
  sandbox = await startStripeSandbox();
  pool = createPool({ connectionString: database.url, max: 4 });
  stripe = createStripe({ secretKey: 'sk_test_dunning', apiBase: sandbox.url });
  catalog = await loadCatalog('catalog.yaml');
  activities = createActivities({
    ...{ pool, stripe, catalog, now: Date.now },
    drainLedger: async () => 0,
    takeUsage: async () => [],
    signalStripeEvent: async () => undefined,
  });
});
afterAll(async () => {
  await pool.end();
  await sandbox.close();
  await database.drop();
});
beforeEach(() =>
  changeTrail(pool, 'truncate notifications, notification_deliveries, audit_entries'),
);

const kinds = async () => (await readAuditEntries(pool, 'ada')).map(({ kind }) => kind);

describe('what is told', () => {
  const state = openDunning(
    { customer: 'ada', invoiceId: 'in_1', amountDueCents: 2900, firstFailedAt: FAILED },
    {
      giveUp: 'cancel',
      steps: [
        { day: 0, action: 'notify' },
        { day: 3, action: 'throttle' },
      ],
    },
  );
  const step = { day: 0, action: 'notify' } as const;
  const reminder: NotifyDunningRequest = {
    customer: 'ada',
    type: 'dunning',
    fact: dunningFact(takeStep(state, step), { kind: 'notify', day: 0 }),
    channels: ['email', 'webhook'],
    decidedAt: FAILED,
  };
  const outbox = async () =>
    (
      await pool.query<{ key: string; type: string; data: unknown; channels: string[] }>(
        `select key, type, data, array_agg(channel order by channel) as channels
           from notifications join notification_deliveries using (key)
          group by key order by key`,
      )
    ).rows;

  test('a step is one notification under invoice and day, with currency and times in ISO', async () => {
    await activities.notify(reminder);
    expect(await outbox()).toEqual([
      {
        key: 'dunning:in_1:day-0',
        type: 'dunning.reminder',
        channels: ['email', 'webhook'],
        data: {
          ...{ customer: 'ada', invoiceId: 'in_1', amountDueCents: 2900, currency: 'usd' },
          firstFailedAt: '2026-02-01T10:00:00.000Z',
          ...{ day: 0, access: 'warned', giveUp: 'cancel' },
          next: { at: '2026-02-04T10:00:00.000Z', action: 'throttle' },
        },
      },
    ]);
    expect(await kinds()).toEqual(['dunning_reminder']);
  });

  test('told ten times at once, and again by a case that began anew, it is told once', async () => {
    await Promise.all(Array.from({ length: 10 }, () => activities.notify(reminder)));
    const again = { ...reminder.fact, amountDueCents: 1 };
    await activities.notify({ ...reminder, fact: again, decidedAt: 0 });
    expect(await outbox()).toMatchObject([{ data: { amountDueCents: 2900 } }]);
    expect(await kinds()).toEqual(['dunning_reminder']);
  });

  test('the recovery has a key of its own, and so has the closing of the case', async () => {
    await activities.notify(reminder);
    const fact = dunningFact(state, { kind: 'recovered', day: null });
    await activities.notify({ ...reminder, fact });
    const closed = { customer: 'ada', invoiceId: 'in_1', outcome: 'recovered' } as const;
    await activities.recordDunning({ ...closed, detail: { stepsTaken: 1 } });
    await activities.recordDunning({ ...closed, detail: { stepsTaken: 2 } });
    expect((await outbox()).map(({ key }) => key)).toEqual([
      'dunning:in_1:day-0',
      'dunning:in_1:recovered',
    ]);
    const entries = await readAuditEntries(pool, 'ada');
    expect(entries.map(({ key, kind }) => [key, kind])).toEqual([
      ['dunning:in_1:day-0', 'dunning_reminder'],
      ['dunning:in_1:recovered', 'dunning_recovered'],
      ['dunning:in_1:closed', 'dunning_closed'],
    ]);
    expect(entries[2]?.detail).toEqual({
      ...{ invoiceId: 'in_1', outcome: 'recovered', stepsTaken: 1 },
    });
    expect(verifyAuditChain(entries)).toEqual({ intact: true });
  });
});

describe('the final action', () => {
  const giveUp = (invoiceId: string, action: GiveUpRequest['action']) =>
    new MockActivityEnvironment().run(activities.giveUpInvoice, {
      ...{ customer: 'ada', invoiceId, action },
    });

  /** Its card is declined: the first invoice is open, and the subscription incomplete. */
  async function anUnpaidSubscription() {
    const customer = await stripe.customers.create({ email: 'ada@example.com' });
    const card = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', {
      customer: customer.id,
    });
    const { id: product } = await stripe.products.create({ name: 'Plan' });
    const { id: price } = await stripe.prices.create({
      ...{ product, currency: 'usd', unit_amount: 2900, recurring: { interval: 'month' } },
    });
    const subscription = await stripe.subscriptions.create({
      ...{ customer: customer.id, default_payment_method: card.id, items: [{ price }] },
    });
    const invoiceId = String(subscription.latest_invoice);
    expect((await stripe.invoices.retrieve(invoiceId)).status).toBe('open');
    const status = async () => (await stripe.subscriptions.retrieve(subscription.id)).status;
    return { customer: customer.id, price, invoiceId, status };
  }

  test('cancels the subscription of the invoice, and no other of the customer, once', async () => {
    const { customer, price, invoiceId, status } = await anUnpaidSubscription();
    const card = await stripe.paymentMethods.attach('pm_card_visa', { customer });
    const other = await stripe.subscriptions.create({
      ...{ customer, default_payment_method: card.id, items: [{ price }] },
    });
    expect(await giveUp(invoiceId, 'cancel')).toBe(true);
    expect(await giveUp(invoiceId, 'cancel')).toBe(true);
    expect(await status()).toBe('canceled');
    expect((await stripe.subscriptions.retrieve(other.id)).status).toBe('active');
    expect(await kinds()).toEqual(['dunning_final_action']);
  });

  test('marks the invoice uncollectible, and finds it marked', async () => {
    const { invoiceId } = await anUnpaidSubscription();
    expect(await giveUp(invoiceId, 'mark_uncollectible')).toBe(true);
    expect(await giveUp(invoiceId, 'mark_uncollectible')).toBe(true);
    expect((await stripe.invoices.retrieve(invoiceId)).status).toBe('uncollectible');
    expect(await kinds()).toEqual(['dunning_final_action']);
  });

  test.each(['cancel', 'mark_uncollectible'] as const)(
    'leaves alone what was paid in the last second: %s',
    async (action) => {
      const { customer, invoiceId, status } = await anUnpaidSubscription();
      const card = await stripe.paymentMethods.attach('pm_card_visa', { customer });
      await stripe.invoices.pay(invoiceId, { payment_method: card.id });
      expect(await giveUp(invoiceId, action)).toBe(false);
      expect(await status()).toBe('active');
      expect((await stripe.invoices.retrieve(invoiceId)).status).toBe('paid');
      expect(await kinds()).toEqual([]);
    },
  );
});
