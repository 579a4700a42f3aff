/** POST /v1/vendors/{vendor}/charges: a one-off sale, of which the platform keeps its fee. */
import { Router } from 'express';
import type { RequestHandler, Response } from 'express';
import { z } from 'zod';
import { DomainError } from '../../core/errors';
import type { VendorCharge } from '../../db/vendor-charges';
import { customerIdSchema } from '../customer-id';
import { useKey } from '../http/idempotency';
import { parseRequest } from '../http/parse-request';
import { storableText } from '../../ingest/storable-text';
import { sell } from './vendor-sale';
import type { SaleDeps } from './vendor-sale';
import { vendorIdOf } from './vendor-id';

/** The least and the most that Stripe charges. */
const CENTS_MIN = 50;
const CENTS_MAX = 99_999_999;

export const vendorChargeRequestSchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^[A-Za-z0-9._:-]{1,100}$/, 'expected 1 to 100 letters, digits or . _ : -')
      .meta({
        description: 'Your own id: the same sale again is the same sale',
        example: 'order-1001',
      }),
    customer: customerIdSchema,
    amountCents: z.number().int().min(CENTS_MIN).max(CENTS_MAX).meta({
      description: "What the customer pays, in the catalog's currency",
      example: 1_000,
    }),
    description: storableText(500).nullable().default(null).meta({
      description: "On the customer's receipt",
    }),
  })
  .meta({ id: 'VendorChargeRequest' });

export const vendorChargeSchema = z
  .object({
    vendor: z.string(),
    id: z.string(),
    customer: z.string(),
    amountCents: z.number().int(),
    feeCents: z.number().int().meta({ description: "The platform's part, rounded half up" }),
    shareCents: z.number().int().meta({ description: 'What Stripe sends to the vendor' }),
    currency: z.string(),
    status: z.enum(['pending', 'succeeded', 'requires_action']).meta({
      description:
        'requires_action: the bank wants the customer, who confirms the payment intent in your ' +
        'app (3D Secure); nothing is charged until then. Ask again to see what came of it',
    }),
    chargeId: z.string().nullable().meta({ description: 'null: nothing is charged' }),
    paymentIntentId: z.string().nullable(),
    failure: z.string().nullable().meta({ description: 'Why it was declined' }),
  })
  .meta({ id: 'VendorCharge' });

type VendorChargeView = z.infer<typeof vendorChargeSchema>;

export function vendorChargeRoutes(deps: SaleDeps, admin: RequestHandler): Router {
  const router = Router();
  router.post('/v1/vendors/:vendor/charges', admin, async (request, response: Response) => {
    const vendor = vendorIdOf(request);
    const body = parseRequest(vendorChargeRequestSchema, request.body, 'The body');
    await useKey(deps.pool, request, body);
    const { charge, isNew } = await sell(deps, vendor, body);
    response.status(isNew ? 201 : 200).json(chargeView(charge, deps.catalog.currency));
  });
  return router;
}

/** A sale that failed is told as a problem each time: nobody takes it for one that was paid. */
function chargeView(charge: VendorCharge, currency: string): VendorChargeView {
  const { status, amountCents, feeCents } = charge;
  if (status === 'failed') {
    throw new DomainError(
      'card_declined',
      `Sale ${charge.id} of vendor ${charge.vendor} was declined: ${charge.failure}. Nothing was ` +
        'charged. Another try, with another card or later, needs another id.',
      { declineCode: charge.failure, paymentIntentId: charge.paymentIntentId },
    );
  }
  return {
    vendor: charge.vendor,
    id: charge.id,
    customer: charge.customer,
    amountCents,
    feeCents,
    shareCents: amountCents - feeCents,
    currency,
    status,
    chargeId: charge.chargeId,
    paymentIntentId: charge.paymentIntentId,
    failure: charge.failure,
  };
}
