/**
 * A customer who was sent to Checkout may have paid without that we were told: whoever asks for
 * them has Stripe asked, too, and their billing begins.
 */
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { findCustomer } from '../../db/customers';
import type { Customer } from '../../db/customers';

interface Deps {
  readonly pool: Pool;
  readonly log: Pick<Logger, 'warn'>;
  readonly adoptSubscription: (customer: string) => Promise<string | null>;
  readonly startBilling: (customer: string) => Promise<void>;
}

/** A page that waits asks every second; Stripe is asked so often at most. */
const ASKED_EVERY_MS = 2_000;
const REMEMBERED_MAX = 10_000;

/** Stripe may be down: then they are as they were, and the next one who asks may know more. */
export async function takeUpCheckout(deps: Deps, row: Customer): Promise<Customer> {
  if (!row.awaitsCheckout || row.stripeCustomerId === null) return row;
  const { customer } = row;
  try {
    if ((await deps.adoptSubscription(customer)) === null) return row;
    await deps.startBilling(customer);
  } catch (error) {
    deps.log.warn({ customer, err: error }, 'whether a checkout was paid could not be asked');
  }
  return (await findCustomer(deps.pool, customer)) ?? row;
}

/** Whoever only reads may do so again and again, and Stripe is not asked each time. */
export function createTakeUp(deps: Deps): (row: Customer) => Promise<Customer> {
  const askedAt = new Map<string, number>();
  return async (row) => {
    if (!row.awaitsCheckout) return row;
    const now = Date.now();
    if (now - (askedAt.get(row.customer) ?? 0) < ASKED_EVERY_MS) return row;
    if (askedAt.size >= REMEMBERED_MAX) askedAt.clear();
    askedAt.set(row.customer, now);
    return takeUpCheckout(deps, row);
  };
}
