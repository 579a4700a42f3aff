/**
 * Goal: a rollout reads from our database what each customer pays and would pay, takes only its own
 * customers' exceptions for trouble, and tells moved, left out and refused apart.
 */
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { Pool } from 'pg';
import { createRolloutActivities } from '../../activities';
import type { CustomerWorkflows } from '../../activities/catalog-rollout';
import { planTerms } from '../../src/core/plans/catalog';
import type { Catalog } from '../../src/core/plans/catalog';
import { DomainError } from '../../src/core/errors';
import type { ErrorCode } from '../../src/core/errors';
import type { PlanTerms } from '../../src/core/plans/plan';
import { trialTerms } from '../../src/core/subscription/trial';
import { readAuditEntries } from '../../src/db/audit-entries';
import { storeCatalogVersion } from '../../src/db/catalog-versions';
import { createPool } from '../../src/db/pool';
import { loadCatalog } from '../../src/stripe/catalog-file';
import { asVersion } from '../../src/stripe/catalog-version';
import { FEBRUARY, JANUARY, MARCH } from '../support/builders/builders';
import { changeTrail, createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';

const AT = 1_000;
let database: TestDatabase;
let pool: Pool;
let activities: ReturnType<typeof createRolloutActivities>;
let bought: PlanTerms;
let version: string;
let answer: ErrorCode | null = null;
const exceptions = new Map<string, number>();
const asked: string[] = [];

const customers: CustomerWorkflows = {
  changePlan: async (customer, change, request) => {
    asked.push(`${customer} ${request}`);
    if (answer) throw new DomainError(answer, `no: ${answer}`);
    return { ...change, from: MARCH };
  },
  openExceptions: async (customer) => {
    const since = exceptions.get(customer);
    if (since === undefined) return [];
    return [{ kind: 'price_differs', subject: 'si_1', message: '4.00', since }];
  },
  customersWithExceptions: async () => ['ada', 'zoe'],
};

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url });
  const old = await loadCatalog('catalog.yaml');
  const dearer: Catalog = {
    ...old,
    plans: old.plans.map((plan) =>
      plan.id === 'starter' ? { ...plan, monthlyPriceCents: 3_900 } : plan,
    ),
  };
  for (const catalog of [old, dearer]) await storeCatalogVersion(pool, asVersion(catalog));
  version = asVersion(dearer).version;
  bought = { ...planTerms(old, 'starter'), catalogVersion: asVersion(old).version };
  activities = createRolloutActivities({ pool, catalog: dearer, customers });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeEach(async () => {
  await changeTrail(pool, 'truncate customers, billing_periods, audit_entries cascade');
  answer = null;
  exceptions.clear();
  asked.length = 0;
});

const run = <R>(work: () => Promise<R>): Promise<R> => {
  const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  return environment.run<[], R, () => Promise<R>>(work);
};

async function add(customer: string, terms: PlanTerms, columns = 'cancel_at = null') {
  await pool.query(
    `insert into customers (customer, email, plan, billing_status) values ($1, 'a@b.c', 'starter', 'active')`,
    [customer],
  );
  await pool.query(`update customers set ${columns} where customer = $1`, [customer]);
  await addPeriod(customer, terms, FEBRUARY, MARCH, 'open');
}

const addPeriod = (customer: string, terms: PlanTerms, from: number, to: number, phase: string) =>
  pool.query(
    `insert into billing_periods (customer, period_start, period_end, plan, terms, status, statement)
     values ($1, to_timestamp($2), to_timestamp($3), 'starter', $4, $5, $6)`,
    [customer, from, to, JSON.stringify(terms), phase, JSON.stringify({ phase })],
  );

const rollout = () => ({ planId: 'starter', version, startedAt: 7 });
const page = (limit = 10) => ({ planId: 'starter', version, after: '', limit });
const move = (customer: string, attempt = 1) =>
  run(() => activities.moveCustomer({ ...rollout(), customer, attempt, when: 'now' }));
