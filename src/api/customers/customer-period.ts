/** The customer and the period that a report is about. */
import type { Request } from 'express';
import type { Pool } from 'pg';
import { z } from 'zod';
import { DomainError } from '../../core/errors';
import { findBillingPeriod, listBillingPeriods } from '../../db/billing-periods';
import type { BillingPeriod } from '../../db/billing-periods';
import { findCustomer } from '../../db/customers';
import type { Customer } from '../../db/customers';
import { parseRequest } from '../http/parse-request';

const DAY = '\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])';
const ZONE = '(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)';
const TIME = `([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d(\\.\\d{1,9})?)?${ZONE}?`;
/** The document has it, so that whoever reads that sends no time that there is not. */
const PERIOD_NAME = new RegExp(`^(current|previous|${DAY}(T${TIME})?)$`);

export async function requireCustomer(pool: Pool, id: string): Promise<Customer> {
  const customer = await findCustomer(pool, id);
  if (customer) return customer;
  throw new DomainError(
    'customer_not_found',
    `There is no customer ${JSON.stringify(id)}: create it by ` +
      `PUT /v1/customers/${encodeURIComponent(id)}.`,
  );
}

/** A period's name as a query has it: which of them there are is known by `requirePeriod`. */
export const periodQuerySchema = z.object({
  period: z
    .string()
    .regex(PERIOD_NAME, 'expected current, previous or a time such as 2026-01-01T00:00:00Z')
    .optional()
    .meta({ description: '`current`, `previous`, or the start of a period', example: 'current' }),
});

/** The period that a request asks for, if only by its name. Throws `invalid_request`. */
export const periodOf = ({ query }: Request): string =>
  parseRequest(periodQuerySchema, query, 'The query').period ?? 'current';

/**
 * The period is named `current`, `previous`, or by its start as ISO 8601. `latest` are the
 * customer's, two at least if there are as many, of whoever has read them anyway.
 */
export async function requirePeriod(
  pool: Pool,
  customer: string,
  name: string,
  latest?: readonly BillingPeriod[],
): Promise<BillingPeriod> {
  const period = await findPeriod(pool, customer, name, latest);
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
  latest?: readonly BillingPeriod[],
): Promise<BillingPeriod | undefined> {
  if (name === 'current') return (latest ?? (await listBillingPeriods(pool, customer, 1)))[0];
  if (name === 'previous') return (latest ?? (await listBillingPeriods(pool, customer, 2)))[1];
  const start = new Date(name);
  if (!PERIOD_NAME.test(name) || Number.isNaN(start.getTime())) {
    throw new DomainError(
      'invalid_request',
      `period is ${JSON.stringify(name)}: expected current, previous or a time such as ` +
        '2026-01-01T00:00:00Z.',
    );
  }
  const latestPeriod = latest?.find((period) => period.start.getTime() === start.getTime());
  return latestPeriod ?? findBillingPeriod(pool, customer, start);
}
