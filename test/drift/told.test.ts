/**
 * Goal: what is wrong is told by whoever looks from outside, not by the workflow that is wrong: the
 * audit of drift compares ledger and Stripe, and the doctor has everything in one list.
 */
import { BILLING_TASK_QUEUE, PAYOUT_WORKFLOW_TYPE } from '../../workflows/contract';
import { ledgerCheckText } from '../../src/cli/proof/ledger-check-text';
import { examinationText, examine } from '../../src/cli/doctor/doctor';
import type { Finding } from '../../src/cli/doctor/finding';
import { listDriftFindings, readDriftGauges } from '../../src/db/drift-checks';
import { readPipelineLag } from '../../src/db/pipeline-lag';
import { SEALING_LOCK } from '../../src/db/sealing-state';
import { auditNext } from '../../src/drift/drift-audit';
import { loadCatalog } from '../../src/stripe/catalog-file';
import { createMeterSums } from '../../src/stripe/meter-sums';
import { eventually } from '../support/stack/eventually';
import { startProduct } from '../support/stack/product';
import type { Product } from '../support/stack/product';
import { checkLedger } from '../../src/cli/proof/check-ledger';

let product: Product;
let stripeCustomers: Record<string, string>;
beforeAll(async () => {
  product = await startProduct({ LOG_LEVEL: 'silent' });
  stripeCustomers = {};
  for (const customer of ['ada', 'bo', 'cy', 'dora']) {
    const { stripeCustomerId } = await product.api.put<{ stripeCustomerId: string }>(
      `/v1/customers/${customer}`,
      { email: `${customer}@example.com`, plan: 'pay_as_you_go' },
    );
    stripeCustomers[customer] = stripeCustomerId;
  }
}, 120_000);
afterAll(() => product.stop());

const EVERY_MINUTES = 60;

/** All who are due are audited, as if an interval had gone by: some by the worker's own audit. */
async function audit(): Promise<void> {
  await product.pool.query(`update customers set created_at = created_at - interval '2 hours'`);
  await product.pool.query(`update drift_checks set next_check_at = now() - interval '1 second'`);
  const deps = {
    ...product,
    log: { error: () => undefined },
    config: { DRIFT_CHECK_MINUTES: EVERY_MINUTES },
  };
  const meters = createMeterSums(product.stripe);
  while (await auditNext(deps, meters));
}

/** Who was looked at since this time of the database's. */
async function auditedSince(time: Date): Promise<string[]> {
  const { rows } = await product.pool.query<{ customer: string }>(
    'select customer from drift_checks where checked_at >= $1 order by customer',
    [time],
  );
  return rows.map(({ customer }) => customer);
}
const timeOfDatabase = async (): Promise<Date> =>
  (await product.pool.query<{ at: Date }>('select clock_timestamp() as at')).rows[0]?.at as Date;
const untilAllAuditedSince = (time: Date) =>
  eventually(
    () => auditedSince(time),
    (customers) => customers.join() === 'ada,bo,cy,dora',
  );

const findings = async () =>
  Object.fromEntries(
    (await listDriftFindings(product.pool, 100)).map((found) => [found.customer, found]),
  );

async function audited() {
  await audit();
  return findings();
}

const doctor = async () =>
  examine({ ...product, catalog: await loadCatalog('catalog.yaml') }) as Promise<{
    ok: boolean;
    findings: readonly Finding[];
  }>;

test('a customer of whom all agree is found well, and a new one is not looked at at once', async () => {
  const deps = {
    ...product,
    log: { error: () => undefined },
    config: { DRIFT_CHECK_MINUTES: EVERY_MINUTES },
  };
  expect(await auditNext(deps, createMeterSums(product.stripe))).toBe(false);
  const begun = await timeOfDatabase();
  await audit();
  await untilAllAuditedSince(begun);
  expect(await findings()).toEqual({});
});

test('usage that somebody else reported is drift, whatever the workflow says of itself', async () => {
  await product.stripe.billing.meterEvents.create({
    event_name: 'tollkeeper_payg_standard',
    payload: { stripe_customer_id: String(stripeCustomers.ada), value: '777' },
    // Sums are by whole minutes: one that lies within the period, which has just begun.
    timestamp: Math.ceil(Date.now() / 60_000) * 60,
  });
  await eventually(audited, ({ ada }) => ada?.driftTokens === 777, 30_000);
  expect((await findings()).ada).toMatchObject({ driftTokens: 777, answers: true });
  // Found once it may be usage on its way: the gauge waits for the second time.
  expect((await readDriftGauges(product.pool)).driftTokens).toBe(0);
  await product.pool.query(`update drift_checks set differs_since = now() - interval '3 minutes'`);
  expect((await readDriftGauges(product.pool)).driftTokens).toBe(777);
});

test('a workflow that is gone is silent, and a customer deleted at Stripe ends no audit of others', async () => {
  await product.temporal.workflow.getHandle('billing:bo').terminate('a test');
  await product.stripe.customers.del(String(stripeCustomers.cy));
  const gone = await timeOfDatabase();
  await eventually(audited, ({ bo }) => bo?.answers === false, 30_000);
  expect(Object.keys(await findings())).toEqual(expect.arrayContaining(['ada', 'bo']));
  await untilAllAuditedSince(gone);
  // Nor does it end the command of the same name: it names who can't be read, and has all others.
  const deps = { ...product, catalog: await loadCatalog('catalog.yaml') };
  const { ok, customers, unread } = await checkLedger(deps as never, undefined, 0);
  expect([...customers, ...unread].map(({ customer }) => customer).sort()).toEqual([
    ...['ada', 'bo', 'cy', 'dora'],
  ]);
  expect(ok).toBe(false);
  expect(unread).toMatchObject([{ customer: 'cy', reason: expect.stringMatching(/^No such/) }]);
  expect(ledgerCheckText({ ok, customers, unread })).toMatch(/\bcy\b/);
});

