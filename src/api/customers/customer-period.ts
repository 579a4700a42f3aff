/** The customer and the period that a report is about. */
import type { Pool } from 'pg';
import { DomainError } from '../../core/errors';
import { findBillingPeriod, listBillingPeriods } from '../../db/billing-periods';
import type { BillingPeriod } from '../../db/billing-periods';
import { findCustomer } from '../../db/customers';
import type { Customer } from '../../db/customers';

export async function requireCustomer(pool: Pool, id: string): Promise<Customer> {
  const customer = await findCustomer(pool, id);
  if (customer) return customer;
  throw new DomainError(
    'customer_not_found',
    `There is no customer ${JSON.stringify(id)}: create it by ` +
      `PUT /v1/customers/${encodeURIComponent(id)}.`,
  );
}

/** The period is named `current`, `previous`, or by its start as ISO 8601. */
export async function requirePeriod(
  pool: Pool,
  customer: string,
  name: string,
): Promise<BillingPeriod> {
  const period = await findPeriod(pool, customer, name);
  if (period) return period;
  throw new DomainError(
    'period_not_found',
    `Customer ${customer} has no period ${JSON.stringify(name)} that billing knows of: expected ` +
      'current, previous or the start of a period. The first one appears moments after the ' +
      'customer is created.',
  );
}

async function findPeriod(
  pool: Pool,
  customer: string,
  name: string,
): Promise<BillingPeriod | undefined> {
  if (name === 'current') return (await listBillingPeriods(pool, customer, 1))[0];
  if (name === 'previous') return (await listBillingPeriods(pool, customer, 2))[1];
  const start = new Date(name);
  if (!/^\d{4}-\d{2}-\d{2}/.test(name) || Number.isNaN(start.getTime())) {
    throw new DomainError(
      'invalid_request',
      `period is ${JSON.stringify(name)}: expected current, previous or a time such as ` +
        '2026-01-01T00:00:00Z.',
    );
  }
  return findBillingPeriod(pool, customer, start);
}
