/** PUT and GET /v1/vendors/{vendor}, GET /v1/vendors: vendors and the state of their accounts. */
import { Router } from 'express';
import type { Request, Response } from 'express';
import type { Pool } from 'pg';
import { z } from 'zod';
import type { Catalog } from '../../core/plans/catalog';
import { DomainError } from '../../core/errors';
import { findVendor, readVendorPage } from '../../db/vendors';
import type { Vendor } from '../../db/vendors';
import type { RouteGuards } from '../customers/customers';
import { limitSchema, nextCursor, pageOf, pageQuery, positionAfter } from '../http/page';
import { parseRequest } from '../http/parse-request';
import { emailSchema, storableText } from '../../ingest/storable-text';
import { vendorIdOf } from './vendor-id';
import { asStripeProblem } from '../http/stripe-problem';
import { onboardingUrls } from './vendor-onboarding';
import type { OnboardingDeps } from './vendor-onboarding';
import { provisionVendor } from './vendor-provisioning';
import type { VendorProvisioningDeps } from './vendor-provisioning';

export const vendorRequestSchema = z
  .strictObject({
    email: emailSchema.meta({ description: 'Of whoever answers for the vendor' }),
    name: storableText(256).nullable().optional().meta({
      description: "Left out: as it is, at first the catalog's",
    }),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/, 'expected a country as two capital letters, such as US')
      .optional()
      .meta({ description: 'Where its bank account is (ISO 3166); US unless said', example: 'US' }),
  })
  .meta({ id: 'VendorRequest' });

const vendorFields = {
  vendor: z.string().meta({ description: 'As the catalog names it' }),
  email: z.string(),
  name: z.string().nullable(),
  country: z.string(),
  stripeAccountId: z.string().nullable().meta({ description: 'null: not made yet' }),
  transfersStatus: z.string().meta({
    description: 'active, inactive or pending: only to an active account is money sent',
  }),
  payoutsEnabled: z.boolean().meta({ description: 'Stripe pays out to its bank account' }),
  requirementsDue: z.array(z.string()).meta({
    description: "What Stripe asks for, by Stripe's names",
  }),
  disabledReason: z.string().nullable().meta({
    description: 'Why Stripe restricts the account, by its names',
  }),
  deauthorizedAt: z.iso.datetime().nullable().meta({
    description: 'Since when Stripe does not let us see the account any more',
  }),
  feePercent: z.string().nullable().meta({
    description: "The platform's part; null: the vendor has left the catalog",
  }),
};

export const vendorSchema = z.object(vendorFields).meta({ id: 'Vendor' });
export const vendorWithLinkSchema = z
  .object({
    ...vendorFields,
    onboardingUrl: z
      .url()
      .nullable()
      .meta({
        description:
          "Stripe's form for what is due, for the vendor alone; it works once and for minutes. " +
          'null: nothing is due',
      }),
  })
  .meta({ id: 'VendorWithLink' });
export const vendorsSchema = z
  .object({ vendors: z.array(vendorSchema), nextCursor })
  .meta({ id: 'Vendors' });

/** Whoever asks for no page has always had all of them: a thousand is more than were ever there. */
export const vendorsQuerySchema = z.object({ ...pageQuery, limit: limitSchema.default(1_000) });

export type VendorView = z.infer<typeof vendorSchema>;

export type VendorRouteDeps = VendorProvisioningDeps & OnboardingDeps;

export function vendorRoutes(deps: VendorRouteDeps, guards: RouteGuards): Router {
  const { pool, catalog } = deps;
  const router = Router();
  router.put('/v1/vendors/:vendor', guards.admin, async (request, response: Response) => {
    const id = vendorIdOf(request);
    const body = parseRequest(vendorRequestSchema, request.body, 'The body');
    const { vendor, isNew } = await provisionVendor(deps, id, body);
    const onboardingUrl = await onboardingUrlOf(deps, vendor, request);
    response.status(isNew ? 201 : 200).json({ ...vendorView(catalog, vendor), onboardingUrl });
  });
  router.get('/v1/vendors/:vendor', guards.read, async (request, response: Response) => {
    const id = vendorIdOf(request);
    response.json(vendorView(catalog, await requireVendor(pool, id)));
  });
  router.get('/v1/vendors', guards.read, async (request, response: Response) => {
    const query = parseRequest(vendorsQuerySchema, request.query, 'The query');
    const [start] = positionAfter('vendors', query.after, 1) ?? [];
    const page = await pageOf(
      'vendors',
      query.limit,
      (limit) => readVendorPage(pool, { after: start, limit }),
      ({ vendor }) => [vendor],
    );
    const vendors = page.rows.map((vendor) => vendorView(catalog, vendor));
    response.json({ vendors, nextCursor: page.nextCursor });
  });
  return router;
}

/** It knows only vendors that were brought about by PUT. */
export async function requireVendor(pool: Pool, id: string): Promise<Vendor> {
  const vendor = await findVendor(pool, id);
  if (vendor) return vendor;
  throw new DomainError(
    'vendor_not_found',
    `There is no vendor ${JSON.stringify(id)}: make its account by PUT /v1/vendors/` +
      `${encodeURIComponent(id)}, once it is in the catalog.`,
  );
}

async function onboardingUrlOf(
  deps: VendorRouteDeps,
  { vendor, stripeAccountId, requirementsDue, deauthorizedAt }: Vendor,
  request: Request,
): Promise<string | null> {
  if (stripeAccountId === null || deauthorizedAt !== null) return null;
  if (requirementsDue.length === 0) return null;
  try {
    const urls = onboardingUrls(deps.config, vendor, request);
    return await deps.accounts.onboardingLink(stripeAccountId, urls);
  } catch (error) {
    throw asStripeProblem(`Vendor ${vendor}`, error);
  }
}

function vendorView(catalog: Catalog, vendor: Vendor): VendorView {
  return {
    vendor: vendor.vendor,
    email: vendor.email,
    name: vendor.name,
    country: vendor.country,
    stripeAccountId: vendor.stripeAccountId,
    transfersStatus: vendor.transfersStatus,
    payoutsEnabled: vendor.payoutsEnabled,
    requirementsDue: [...vendor.requirementsDue],
    disabledReason: vendor.disabledReason,
    deauthorizedAt: vendor.deauthorizedAt?.toISOString() ?? null,
    feePercent: catalog.vendors.find(({ id }) => id === vendor.vendor)?.feePercent ?? null,
  };
}
