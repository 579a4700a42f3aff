/** GET /v1/vendors/{vendor}/payouts: what a vendor sold, what came back, and what it was paid. */
import { Router } from 'express';
import type { RequestHandler, Response } from 'express';
import type { Pool } from 'pg';
import { z } from 'zod';
import type { Catalog } from '../../core/plans/catalog';
import { DomainError } from '../../core/errors';
import { vendorStatement } from '../../core/vendors/vendor-statement';
import type { VendorStatement } from '../../core/vendors/vendor-statement';
import { readEntriesOfPeriod } from '../../db/vendor-entries';
import { findVendor } from '../../db/vendors';
import type { Vendor } from '../../db/vendors';
import { csvOf } from '../http/csv';
import { parseRequest } from '../http/parse-request';
import { vendorIdOf } from './vendor-id';

export interface VendorPayoutsDeps {
  readonly pool: Pool;
  readonly catalog: Catalog;
}

export const payoutsQuerySchema = z.object({
  from: z.iso.date().optional().meta({
    description: 'Only usage whose service period began on this day (UTC) or later',
    example: '2026-01-01',
  }),
  to: z.iso.date().optional().meta({
    description: 'Only usage whose service period began before this day (UTC)',
    example: '2026-07-01',
  }),
});
export type PayoutsQuery = z.infer<typeof payoutsQuerySchema>;

const cents = z.number().int();
const figures = {
  tokens: z.number().int(),
  grossCents: cents.meta({ description: 'As it was sold: fee + share' }),
  feeCents: cents.meta({ description: "The platform's part" }),
  shareCents: cents.meta({ description: "The vendor's part" }),
  moneyBackCents: cents.meta({
    description: 'Of the share: by refunds, and by disputes that are open or lost',
  }),
  feeReturnedCents: cents.meta({ description: 'Of the fee: what was given back with it' }),
  transferredCents: cents.meta({ description: 'Sent to its account' }),
  reversedCents: cents.meta({ description: 'Taken back from its account' }),
  offsetCents: cents.meta({
    description: 'Kept for a debt of another month; negative: the debt that was paid so',
  }),
  balanceDueCents: cents.meta({
    description:
      'shareCents − moneyBackCents − transferredCents + reversedCents − offsetCents. Negative: ' +
      'the vendor owes it',
  }),
};
const movement = z.object({
  stripeId: z.string().meta({ example: 'tr_1' }),
  chargeId: z.string(),
  invoiceId: z.string().nullable().meta({ description: 'null: a one-off sale' }),
  amountCents: cents.meta({
    description: 'Of a reversal negative where an application fee was refunded to the vendor',
  }),
  recordedAt: z.iso.datetime().meta({ description: 'When it was taken over from Stripe' }),
});

export const vendorPayoutsSchema = z
  .object({
    vendor: z.string(),
    currency: z.string(),
    months: z
      .array(
        z.object({
          month: z.string().meta({
            description: 'In which the service period began (UTC)',
            example: '2026-01',
          }),
          ...figures,
          transfers: z.array(movement),
          reversals: z.array(movement),
        }),
      )
      .meta({ description: 'Months without sales are left out' }),
    totals: z.object(figures),
    heldCents: cents.meta({ description: 'Of the balance: what its holdback keeps back' }),
  })
  .meta({ id: 'VendorPayouts' });

export function vendorPayoutRoutes(deps: VendorPayoutsDeps, guard: RequestHandler): Router {
  const router = Router();
  router.get('/v1/vendors/:vendor/payouts', guard, async (request, response: Response) => {
    const query = parseRequest(payoutsQuerySchema, request.query, 'The query');
    const { vendor } = await requireSeller(deps, vendorIdOf(request));
    const statement = await readStatement(deps.pool, vendor, query);
    if (request.accepts(['application/json', 'text/csv']) === 'text/csv')
      response.type('text/csv').send(toCsv(statement));
    else response.json({ vendor, currency: deps.catalog.currency, ...statement });
  });
  return router;
}

export async function readStatement(
  pool: Pool,
  vendor: string,
  { from, to }: PayoutsQuery = {},
): Promise<VendorStatement> {
  const second = (day: string | undefined) => (day === undefined ? null : Date.parse(day) / 1000);
  const entries = await readEntriesOfPeriod(pool, vendor, { from: second(from), to: second(to) });
  return vendorStatement(entries, Math.floor(Date.now() / 1000));
}

export interface Seller {
  readonly vendor: string;
  readonly name: string;
  /** undefined: it sells, and has no account yet. */
  readonly account: Vendor | undefined;
}

/** One that the catalog has, or that was in it once and has an account. */
export async function requireSeller(
  { pool, catalog }: VendorPayoutsDeps,
  id: string,
): Promise<Seller> {
  const account = await findVendor(pool, id);
  const catalogVendor = catalog.vendors.find((vendor) => vendor.id === id);
  if (account || catalogVendor)
    return { vendor: id, name: account?.name ?? catalogVendor?.name ?? id, account };
  const vendors = catalog.vendors.map((vendor) => vendor.id);
  throw new DomainError(
    'vendor_not_found',
    `There is no vendor ${JSON.stringify(id)}. The catalog has ${vendors.join(', ') || 'none'}.`,
    { vendors },
  );
}

const NUMBERS = [
  'tokens',
  'grossCents',
  'feeCents',
  'shareCents',
  'moneyBackCents',
  'feeReturnedCents',
  'transferredCents',
  'reversedCents',
  'offsetCents',
  'balanceDueCents',
] as const;

/** A row a month, without totals: programs that read it add up themselves. */
function toCsv({ months }: VendorStatement): string {
  const ids = (movements: readonly { stripeId: string }[]) =>
    movements.map(({ stripeId }) => stripeId).join(' ');
  return csvOf(
    ['month', ...NUMBERS, 'transfers', 'reversals'],
    months.map((month) => [
      month.month,
      ...NUMBERS.map((name) => month[name]),
      ids(month.transfers),
      ids(month.reversals),
    ]),
  );
}
