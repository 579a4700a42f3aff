/** Goal: a report reaches Stripe's meter once, whatever was lost and however long it took. */
import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { Pool } from 'pg';
import type Stripe from 'stripe';
import type { Activities } from '../../activities';
import { createStripeActivities } from '../../activities';
import type { ReportUsageRequest } from '../../activities/meters';
import type { Catalog } from '../../src/core/plans/catalog';
import { planTerms } from '../../src/core/plans/catalog';
import { statementOf } from '../../src/core/invoices/statement';
import { readAuditEntries } from '../../src/db/audit-entries';
import { createPool } from '../../src/db/pool';
import { startStripeSandbox } from '../../src/dev/stripe-sandbox/server';
import type { StripeSandbox } from '../../src/dev/stripe-sandbox/server';
import { loadCatalog } from '../../src/stripe/catalog-file';
import { pushCatalog } from '../../src/stripe/catalog-push';
import { createStripe } from '../../src/stripe/client';
import { createMeterStream } from '../../src/stripe/meter-stream';
import { aPeriod, aState } from '../support/builders/builders';
import { createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';

const HOUR_MS = 3_600_000;
const RATE = 'overage_standard';

let hoursPassed = 0;
const now = () => Date.now() + hoursPassed * HOUR_MS;

let database: TestDatabase;
let sandbox: StripeSandbox;
let pool: Pool;
let stripe: Stripe;
let catalog: Catalog;
let activities: Pick<Activities, 'reportUsage' | 'sumMeters'>;
let streaming: typeof activities;
beforeAll(async () => {
  database = await createTestDatabase();
  sandbox = await startStripeSandbox({ now });
  pool = createPool({ connectionString: database.url, max: 2 });
  stripe = createStripe({ secretKey: 'sk_test_meters', apiBase: sandbox.url });
  catalog = await loadCatalog('catalog.yaml');
  await pushCatalog(stripe, catalog);
  const drainLedger = () => Promise.resolve(0);
  const takeUsage = async () => [];
  const signalStripeEvent = () => Promise.resolve();
  const deps = { pool, stripe, catalog, drainLedger, takeUsage, signalStripeEvent, now };
  activities = createStripeActivities(deps);
  streaming = createStripeActivities({ ...deps, sendReport: createMeterStream(stripe) });
});
afterAll(async () => {
  await pool.end();
  await sandbox.close();
  await database.drop();
});
beforeEach(() => {
  hoursPassed = 0;
});

async function aReport(overrides: Partial<ReportUsageRequest> = {}): Promise<ReportUsageRequest> {
  const customer = `ada-${randomUUID()}`;
  const { id } = await stripe.customers.create({ email: 'ada@example.com' });
  const second = Math.floor(now() / 1000);
  const period = { start: second - 10 * 86_400, end: second + 20 * 86_400 };
  const terms = planTerms(catalog, 'starter');
  return {
    customer,
    stripeCustomerId: id,
    identifier: `${id}:1`,
    meterEventName: `tollkeeper_${RATE}`,
    rateId: RATE,
    period,
    tokens: 500,
    timestamp: second,
    firstAttemptAt: now(),
    acknowledgedTokens: 0,
    statement: statementOf(aState({ customer }), aPeriod({ ...period, terms })),
    ...overrides,
  };
}

const run = (reporting: typeof activities, request: ReportUsageRequest) =>
  new MockActivityEnvironment(undefined, { logger: new DefaultLogger('ERROR') }).run(
    reporting.reportUsage,
    request,
  );

async function metered({ customer, stripeCustomerId, period }: ReportUsageRequest) {
  const rates = planTerms(catalog, 'starter').rates;
  const sums = await activities.sumMeters({ customer, stripeCustomerId, ...period, rates });
  return sums[RATE];
}

async function inject(path: string, fault: Record<string, unknown>): Promise<void> {
  const response = await fetch(`${sandbox.url}/_sandbox/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ method: 'POST', path, times: 1, ...fault }),
  });
  expect(response.ok).toBe(true);
}

const CALLS = '/v1/billing/meter_events';
const STREAM = '/v2/billing/meter_event_stream';

describe.each([
  { way: 'by a call each', path: CALLS, activitiesOf: () => activities },
  { way: 'through the stream', path: STREAM, activitiesOf: () => streaming },
])('$way', ({ path, activitiesOf }) => {
  const report = (request: ReportUsageRequest) => run(activitiesOf(), request);
  test('a report is on the meter, and the audit trail says so', async () => {
    const request = await aReport();
    await report(request);
    expect(await metered(request)).toBe(500);
    const entries = await readAuditEntries(pool, request.customer);
    expect(entries).toMatchObject([
      { kind: 'usage_reported', detail: { tokens: 500, identifier: request.identifier } },
    ]);
  });

  test('a report sent again counts once: “already exists” is success', async () => {
    const request = await aReport();
    await report(request);
    await report(request);
    expect(await metered(request)).toBe(500);
  });

  test('an answer that was lost after Stripe applied the report: the repeat counts once', async () => {
    const request = await aReport();
    await inject(path, { mode: 'cut' });
    await report(request).catch(() => undefined);
    await report(request);
    expect(await metered(request)).toBe(500);
  });

  test.each([
    ['a rate limit', { status: 429 }],
    ['a server error', { status: 500 }],
    ['an outage', { status: 503 }],
  ])('%s fails the attempt so that Temporal repeats it', async (_case, fault) => {
    const request = await aReport();
    await inject(path, fault);
    await expect(report(request)).rejects.toMatchObject({ nonRetryable: false });
    await report(request);
    expect(await metered(request)).toBe(500);
  });

  test('after 25 hours Stripe has forgotten the identifier: what is on the meter is not sent again', async () => {
    const request = await aReport();
    await report(request);
    hoursPassed = 25;
    await report(request);
    expect(await metered(request)).toBe(500);
  });

  test('after 25 hours a report that never arrived is sent', async () => {
    const earlier = await aReport();
    await report(earlier);
    const lost = { ...earlier, identifier: `${earlier.identifier}:2`, acknowledgedTokens: 500 };
    hoursPassed = 25;
    await report(lost);
    expect(await metered(earlier)).toBe(1_000);
  });

  test('a number that is given out again, by a run that was reset, answers what it was sent for', async () => {
    const request = await aReport();
    await report(request);
    const again = { ...request, tokens: 700 };
    expect(await report(again)).toEqual({ tokens: 500 });
    hoursPassed = 25;
    expect(await report({ ...again, firstAttemptAt: now() })).toEqual({ tokens: 500 });
    expect(await metered(request)).toBe(500);
  });
});

test('a report that Stripe refuses fails for good', async () => {
  const request = await aReport({ tokens: 1.5 });
  await expect(run(activities, request)).rejects.toMatchObject({ nonRetryable: true });
});

test('an attempt whose answer was lost counts once, whichever way the next one takes', async () => {
  const request = await aReport();
  await inject(CALLS, { mode: 'cut' });
  await run(activities, request).catch(() => undefined);
  await run(streaming, request);
  expect(await metered(request)).toBe(500);
});