const trouble = (...lately: string[]) =>
  run(() => activities.findRolloutTrouble({ ...rollout(), since: AT, lately }));

test('trials are told by what follows them, seats by their number, and who is there not at all', async () => {
  await add('ada', bought);
  await addPeriod('ada', bought, JANUARY, FEBRUARY, 'paid');
  await add('bo', { ...bought, baseQuantity: 3, monthlyPriceCents: 8_700 });
  await add('cy', trialTerms(bought));
  await add('di', { ...bought, catalogVersion: version });
  await add('ed', bought, `next_plan = 'pro'`);
  await add('fay', bought, `billing_status = 'ended'`);
  await add('gus', bought, `cancel_at = now()`);
  const { customers: read, after, next } = await run(() => activities.previewRollout(page()));
  expect(after).toMatchObject({ version, monthlyPriceCents: 3_900, includedTokens: 100_000 });
  expect(read).toMatchObject([
    { customer: 'ada', beforeCents: 2_900, afterCents: 3_900, isRunning: false },
    { customer: 'bo', beforeCents: 8_700, afterCents: 11_700, isRunning: true },
    { customer: 'cy', beforeCents: 2_900, afterCents: 3_900, before: { monthlyPriceCents: 2_900 } },
    { customer: 'ed', reason: 'plan_change_waits' },
    { customer: 'fay', reason: 'ended' },
    { customer: 'gus', reason: 'cancellation_waits' },
  ]);
  expect(next).toBeNull();
  expect((await run(() => activities.previewRollout(page(2)))).next).toBe('bo');
});

test('to a catalog that nobody pushed nothing is previewed', async () => {
  const request = { ...page(), version: 'none' };
  await expect(run(() => activities.previewRollout(request))).rejects.toThrow(
    /No catalog none with a plan starter is stored: run tollkeeper catalog push/,
  );
});

test.each<[ErrorCode | null, object]>([
  [null, { outcome: 'moved' }],
  ['plan_unchanged', { outcome: 'moved' }],
  ['subscription_not_active', { outcome: 'left_out', reason: 'ended' }],
  ['cancellation_pending', { outcome: 'left_out', reason: 'cancellation_waits' }],
  ['stripe_error', { outcome: 'refused', why: 'no: stripe_error' }],
  ['payment_requires_action', { outcome: 'refused', why: 'no: payment_requires_action' }],
])('answered %s a customer is %j', async (code, expected) => {
  answer = code;
  expect(await move('ada')).toEqual(expected);
  const entries = await readAuditEntries(pool, 'catalog:starter');
  expect(entries.map(({ kind }) => kind)).toEqual(
    'reason' in expected || 'why' in expected ? [] : ['rollout_moved'],
  );
});

test('who does not answer is asked again under the same key, refused under another', async () => {
  answer = 'billing_unavailable';
  await expect(move('ada')).rejects.toThrow(/billing_unavailable/);
  answer = null;
  await move('ada');
  await move('ada', 2);
  expect(asked[0]).toBe(asked[1]);
  expect(asked[2]).not.toBe(asked[1]);
});

test('trouble is an exception since the approval, of somebody whom this rollout moved', async () => {
  await move('ada');
  await move('bo');
  exceptions.set('zoe', AT + 1);
  expect(await trouble()).toBeNull();
  exceptions.set('ada', AT - 1);
  expect(await trouble()).toBeNull();
  // Visibility has not heard of bo yet, who was moved just now.
  exceptions.set('bo', AT);
  expect(await trouble()).toBeNull();
  expect(await trouble('bo')).toEqual({
    customer: 'bo',
    why: 'exception price_differs of si_1: 4.00',
  });
  // This customer was moved in an earlier batch.
  exceptions.set('ada', AT + 5);
  expect(await trouble()).toMatchObject({ customer: 'ada' });
});
