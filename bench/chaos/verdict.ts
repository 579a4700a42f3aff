/** What must be true in the end, whatever was broken: each check with what it found. */
import { createOpenExceptions } from '../../src/temporal/open-exceptions';
import { ENDED_BY_OTHERS } from '../../src/temporal/connect';
import { measure } from '../../src/demo/measure';
import type { MeasuredCustomer } from '../../src/demo/measure';
import { expectVendor } from '../../src/demo/oracle';
import { DEMO_SALE, DEMO_VENDORS } from '../../src/demo/scenario';
import { awaitPayouts } from '../../src/demo/vendors';
import { createApiClient } from '../../src/demo/client';
import { examine } from '../../src/cli/doctor/doctor';
import { loadCatalog } from '../../src/stripe/catalog-file';
import type { Load } from './months';
import { persist, search } from './persist';
import { CHANGER } from './load/plan-changes';
import type { Stage } from './stage';

/** Stripe's page, and more than the longest drill makes. */
const PAGE = 100;
const MOST = 10_000;

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly found: string;
}

export interface Verdict {
  readonly checks: readonly Check[];
  readonly customers: readonly MeasuredCustomer[];
}

/** What has been played, as far as it is judged. */
export type Played = Pick<
  Load,
  'customers' | 'answers' | 'changes' | 'months' | 'refundedCents' | 'waiting'
>;

export async function judge(stage: Stage, load: Played): Promise<Verdict> {
  await settle(stage);
  const measured: MeasuredCustomer[] = [];
  // An hour has hundreds of periods: not all of them at once.
  for (const one of load.customers)
    measured.push(await persist(`the books of ${one.customer}`, () => measure(stage, one)));
  const customers = load.changes.expected(measured);
  const checks = [
    books(customers, load.months),
    await planChanges(stage, load),
    ...(await vendors(stage, load)),
    await refunds(stage, load),
    await webhooks(stage),
    await exceptions(stage),
    await workflows(stage),
    await examination(stage),
    usage(load),
  ];
  return { checks, customers };
}

export const check = (name: string, ok: boolean, found: string): Check => ({ name, ok, found });

/** The search for what webhooks left out finds nothing any more, and nothing waits. */
async function settle(stage: Stage): Promise<void> {
  await persist('nothing is found that was lost', async () => {
    const run = await search(stage.temporal);
    const recovered = Object.values(run.eventsRecovered).reduce((sum, count) => sum + count, 0);
    if (run.fault !== null || recovered > 0) throw new Error(`${recovered} events, ${run.fault}`);
    const { rows } = await stage.pool.query<{ waiting: number }>(WAITING);
    if (rows[0]?.waiting !== 0) throw new Error(`${rows[0]?.waiting} webhooks wait`);
  });
}

const WAITING = `select count(*)::int as waiting from stripe_events where status = 'waiting'`;

function books(customers: readonly MeasuredCustomer[], months: number): Check {
  const periods = customers.flatMap((one) => one.periods.map((period) => ({ one, period })));
  const wrong = periods.filter(
    ({ period }) =>
      period.drift !== 0 ||
      period.invoiceStatus !== 'paid' ||
      period.invoiceAmountCents !== period.expectedAmountCents,
  );
  const name = 'ledger = workflow = meter = invoice = oracle, in tokens and cents';
  const isWhole = periods.length === customers.length * months && months > 0;
  const texts = wrong.map(({ one, period }) => `${one.customer} ${JSON.stringify(period)}`);
  return check(
    ...[name, isWhole && wrong.length === 0],
    texts.join('; ') || `${periods.length} periods`,
  );
}

async function planChanges({ stripe }: Stage, { changes }: Played): Promise<Check> {
  const found = await persist('the invoices of changes', async () => {
    const people = await stripe.customers.list({ email: `${CHANGER}@example.com` });
    const list = stripe.invoices.list({ customer: people.data[0]?.id, limit: PAGE });
    return (await list.autoPagingToArray({ limit: MOST })).filter(
      ({ billing_reason }) => billing_reason === 'subscription_update',
    );
  });
  // Stripe lists the latest first.
  const amounts = found.reverse().map(({ total, status }) => `${total} ${status}`);
  const expected = changes.expectedCents().map((cents) => `${cents} paid`);
  return check(
    'each change of a plan was charged for what was left of its period, once',
    expected.length > 0 && amounts.join() === expected.join(),
    `${amounts.join()} of ${expected.join()}`,
  );
}

