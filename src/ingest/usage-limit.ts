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
  const hugeSums = [...sumByCustomer(rows)].filter(([, { tokens }]) => tokens >= ASKED_FROM_TOKENS);
  if (hugeSums.length === 0) return [...rows];
  const refusals = new Map<string, DomainError>();
  for (const [customer, { tokens, from, to }] of hugeSums) {
    const recordedTokens = await tokensAround(pool, customer, from, to);
    if (recordedTokens + tokens > CUSTOMER_TOKENS_MAX)
      refusals.set(customer, tooLarge(customer, recordedTokens, tokens));
  }
  return rows.map((row) =>
    row instanceof DomainError ? row : (refusals.get(row.customer) ?? row),
  );
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
    const { customer, occurredAt: time } = row;
    const sumSoFar = sums.get(customer) ?? { tokens: 0, from: time, to: time };
    const tokens = TOKEN_TYPES.reduce((sum, type) => sum + row.tokens[type], sumSoFar.tokens);
    const start = time < sumSoFar.from ? time : sumSoFar.from;
    sums.set(customer, { tokens, from: start, to: time > sumSoFar.to ? time : sumSoFar.to });
  }
  return sums;
}

const tooLarge = (customer: string, recordedTokens: number, tokens: number): DomainError =>
  new DomainError(
    'usage_too_large',
    `Customer ${JSON.stringify(customer)} has ${recordedTokens} tokens around that time, and this request ` +
      `has ${tokens} more: expected at most ${CUSTOMER_TOKENS_MAX} in about a month. None of the ` +
      "customer's usage in it was recorded. Look at what counts these tokens.",
  );
