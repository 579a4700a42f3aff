/** One period of one customer by each who counts it, read by the plainest calls. */
import type Stripe from 'stripe';
import { billingWorkflowId, meterEventName } from '../../../src/core/ids';
import { statusQuery } from '../../../workflows/contract';
import { eventually } from '../stack/eventually';
import type { Product } from '../stack/product';
import { sumMeters } from '../stripe/meter-sum';
import { baseCents, billableTokens, usageCents } from './by-hand';

export interface CountedPeriod {
  readonly customer: string;
  readonly subscription: string;
  readonly stripeCustomer: string;
  readonly plan: string;
  readonly start: number;
  readonly end: number;
}

export interface FourBooks {
  readonly ledgerTokens: number;
  /** Billable ones, as the customer's workflow has left them on record. */
  readonly workflowTokens: number;
  readonly reportedTokens: number;
  readonly meterTokens: number;
  readonly invoiceTokens: number;
  readonly invoiceCents: number;
  readonly invoiceStatus: string;
}

/** `tokens`: all that was used. */
export function booksByHand({ plan }: CountedPeriod, tokens: number): FourBooks {
  const billable = billableTokens(plan, tokens);
  return {
    ledgerTokens: tokens,
    ...{ workflowTokens: billable, reportedTokens: billable, meterTokens: billable },
    invoiceTokens: billable,
    invoiceCents: baseCents(plan) + usageCents(plan, tokens),
    invoiceStatus: 'paid',
  };
}

type Read = Pick<Product, 'pool' | 'stripe'>;

/** Once the invoice of its renewal is paid. */
export const readFourBooks = (
  product: Read,
  period: CountedPeriod,
  patienceMs: number,
): Promise<FourBooks> =>
  eventually(
    () => readBooks(product, period),
    ({ invoiceStatus }) => invoiceStatus === 'paid',
    patienceMs,
  );

async function readBooks({ pool, stripe }: Read, period: CountedPeriod): Promise<FourBooks> {
  const { customer, subscription, stripeCustomer, plan, start, end } = period;
  const invoice = (await stripe.invoices.list({ subscription, limit: 1 })).data[0];
  const eventName = meterEventName(plan === 'pay_as_you_go' ? 'payg_standard' : 'overage_standard');
  const { rows } = await pool.query<Record<'ledger' | 'workflow' | 'reported', string>>(
    `select (select coalesce(sum(input), 0) from usage_events
              where customer = $1 and occurred_at >= to_timestamp($2)
                and occurred_at < to_timestamp($3)) as ledger,
            (select sum((rate->>'tokens')::bigint) from jsonb_array_elements(statement->'rates') as rate)
              as workflow,
            (select sum((rate->>'reportedTokens')::bigint)
               from jsonb_array_elements(statement->'rates') as rate) as reported
       from billing_periods where customer = $1 and period_start = to_timestamp($2)`,
    [customer, start, end],
  );
  const [row] = rows;
  return {
    ledgerTokens: Number(row?.ledger),
    workflowTokens: Number(row?.workflow),
    reportedTokens: Number(row?.reported),
    meterTokens: await sumMeters(stripe, eventName, stripeCustomer, { start, end }),
    invoiceTokens: meteredOf(invoice),
    invoiceCents: Number(invoice?.total),
    invoiceStatus: String(invoice?.status),
  };
}

const meteredOf = (invoice: Stripe.Invoice | undefined): number =>
  (invoice?.lines.data ?? [])
    .filter(({ pricing }) => pricing?.price_details !== undefined)
    .filter(({ period }) => period.end <= Number(invoice?.created))
    .reduce((sum, { quantity }) => sum + (quantity ?? 0), 0);

/**
 * The workflows have counted all, and Stripe has acknowledged what is billable. They are asked
 * themselves: what the database has of usage within the allowance is of the last step that wrote.
 */
export const untilCounted = (
  { temporal }: Pick<Product, 'temporal'>,
  used: ReadonlyMap<string, number>,
  patienceMs: number,
): Promise<string> => {
  const counted = new Set<string>();
  return untilAll(used.size, patienceMs, async () => {
    for (const [customer, tokens] of used) {
      if (counted.has(customer)) continue;
      const handle = temporal.workflow.getHandle(billingWorkflowId(customer));
      const { periods } = await handle.query(statusQuery);
      const { usedTokens, rates = {} } = periods.at(-1) ?? {};
      const isReported = Object.values(rates).every((rate) => rate.tokens === rate.reportedTokens);
      if (usedTokens === tokens && isReported) counted.add(customer);
    }
    return counted.size;
  });
};

/** Their first periods are compared with the drafts, and equal them; some have left meanwhile. */
export const untilReconciled = (
  { pool }: Read,
  customers: readonly string[],
  patienceMs: number,
): Promise<string> =>
  untilAll(customers.length, patienceMs, async () => {
    const { rows } = await pool.query<{ status: string }>(
      `select distinct on (customer) status from billing_periods
        where customer = any($1) order by customer, period_start`,
      [customers],
    );
    return rows.filter(({ status }) => status === 'reconciled' || status === 'paid').length;
  });

const untilAll = (count: number, patienceMs: number, read: () => Promise<number>) =>
  eventually(
    async () => `${await read()} of ${count}`,
    (seen) => seen === `${count} of ${count}`,
    patienceMs,
  );
