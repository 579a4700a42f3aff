/** The shapes of a vendor's statement, and of what is asked for, for the API and its document. */
import { z } from 'zod';
import type { PeriodRange } from '../../db/vendor-entries';
import { nextCursor } from '../http/page';

/** A statement lists so many transfers and reversals; its figures are of all. */
export const MOVEMENTS_LISTED = 1_000;

export const periodQuery = {
  from: z.iso.date().optional().meta({
    description: 'Only usage whose service period began on this day (UTC) or later',
    example: '2026-01-01',
  }),
  to: z.iso.date().optional().meta({
    description: 'Only usage whose service period began before this day (UTC)',
    example: '2026-07-01',
  }),
};

export const payoutsQuerySchema = z.object(periodQuery);
export type PayoutsQuery = z.infer<typeof payoutsQuerySchema>;

export const rangeOf = ({ from, to }: PayoutsQuery): PeriodRange => ({
  from: secondOf(from),
  to: secondOf(to),
});

const secondOf = (day: string | undefined): number | null =>
  day === undefined ? null : Date.parse(day) / 1_000;

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
export const movementSchema = z.object({
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
          movementCount: z.number().int().meta({
            description: 'Transfers and reversals; not all are listed where there are many',
          }),
          transfers: z.array(movementSchema),
          reversals: z.array(movementSchema),
        }),
      )
      .meta({ description: 'Months without sales are left out' }),
    totals: z.object(figures),
    heldCents: cents.meta({ description: 'Of the balance: what its holdback keeps back' }),
    nextCursor: nextCursor.meta({
      description:
        `The months list the latest ${MOVEMENTS_LISTED.toLocaleString('en')} transfers and ` +
        'reversals of them all. Give it as `after` to `GET /v1/vendors/{vendor}/movements` for ' +
        'those before; null: all are listed',
    }),
  })
  .meta({ id: 'VendorPayouts' });
