/** A change of plan is priced by Stripe and by the ledger, and nothing is asked of anyone. */
import type Stripe from 'stripe';
import { startStripeSandbox } from '../../../src/dev/stripe-sandbox/server';
import { planPreview } from '../../../src/api/customers/plan-preview';
import { requireSubscribed } from '../../../src/api/customers/subscription-changes';
import { insertUsageEvents } from '../../../src/db/usage-events';
import { drainLedger } from '../../../src/ingest/sealing';
import { loadCatalog } from '../../../src/stripe/catalog-file';
import { pushCatalog } from '../../../src/stripe/catalog-push';
import { versionOf } from '../../../src/stripe/catalog-version';
import { createStripe } from '../../../src/stripe/client';
import { startTestApi } from '../../support/api/api';
import type { TestApi } from '../../support/api/api';
import { JANUARY } from '../../support/builders/builders';
import { startFaultyProxy } from '../../support/network/faulty-proxy';
import type { FaultyProxy } from '../../support/network/faulty-proxy';
import { aRow } from '../../support/builders/ledger';
import { recordUpdates } from '../../support/api/recorded-updates';

const { asked, updates } = recordUpdates(JANUARY);
const stops: (() => Promise<void>)[] = [];

let api: TestApi;
let stripe: Stripe;
let proxy: FaultyProxy;
beforeAll(async () => {
  const sandbox = await startStripeSandbox();
  stops.push(() => sandbox.close());
  proxy = await startFaultyProxy(sandbox.url);
  stops.push(() => proxy.close());
  stripe = createStripe({ secretKey: 'sk_test_preview', apiBase: proxy.url });
  await pushCatalog(stripe, await loadCatalog('catalog.yaml'));
  api = await startTestApi({ stripe, updates });
  stops.push(() => api.close());
  const { id } = await stripe.testHelpers.testClocks.create({ frozen_time: JANUARY });
  api.clocks.set(id, new Date(JANUARY * 1000));
  const created = await send('PUT', '', {
    email: 'ada@example.com',
    plan: 'starter',
    testClock: id,
  });
  expect(created.status).toBe(201);
  const tokens = { input: 150_000, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
  await insertUsageEvents(api.pool, [aRow('u1', { tokens, occurredAt: '2026-01-10T00:00:00Z' })]);
  await drainLedger(api.pool, 'ada');
});
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
});

