/**
 * Fifty customers of Starter, each on a clock of its own, whose periods end in one second: what
 * they use, what their invoices must come to by a reckoning that shares no code with ours, and what
 * is seen of their closes from outside.
 */
import type Stripe from 'stripe';
import { checkInvoice } from '../../../src/cli/proof/invoice-verification';
import { readExceptions } from '../../../src/cli/operator/exceptions';
import { billingWorkflowId } from '../../../src/core/ids';
import { loadCatalog } from '../../../src/stripe/catalog-file';
import { advanceClock } from './test-clock';
import { eventually } from '../stack/eventually';
import type { Product } from '../stack/product';

const PATIENCE_MS = 180_000;
const STARTER_CENTS = 2900;
const ALLOWANCE = 100_000;
const NAMES = Array.from({ length: 50 }, (_, at) => `customer-${at + 1}`);

/** What one month of all fifty is, and what each has used over the allowance. */
export interface Month {
  /** Unix seconds. */
  readonly end: number;
  /** Thousands of tokens, by customer. */
  readonly over: Map<string, number>;
}

export class FiftyCustomers {
  readonly names = NAMES;
  private readonly clocks = new Map<string, string>();
  private readonly stripeIds = new Map<string, string>();
  private calls = 0;

  private constructor(private readonly product: Product) {}

  static async subscribe(product: Product): Promise<FiftyCustomers> {
    const fifty = new FiftyCustomers(product);
    const { testClocks } = product.stripe.testHelpers;
    const start = Math.floor(Date.now() / 1000);
    for (const name of NAMES) {
      const { id } = await testClocks.create({ frozen_time: start });
      fifty.clocks.set(name, id);
      const made = await product.api.put<{ stripeCustomerId: string }>(`/v1/customers/${name}`, {
        ...{ email: `${name}@example.com`, plan: 'starter', testClock: id },
      });
      fifty.stripeIds.set(name, made.stripeCustomerId);
    }
    return fifty;
  }

  /** The allowance and n × 1,000 tokens over it by customer n, all of it known to Stripe. */
  async useMonth(): Promise<Month> {
    const periods = await eventually(
      () => this.openPeriods(),
      (open) => open.length === NAMES.length,
    );
    const [{ start, end } = { start: 0, end: 0 }] = periods;
    expect(periods).toEqual(NAMES.map(() => ({ start, end })));
    const month = { end, over: new Map<string, number>() };
    await this.use(month, start + 60, ALLOWANCE);
    await eventually(
      () => this.reportedThousands(month),
      (thousands) => thousands === total(month),
      PATIENCE_MS,
    );
    return month;
  }

  private async openPeriods() {
    const { rows } = await this.product.pool.query<{ start: number; end: number }>(
      `select extract(epoch from period_start)::float8 as start,
              extract(epoch from period_end)::float8 as end
         from billing_periods where archived_at is null`,
    );
    return rows.map(({ start, end }) => ({ start, end }));
  }

  /** Customer n uses n × 1,000 tokens, besides these. */
  async use(month: Month, second: number, besides = 0): Promise<void> {
    this.calls += 1;
    for (const [at, name] of NAMES.entries()) {
      const input = besides + (at + 1) * 1_000;
      await this.product.api.recordUsage(name, [
        { id: `${name}-${this.calls}`, model: 'gpt-4o-mini', tokens: { input }, second },
      ]);
      month.over.set(name, (month.over.get(name) ?? 0) + at + 1);
    }
  }

  /** What Stripe has acknowledged, as the API shows it. */
  private async reportedThousands({ end }: Month): Promise<number> {
    const { rows } = await this.product.pool.query<{ tokens: string }>(
      `select coalesce(sum((rate->>'reportedTokens')::bigint), 0) as tokens
         from billing_periods, jsonb_array_elements(statement->'rates') as rate
        where period_end = to_timestamp($1)`,
      [end],
    );
    return Number(rows[0]?.tokens) / 1_000;
  }

  async advance(second: number): Promise<void> {
    for (const clock of this.clocks.values())
      await advanceClock(this.product.stripe, clock, second);
  }

