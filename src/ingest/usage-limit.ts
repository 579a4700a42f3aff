/**
 * No customer's ledger may reach sums that are no exact numbers any more: a counter that is broken
 * is refused before its events are recorded. Real usage is far below, and pays nothing for it.
 */
import type { Pool } from 'pg';
import { DomainError } from '../core/errors';
import { CUSTOMER_TOKENS_MAX, TOKEN_TYPES } from '../core/usage/usage';
import type { LedgerRow } from '../db/usage-events';
import { tokensAround } from '../db/usage-reports';

/** A request with less than this for a customer is taken without asking the ledger. */
const ASKED_FROM_TOKENS = 100_000_000;

/** The rows, those of customers who would go beyond the limit replaced by a refusal. */
export async function refuseBeyondLimit(
  pool: Pool,
  rows: readonly (LedgerRow | DomainError)[],
): Promise<(LedgerRow | DomainError)[]> {
  const huge = [...sumByCustomer(rows)].filter(([, { tokens }]) => tokens >= ASKED_FROM_TOKENS);
  if (huge.length === 0) return [...rows];
  const refused = new Map<string, DomainError>();
  for (const [customer, { tokens, from, to }] of huge) {
    const recorded = await tokensAround(pool, customer, from, to);
    if (recorded + tokens > CUSTOMER_TOKENS_MAX)
      refused.set(customer, tooLarge(customer, recorded, tokens));
  }
  return rows.map((row) => (row instanceof DomainError ? row : (refused.get(row.customer) ?? row)));
}

interface Sum {
  readonly tokens: number;
  readonly from: string;
  readonly to: string;
}

function sumByCustomer(rows: readonly (LedgerRow | DomainError)[]): Map<string, Sum> {
  const sums = new Map<string, Sum>();
  for (const row of rows) {
    if (row instanceof DomainError) continue;
    const { customer, occurredAt: at } = row;
    const before = sums.get(customer) ?? { tokens: 0, from: at, to: at };
    const tokens = TOKEN_TYPES.reduce((sum, type) => sum + row.tokens[type], before.tokens);
    const from = at < before.from ? at : before.from;
    sums.set(customer, { tokens, from, to: at > before.to ? at : before.to });
  }
  return sums;
}

const tooLarge = (customer: string, recorded: number, tokens: number): DomainError =>
  new DomainError(
    'usage_too_large',
    `Customer ${JSON.stringify(customer)} has ${recorded} tokens around that time, and this request ` +
      `has ${tokens} more: expected at most ${CUSTOMER_TOKENS_MAX} in about a month. None of the ` +
      "customer's usage in it was recorded. Look at what counts these tokens.",
  );
