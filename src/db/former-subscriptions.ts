/** A customer's subscription gives way to the one with which the customer has come back. */
import type { Pool } from 'pg';
import { appendAuditEntry } from './audit-entries';
import { inTransaction } from './pool';

export interface Succession {
  readonly customer: string;
  /** It has ended. */
  readonly formerId: string;
  readonly subscriptionId: string;
  readonly plan: string;
  /** Who began it: our API, or somebody at Stripe. */
  readonly by: 'api' | 'stripe';
  /** Unix seconds at which grants end. Absent: they are kept. */
  readonly grantsExpireAt?: number;
}

/**
 * True once the customer has it, also where an earlier try has done it; false where another one has
 * followed meanwhile, and then nothing is changed.
 */
export async function replaceSubscription(pool: Pool, succession: Succession): Promise<boolean> {
  const { customer, formerId, subscriptionId, plan, by, grantsExpireAt } = succession;
  return inTransaction(pool, async (client) => {
    const { rowCount } = await client.query(
      `update customers
          set subscription_id = $3, plan = $4, billing_status = 'pending', updated_at = now()
        where customer = $1 and subscription_id = $2`,
      [customer, formerId, subscriptionId, plan],
    );
    if (rowCount === 0) return hasSubscription(client, customer, subscriptionId);
    await client.query(
      `insert into former_subscriptions (subscription_id, customer) values ($1, $2)
       on conflict (subscription_id) do nothing`,
      [formerId, customer],
    );
    if (grantsExpireAt !== undefined)
      await client.query(
        `update token_grants set expires_at = least(expires_at, to_timestamp($2))
          where customer = $1`,
        [customer, grantsExpireAt],
      );
    await appendAuditEntry(client, {
      customer,
      key: `customer:${customer}:subscribed:${subscriptionId}`,
      kind: 'subscription_followed',
      detail: { formerSubscriptionId: formerId, subscriptionId, plan, by },
    });
    return true;
  });
}

async function hasSubscription(
  client: Pick<Pool, 'query'>,
  customer: string,
  subscriptionId: string,
): Promise<boolean> {
  const { rowCount } = await client.query(
    'select from customers where customer = $1 and subscription_id = $2',
    [customer, subscriptionId],
  );
  return rowCount === 1;
}