  /** Asked to go on until then; when they are there is up to Stripe. */
  async beginAdvance(second: number): Promise<void> {
    const { testClocks } = this.product.stripe.testHelpers;
    for (const clock of this.clocks.values())
      await testClocks.advance(clock, { frozen_time: second });
  }

  async clocksAtStripe(): Promise<Stripe.TestHelpers.TestClock[]> {
    const { testClocks } = this.product.stripe.testHelpers;
    return Promise.all([...this.clocks.values()].map((clock) => testClocks.retrieve(clock)));
  }

  /** The invoices that bill this month, of those customers who have theirs. */
  async renewals({ end }: Month): Promise<Stripe.Invoice[]> {
    const each = NAMES.map(async (name) => {
      const customer = String(this.stripeIds.get(name));
      const { data } = await this.product.stripe.invoices.list({ customer });
      const isRenewal = ({ billing_reason: reason, created }: Stripe.Invoice) =>
        reason === 'subscription_cycle' && created >= end;
      return data.filter(isRenewal);
    });
    return (await Promise.all(each)).flat();
  }

  /** Every workflow has one of these activities, which failed so, and is tried again. */
  async untilEachHasMet(failure: string, ...activities: string[]): Promise<void> {
    for (const name of NAMES) {
      const workflow = this.product.temporal.workflow.getHandle(billingWorkflowId(name));
      await eventually(
        async () => (await workflow.describe()).raw.pendingActivities ?? [],
        (pending) =>
          pending.some(
            ({ activityType, lastFailure }) =>
              activities.includes(activityType?.name ?? '') &&
              lastFailure?.applicationFailureInfo?.type === failure,
          ),
        PATIENCE_MS,
      );
    }
  }

  async exceptions() {
    const { exceptions: open, unheard } = await readExceptions({
      ...this.product,
      catalog: await loadCatalog('catalog.yaml'),
    });
    expect(unheard).toEqual([]);
    return open;
  }

  async failedRuns(): Promise<number> {
    const { count } = await this.product.temporal.workflow.count(
      `WorkflowType = 'billing' and ExecutionStatus in ('Failed', 'TimedOut', 'Terminated')`,
    );
    return count;
  }

  /** Fifty invoices, each paid, right to the cent and explained; all are in the next period. */
  async expectAllRight(month: Month): Promise<void> {
    const invoices = await eventually(
      () => this.renewals(month),
      (all) => all.length === NAMES.length && all.every(({ status }) => status === 'paid'),
      PATIENCE_MS,
    );
    expect(invoices.map(({ total: cents }) => cents)).toEqual(
      NAMES.map((name) => centsOf(month.over.get(name) ?? 0)),
    );
    const deps = { ...this.product, catalog: await loadCatalog('catalog.yaml') };
    for (const { id } of invoices) expect(await checkInvoice(deps, id)).toMatchObject({ ok: true });
    await eventually(
      () => this.periodsBeside(month),
      (periods) => periods.archived === NAMES.length && periods.open === NAMES.length,
      PATIENCE_MS,
    );
    expect(await this.failedRuns()).toBe(0);
  }

  private async periodsBeside({ end }: Month) {
    const { rows } = await this.product.pool.query<{ archived: number; open: number }>(
      `select (count(*) filter (where period_end = to_timestamp($1)
                                  and archived_at is not null))::int as archived,
              (count(*) filter (where period_start = to_timestamp($1)
                                  and archived_at is null))::int as open
         from billing_periods`,
      [end],
    );
    return { archived: Number(rows[0]?.archived), open: Number(rows[0]?.open) };
  }
}

const total = ({ over }: Month): number => [...over.values()].reduce((sum, each) => sum + each, 0);

/** At 0.3 cents each thousand, half up to whole cents. */
export const centsOf = (thousands: number): number =>
  STARTER_CENTS + Math.floor((thousands * 3 + 5) / 10);

/** An order to the sandbox: what it refuses, or does not answer, from now on. */
export async function orderFault({ stripeUrl }: Product, fault: object): Promise<void> {
  const answer = await fetch(`${stripeUrl}/_sandbox/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fault),
  });
  expect(answer.status).toBe(200);
}

export const noMoreFaults = ({ stripeUrl }: Product) =>
  fetch(`${stripeUrl}/_sandbox/faults`, { method: 'DELETE' });
