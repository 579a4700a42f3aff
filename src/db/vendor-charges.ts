/** One-off sales for vendors, by the caller's own id: asked for, and what came of them. */
import type { Pool, PoolClient } from 'pg';

export type VendorChargeStatus = 'pending' | 'succeeded' | 'failed' | 'requires_action';

export interface VendorCharge {
  readonly vendor: string;
  readonly id: string;
  readonly customer: string;
  readonly amountCents: number;
  readonly feeCents: number;
  readonly description: string | null;
  readonly status: VendorChargeStatus;
  readonly paymentIntentId: string | null;
  readonly chargeId: string | null;
  /** Why it failed, or what it waits for. */
  readonly failure: string | null;
  readonly createdAt: Date;
}

export type NewVendorCharge = Pick<
  VendorCharge,
  'vendor' | 'id' | 'customer' | 'amountCents' | 'feeCents' | 'description'
>;
export type VendorChargeOutcome = Pick<
  VendorCharge,
  'status' | 'paymentIntentId' | 'chargeId' | 'failure'
>;

export async function findVendorCharge(
  db: Pool | PoolClient,
  vendor: string,
  id: string,
): Promise<VendorCharge | undefined> {
  const { rows } = await db.query<VendorCharge>(
    `select vendor, id, customer, amount_cents::float8 as "amountCents",
            fee_cents::float8 as "feeCents", description, status,
            payment_intent_id as "paymentIntentId", charge_id as "chargeId", failure,
            created_at as "createdAt"
       from vendor_charges where vendor = $1 and id = $2`,
    [vendor, id],
  );
  return rows[0];
}

/** False when the id is taken, and then nothing is changed. */
export async function insertVendorCharge(
  db: Pool | PoolClient,
  charge: NewVendorCharge,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into vendor_charges (vendor, id, customer, amount_cents, fee_cents, description)
     values ($1, $2, $3, $4, $5, $6) on conflict (vendor, id) do nothing`,
    [
      charge.vendor,
      charge.id,
      charge.customer,
      charge.amountCents,
      charge.feeCents,
      charge.description,
    ],
  );
  return rowCount === 1;
}

/** What succeeded or failed stays so. False: it was settled before, or nothing is new. */
export async function finishVendorCharge(
  db: Pool | PoolClient,
  { vendor, id }: Pick<VendorCharge, 'vendor' | 'id'>,
  outcome: VendorChargeOutcome,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update vendor_charges
        set status = $3, payment_intent_id = $4, charge_id = $5, failure = $6
      where vendor = $1 and id = $2 and status in ('pending', 'requires_action')
        and status <> $3`,
    [vendor, id, outcome.status, outcome.paymentIntentId, outcome.chargeId, outcome.failure],
  );
  return rowCount === 1;
}