async function send(method: string, path: string, body: unknown) {
  const response = await api.request(`/v1/customers/ada${path}`, {
    ...{ method, key: api.keys.admin },
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** Stripe's lists leave out what is on a test clock. */
async function subscriptionId(): Promise<string> {
  const { body } = await send('GET', '', undefined);
  return String(body.subscriptionId);
}

const onStarter = { includedTokens: 100_000, overageTokens: 50_000, amountCents: 15 };

test('to Pro now: the difference of the base prices, and 50,000 tokens less over', async () => {
  const { status, body } = await send('POST', '/plan', { plan: 'pro', preview: true });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    preview: true,
    plan: 'pro',
    when: 'now',
    effectiveFrom: '2026-01-01T00:00:00Z',
    dueNowCents: 7000,
    currency: 'usd',
    nextInvoice: {
      ...{ at: '2026-02-01T00:00:00Z', planPriceCents: 9900, usageCents: 0, amountCents: 9900 },
      discountCents: 0,
    },
    usage: {
      before: onStarter,
      after: { includedTokens: 500_000, overageTokens: 0, amountCents: 0 },
    },
  });
  const lines = body.lines as { amountCents: number }[];
  expect(lines.reduce((sum, { amountCents }) => sum + amountCents, 0)).toBe(7000);
});

test('to Pay as you go at the period’s end: nothing due, and this period stays as it is', async () => {
  const { body } = await send('POST', '/plan', { plan: 'pay_as_you_go', preview: true });
  expect(body).toMatchObject({
    when: 'period_end',
    effectiveFrom: '2026-02-01T00:00:00Z',
    dueNowCents: 0,
    lines: [],
    nextInvoice: { planPriceCents: 0, usageCents: 15, amountCents: 15 },
    usage: { before: onStarter, after: onStarter },
  });
});

test('to the version of now at the period’s end: both prices, and what usage like this will cost', async () => {
  const request = { plan: 'starter', version: 'current', preview: true };
  const { status, body } = await send('POST', '/plan', request);
  expect(status).toBe(200);
  const sold = { monthlyPriceCents: 2900, includedTokens: 100_000 };
  expect(body).toMatchObject({
    when: 'period_end',
    terms: { before: sold, after: sold },
    usage: { before: onStarter, after: onStarter },
  });
});

test('a plan that got dearer: what was sold beside what is asked, with this usage under both', async () => {
  const file = await loadCatalog('catalog.yaml');
  const dearer = {
    ...file,
    plans: file.plans.map((plan) =>
      plan.id === 'starter' ? { ...plan, monthlyPriceCents: 3900, includedTokens: 50_000 } : plan,
    ),
    rates: file.rates.map((rate) =>
      rate.id === 'overage_standard' ? { ...rate, pricePerMillionTokens: '6.00' } : rate,
    ),
  };
  await pushCatalog(stripe, dearer);
  const deps = { pool: api.pool, stripe, catalog: dearer };
  const customer = await requireSubscribed(deps, 'ada');
  const catalogVersion = versionOf(dearer);
  const move = { planId: 'starter', when: 'period_end', catalogVersion } as const;
  expect(await planPreview(deps, customer, move)).toMatchObject({
    dueNowCents: 0,
    terms: {
      before: {
        ...{ monthlyPriceCents: 2900, includedTokens: 100_000 },
        rates: expect.arrayContaining([
          { rate: 'overage_standard', pricePerMillionTokens: '3.00' },
        ]),
      },
      after: {
        ...{ catalogVersion, monthlyPriceCents: 3900, includedTokens: 50_000 },
        rates: expect.arrayContaining([
          { rate: 'overage_standard', pricePerMillionTokens: '6.00' },
        ]),
      },
    },
    usage: {
      before: onStarter,
      after: { includedTokens: 50_000, overageTokens: 100_000, amountCents: 60 },
    },
  });
  await pushCatalog(stripe, file);
});

test('neither the workflow nor Stripe is changed by looking', async () => {
  const id = await subscriptionId();
  const before = await stripe.subscriptions.retrieve(id);
  const writes = proxy.writes.length;
  await send('POST', '/plan', { plan: 'enterprise', preview: true });
  expect(asked).toEqual([]);
  expect(proxy.writes.slice(writes)).toEqual(['POST /v1/invoices/create_preview']);
  expect(await stripe.subscriptions.retrieve(id)).toEqual(before);
});

test('the next invoice is told after the discounts that the subscription has', async () => {
  const discount = { coupon: 'LAUNCH', percentOff: '20', id: 'di_1', startsAt: JANUARY };
  await api.pool.query(
    `update billing_periods set statement = statement || $1 where customer = 'ada'`,
    [JSON.stringify({ comingDiscounts: [discount] })],
  );
  const { body } = await send('POST', '/plan', { plan: 'pro', preview: true });
  expect(body.nextInvoice).toMatchObject({
    ...{ planPriceCents: 9900, usageCents: 0, discountCents: 1980, amountCents: 7920 },
  });
  await api.pool.query(
    `update billing_periods set statement = statement - 'comingDiscounts' where customer = 'ada'`,
  );
});

test('a grant that an unpaid period before has used up covers nothing more', async () => {
  const { pool } = api;
  await pool.query(
    `insert into token_grants (customer, id, tokens, since, reason)
     values ('ada', 'welcome', 30000, '2025-12-01', 'a test')`,
  );
  await pool.query(
    `insert into billing_periods (customer, period_start, period_end, plan, terms, status, statement)
     select customer, '2025-12-01', period_start, plan, terms, 'finalized',
            statement || '{"grantUses": {"welcome": 30000}}'
       from billing_periods where customer = 'ada'`,
  );
  const { body } = await send('POST', '/plan', { plan: 'pro', preview: true });
  expect(body).toMatchObject({ usage: { before: onStarter } });
});

test('what Stripe refuses to price is told as Stripe’s refusal', async () => {
  const refusing = createStripe({ secretKey: 'sk_test_preview', apiBase: 'http://127.0.0.1:1' });
  const catalog = await loadCatalog('catalog.yaml');
  const deps = { pool: api.pool, stripe: refusing, catalog };
  const customer = await requireSubscribed(deps, 'ada');
  await expect(planPreview(deps, customer, { planId: 'pro', when: 'now' })).rejects.toMatchObject({
    code: 'stripe_error',
  });
});

test('a subscription that ended has no price of a change', async () => {
  const id = await subscriptionId();
  await stripe.subscriptions.cancel(id);
  for (const when of ['now', 'period_end']) {
    const { status, body } = await send('POST', '/plan', { plan: 'pro', when, preview: true });
    expect([status, body.code]).toEqual([409, 'subscription_not_active']);
  }
});