test('a workflow task that fails again and again is told, though its run counts as running', async () => {
  await product.temporal.workflow.start('nothing of ours', {
    ...{ workflowId: 'billing:eve', taskQueue: BILLING_TASK_QUEUE, args: [] },
  });
  // Temporal tries again after 1, 2, 4 … seconds.
  const run = product.temporal.workflow.getHandle('billing:eve');
  await eventually(
    async () => (await run.describe()).raw.pendingWorkflowTask?.attempt ?? 0,
    (attempt) => attempt > 3,
    60_000,
  );
  const { findings: found } = await doctor();
  await run.terminate('a test');
  expect(found.map(({ what }) => what)).toEqual(
    expect.arrayContaining([
      expect.stringMatching(
        /^the workflow task of billing:eve fails, \d times by now: .*no such function is exported/,
      ),
    ]),
  );
});

test('the doctor has all of it in one list, with what to do', async () => {
  await product.pool.query(
    `update billing_periods
        set statement = statement || '{ "unpricedTokens": 42, "writtenOffTokens": 2 }'
      where customer = 'dora'`,
  );
  // The first button of Temporal's own UI.
  const payout = await product.temporal.workflow.start(PAYOUT_WORKFLOW_TYPE, {
    ...{ workflowId: 'payout:ch_none', taskQueue: BILLING_TASK_QUEUE },
    args: [{ customer: 'ada', source: 'ch_none' }],
  });
  await payout.cancel();
  const isTold = (found: readonly { what: string }[], status: string) =>
    found.some(({ what }) => what.includes(`is ${status}`));
  const examination = await eventually(
    doctor,
    ({ findings: found }) => isTold(found, 'TERMINATED') && isTold(found, 'CANCELLED'),
    30_000,
  );
  const told = examination.findings.map(({ of, what }) => `${of}: ${what}`);
  expect(told).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^ada: 777 billable tokens differ/),
      expect.stringMatching(/^bo: the workflow does not answer/),
      expect.stringMatching(/^Temporal: billing:bo is TERMINATED/),
      expect.stringMatching(/^Temporal: payout:ch_none is CANCELLED/),
      expect.stringMatching(/^dora: 40 tokens are priced by no rate/),
      'database: the daily reconciliation with Stripe has never run',
    ]),
  );
  expect(examination.ok).toBe(false);
  expect(examination.findings.every(({ remedy }) => remedy.length > 10)).toBe(true);
  expect(examinationText(examination as never)).toContain('CRITICAL bo: ');
});

test('a key that Stripe refuses is told by the call that it is refused', async () => {
  const faults = (method: string, order?: object) =>
    fetch(`${product.stripeUrl}/_sandbox/faults`, {
      ...{ method, headers: { 'content-type': 'application/json' } },
      ...(order && { body: JSON.stringify(order) }),
    });
  // Not once: the worker reads meters as well.
  const path = '/v1/billing/meters';
  await faults('POST', { method: 'GET', path, status: 403, times: 'always' });
  const { findings: found } = await doctor();
  await faults('DELETE');
  expect(found.map(({ what }) => what)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^reading meters could not be checked: /)]),
  );
});

test('sealing that stands still is told by its age, with the session that it waits for', async () => {
  const other = await product.pool.connect();
  try {
    await other.query('begin');
    await other.query('lock table usage_daily in share mode');
    await product.api.recordUsage('ada', [
      { id: 'late', model: 'gpt-4o-mini', tokens: { input: 1 }, second: nowSecond() },
    ]);
    await product.pool.query(
      `update usage_events set recorded_at = now() - interval '5 minutes' where id = 'late'`,
    );
    const { sealingLagSeconds } = await readPipelineLag(product.pool);
    expect(sealingLagSeconds).toBeGreaterThanOrEqual(300);
    const whats = await eventually(
      async () => (await doctor()).findings.map(({ what }) => what),
      (seen) => seen.some((what) => what.startsWith('sealing is held up')),
    );
    expect(whats).toContainEqual(expect.stringContaining('lock table usage_daily in share mode'));
  } finally {
    await other.query('rollback');
    other.release();
  }
});

test('a pass that has just begun is not told to be ended, however long usage has waited', async () => {
  const pass = await product.pool.connect();
  try {
    await pass.query('begin');
    await pass.query('select pg_advisory_xact_lock($1)', [SEALING_LOCK]);
    await product.api.recordUsage('ada', [
      { id: 'behind', model: 'gpt-4o-mini', tokens: { input: 1 }, second: nowSecond() },
    ]);
    await product.pool.query(
      `update usage_events set recorded_at = now() - interval '5 minutes' where id = 'behind'`,
    );
    const whats = (await doctor()).findings.map(({ what }) => what).join();
    expect(whats).toContain('a pass is under way');
    expect(whats).not.toContain('sealing is held up');
  } finally {
    await pass.query('rollback');
    pass.release();
  }
});

const nowSecond = (): number => Math.floor(Date.now() / 1000);
