/** What `/metrics` of any API tells of billing, from the database alone. */
import { customerChecks } from '../../src/cli/doctor/customers';
import type { TestApi } from '../support/api/api';
import { startTestApi } from '../support/api/api';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  for (const customer of ['ada', 'bo', 'cy']) await api.addCustomer(customer);
  await api.pool.query(`update customers set dunning_access = 'warned' where customer <> 'cy'`);
  await api.pool.query(
    `insert into stripe_event_cursor (listed_until) values (now() - interval '2 hours')`,
  );
  await addPeriod('ada', { tokens: 50_000, reportedTokens: 49_000 }, '1 hour', null);
  await addPeriod('bo', { tokens: 5, reportedTokens: 8 }, '1 hour', null);
  // A report may be under way, or the period is paid and past.
  await addPeriod('cy', { tokens: 70, reportedTokens: 0 }, '1 second', null);
  await addPeriod('dan', { tokens: 70, reportedTokens: 0 }, '1 hour', '2026-02-02');
  await addPeriod('eve', { tokens: 0, reportedTokens: 0 }, '1 hour', null, {
    ...{ unpricedTokens: 42, writtenOffTokens: 2 },
  });
  await addEntry('acme', 'ch_1', { earned: 850, moved: 0 });
  await addEntry('acme', 'ch_2', { earned: 400, moved: 0 });
  await addEntry('acme', 'ch_2', { earned: 0, moved: 400 });
  await addEntry('globex', 'ch_1', { earned: -30, moved: 0 });
  await addImport(1, 'observed', null, null);
  await addImport(2, 'observed', 'paused: its collection is paused', null);
  await addImport(3, 'refused', 'told by the command that asked', null);
  await addImport(4, 'waiting', null, '-4 hours');
  await addImport(5, 'waiting', null, '-1 hour');
  await addImport(6, 'waiting', null, '5 days');
});
afterAll(() => api.close());

async function addPeriod(
  customer: string,
  rate: object,
  age: string,
  archivedAt: string | null,
  more: object = {},
) {
  await api.pool.query(
    `insert into billing_periods
       (customer, period_start, period_end, plan, terms, status, statement, updated_at, archived_at)
     values ($1, '2026-01-01', '2026-02-01', 'starter', '{}', 'open', $2, now() - $3::interval, $4)`,
    [customer, JSON.stringify({ rates: [rate], ...more }), age, archivedAt],
  );
}

let entries = 0;
async function addEntry(vendor: string, charge: string, cents: { earned: number; moved: number }) {
  await api.pool.query(
    `insert into vendor_entries (key, vendor, charge_id, customer, kind, earned_cents, moved_cents,
                                 period_start, period_end, release_at)
     values ($1, $2, $3, 'ada', 'share', $4, $5, '2026-01-01', '2026-02-01', '2026-02-01')`,
    [`entry-${(entries += 1)}`, vendor, charge, cents.earned, cents.moved],
  );
}

test('drift, unpaid customers, the reconciliation, and what vendors are owed', async () => {
  const text = await (await api.request('/metrics', { key: api.keys.read })).text();
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  expect(lines).toEqual(
    expect.arrayContaining([
      'tollkeeper_unreported_tokens 1003',
      'tollkeeper_drift_tokens 0',
      'tollkeeper_stripe_events_waiting 0',
      'tollkeeper_unpaid_customers{access="warned"} 2',
      'tollkeeper_unpaid_customers{access="throttled"} 0',
      'tollkeeper_vendor_owed_cents{vendor="acme"} 850',
      'tollkeeper_vendor_owed_cents{vendor="globex"} -30',
      'tollkeeper_vendor_charges_waiting{vendor="acme"} 1',
      'tollkeeper_vendor_charges_waiting{vendor="globex"} 1',
    ]),
  );
  const age = lines.find((line) => line.startsWith('tollkeeper_reconciliation_age_seconds'));
  expect(Number(age?.split(' ')[1])).toBeCloseTo(7_200, -3);
});

test('periods past their time and usage that no rate prices, with whose they are', async () => {
  const text = await (await api.request('/metrics', { key: api.keys.read })).text();
  // Not dan's, which is put away; who pauses its collection keeps its drafts by choice.
  expect(text).toContain('\ntollkeeper_overdue_periods 3\n');
  expect(text).toContain('\ntollkeeper_unpriced_tokens 40\n');
  await api.pool.query(`update customers set collection_paused = 'keep_as_draft'
                         where customer = 'bo'`);
  expect(await told('overdue periods')).toEqual([
    ['ada', 'the period that ended at 2026-02-01T00:00:00.000Z is open and has no final invoice'],
    ['cy', 'the period that ended at 2026-02-01T00:00:00.000Z is open and has no final invoice'],
  ]);
  expect(await told('unpriced usage')).toEqual([
    ['eve', '40 tokens are priced by no rate of starter: they are billed nowhere'],
  ]);
});

test('imports that were to be billed, and are not', async () => {
  const text = await (await api.request('/metrics', { key: api.keys.read })).text();
  expect(text).toContain('tollkeeper_unbilled_imports{because="refused"} 1\n');
  expect(text).toContain('tollkeeper_unbilled_imports{because="overdue"} 1\n');
});

const addImport = (number: number, phase: string, refusal: string | null, due: string | null) =>
  api.pool.query(
    `insert into imports (subscription_id, customer, stripe_customer_id, plan, catalog_version,
                          price_id, phase, refusal, bills_from)
     values ('sub_' || $1, 'new-' || $1, 'cus_' || $1, 'starter', 'v', 'price_1', $2, $3,
             now() + $4::interval)`,
    [number, phase, refusal, due],
  );

async function told(check: string): Promise<string[][]> {
  const deps = { pool: api.pool } as Parameters<typeof customerChecks>[0];
  const found = await customerChecks(deps)
    .find(({ name }) => name === check)
    ?.look();
  return (found ?? []).map(({ of, what }) => [of, what]).sort();
}