async function refunds({ stripe }: Stage, { refundedCents }: Played): Promise<Check> {
  const list = await persist('refunds', () =>
    stripe.refunds.list({ limit: PAGE }).autoPagingToArray({ limit: MOST }),
  );
  const cents = list.reduce((sum, { amount }) => sum + amount, 0);
  const found = `${cents} of ${refundedCents} cents`;
  return check('what was refunded left Stripe once', cents === refundedCents, found);
}

async function vendors(stage: Stage, { customers }: Played): Promise<Check[]> {
  const deps = { ...stage, api: createApiClient(stage.info), onProgress: () => undefined };
  const paid = await persist('payouts', () => awaitPayouts(deps, customers));
  const scripts = customers.map(({ script }) => script);
  const expected = DEMO_VENDORS.map((vendor) => expectVendor(vendor, scripts, DEMO_SALE));
  const moved = await persist('transfers', () => movedCents(stage));
  const shares = expected.reduce((sum, { shareCents }) => sum + shareCents, 0);
  return [
    check(
      'vendors have their shares, and we our fees, of what was paid',
      JSON.stringify(paid) === JSON.stringify(expected),
      JSON.stringify(paid),
    ),
    check(
      'money is conserved: Stripe moved what vendors earned',
      moved === shares,
      `${moved} of ${shares} cents`,
    ),
  ];
}

/** A sale of a vendor's own moves all of it, of which our fee comes back. */
async function movedCents({ stripe }: Stage): Promise<number> {
  const all = { limit: MOST };
  const transfers = await stripe.transfers.list({ limit: PAGE }).autoPagingToArray(all);
  const fees = await stripe.applicationFees.list({ limit: PAGE }).autoPagingToArray(all);
  const sum = (amounts: readonly number[]) => amounts.reduce((total, cents) => total + cents, 0);
  return (
    sum(transfers.map(({ amount, amount_reversed }) => amount - amount_reversed)) -
    sum(fees.map(({ amount, amount_refunded }) => amount - amount_refunded))
  );
}

async function webhooks({ pool }: Stage): Promise<Check> {
  const { rows } = await pool.query<{ status: string; count: number }>(
    'select status, count(*)::int as count from stripe_events group by status order by status',
  );
  const found = rows.map(({ status, count }) => `${count} ${status}`).join(', ');
  return check(
    'no webhook is unprocessed',
    !rows.some(({ status }) => status === 'waiting'),
    found,
  );
}

async function exceptions({ temporal, config }: Stage): Promise<Check> {
  const list = createOpenExceptions(temporal, config);
  const open = await persist('open exceptions', async () => {
    const customers = await list.customers();
    return Promise.all(
      customers.map(async (one) => `${one}: ${JSON.stringify(await list.of(one))}`),
    );
  });
  return check('no exception is open', open.length === 0, open.join('; ') || 'none');
}

async function workflows({ temporal }: Stage): Promise<Check> {
  const statuses = ENDED_BY_OTHERS.map((status) => `ExecutionStatus="${status}"`).join(' or ');
  // The search for lost events may have been ended by what was broken: it is no customer's.
  const query = `(${statuses}) and WorkflowType != "reconciliation"`;
  const ended = await persist('ended workflows', async () => {
    const found: string[] = [];
    for await (const { workflowId, status } of temporal.workflow.list({ query }))
      found.push(`${workflowId} ${status.name}`);
    return found;
  });
  return check('no workflow has failed', ended.length === 0, ended.join(', ') || 'none');
}

/** The doctor looks for workflows that are silent, drift, sealing that is held up and the like. */
async function examination(stage: Stage): Promise<Check> {
  const catalog = await loadCatalog(stage.config.CATALOG_FILE);
  const result = await persist('the doctor', () => examine({ ...stage, catalog }));
  const findings = result.findings.map(({ of, what }) => `${of}: ${what}`);
  const name = 'the doctor finds nothing: no workflow is stuck, nothing drifts';
  return check(name, result.ok, findings.join('; ') || `${result.checks} checks`);
}

function usage({ answers, waiting }: Played): Check {
  const found = [...answers].map(([status, count]) => `${count} times ${status}`).join(', ');
  return check(
    'the app has no usage left, and none was refused',
    waiting() === 0 && !answers.has(422),
    found,
  );
}
