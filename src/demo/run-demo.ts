/**
 * The demo month: played, measured, and shown as a table for people and one object for programs.
 */
import Table from 'cli-table3';
import { formatCents } from '../core/money';
import type { MeasuredCustomer, MeasuredPeriod } from './measure';
import { measure } from './measure';
import type { DemoDeps } from './play';
import { expectVendor } from './oracle';
import type { ExpectedVendor } from './oracle';
import { playTwoPeriods } from './play';
import { DEMO_CUSTOMERS, DEMO_SALE, DEMO_VENDORS } from './scenario';
import { awaitPayouts, onboardVendors, sellOnce } from './vendors';
import { grouped } from '../core/grouped';

/** `npm start -- --once --json` prints it as the last line. */
export interface DemoResult {
  readonly ok: boolean;
  readonly seconds: number;
  readonly customers: readonly MeasuredCustomer[];
  /** What customers have paid for the vendors' usage and sales, and who has what of it. */
  readonly vendors: readonly ExpectedVendor[];
}

export async function runDemo(deps: DemoDeps): Promise<DemoResult> {
  const startedAt = Date.now();
  await onboardVendors(deps);
  const playedCustomers = await playTwoPeriods(deps);
  await sellOnce(deps, playedCustomers);
  const vendors = await awaitPayouts(deps, playedCustomers);
  const customers = await Promise.all(playedCustomers.map((customer) => measure(deps, customer)));
  return {
    ok:
      customers.every(({ periods }) => periods.length > 0 && periods.every(isRight)) &&
      JSON.stringify(vendors) === JSON.stringify(EXPECTED_VENDORS),
    seconds: Math.round((Date.now() - startedAt) / 100) / 10,
    customers,
    vendors,
  };
}

const EXPECTED_VENDORS = DEMO_VENDORS.map((vendor) =>
  expectVendor(vendor, DEMO_CUSTOMERS, DEMO_SALE),
);

const isRight = (period: MeasuredPeriod): boolean =>
  period.drift === 0 &&
  period.invoiceStatus === 'paid' &&
  period.invoiceAmountCents === period.expectedAmountCents;

/** Shows ledger · workflow · Stripe meter · invoice · drift, a row for each period. */
export function demoTable({ customers }: DemoResult, currency: string): string {
  const table = new Table({
    head: [
      'customer',
      'plan',
      'period',
      'used',
      'ledger',
      'workflow',
      'Stripe meter',
      'invoice',
    ].concat(['amount', 'expected', 'drift']),
    // Plain text: it is read on terminals, in logs and in mails alike.
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'left', 'left', ...Array<'right'>(8).fill('right')],
  });
  for (const { customer, plan, periods } of customers)
    for (const period of periods)
      table.push([
        customer,
        plan,
        `${period.start.slice(0, 10)} – ${period.end.slice(0, 10)}`,
        grouped(period.ledgerTokens),
        grouped(period.overageTokens),
        grouped(period.workflowOverageTokens),
        grouped(period.stripeMeterTokens),
        grouped(period.invoiceOverageTokens),
        `${formatCents(period.invoiceAmountCents, currency)} ${period.invoiceStatus}`,
        formatCents(period.expectedAmountCents, currency),
        String(period.drift),
      ]);
  return table.toString();
}
