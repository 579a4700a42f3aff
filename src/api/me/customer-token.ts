/**
 * POST …/token: what an app's server gives to its own pages, whose components then ask the routes
 * under /v1/me for the one customer that the token is of. None of them cancels anything.
 */
import { Router } from 'express';
import type { RequestHandler, Response } from 'express';
import type { Pool } from 'pg';
import { z } from 'zod';
import { inSeconds } from '../../links/link-request';
import { createCustomerTokens } from '../../links/signed-link';
import { customerIdOf } from '../customer-id';
import { requireCustomer } from '../customers/customer-period';
import type { ApiConfig } from '../deps';
import { parseRequest } from '../http/parse-request';

const TOKEN_SECONDS = 15 * 60;
const TOKEN_SECONDS_MAX = 3600;

/** What a token can be given: each may show usage. */
export const TOKEN_RIGHTS = ['plan', 'card', 'invoices'] as const;

export const customerTokenRequestSchema = z
  .strictObject({
    allow: z
      .array(z.enum(TOKEN_RIGHTS))
      .default([])
      .meta({
        description:
          'What may be done besides seeing usage: `plan` sees prices, changes the plan or buys one, ' +
          "`card` puts in a card on Stripe's page, `invoices` sees, opens and pays invoices",
        example: [...TOKEN_RIGHTS],
      }),
    expiresInSeconds: z
      .number()
      .int()
      .min(1)
      .max(TOKEN_SECONDS_MAX)
      .default(TOKEN_SECONDS)
      .meta({ description: 'How long it works', example: TOKEN_SECONDS }),
  })
  .meta({ id: 'CustomerTokenRequest' });

export const customerTokenSchema = z
  .object({
    token: z.string().meta({ description: 'The page sends it as `Authorization: Bearer`' }),
    expiresAt: z.iso.datetime().meta({ description: 'From then on it is refused' }),
  })
  .meta({ id: 'CustomerToken' });

export function customerTokenRoutes(
  { pool, config }: { readonly pool: Pool; readonly config: ApiConfig },
  admin: RequestHandler,
): Router {
  const tokens = createCustomerTokens(config);
  const router = Router();
  router.post('/v1/customers/:customer/token', admin, async (request, response: Response) => {
    const body = parseRequest(customerTokenRequestSchema, request.body ?? {}, 'The body');
    const { customer: subject } = await requireCustomer(pool, customerIdOf(request));
    const expiresAt = inSeconds(body.expiresInSeconds);
    const token = tokens.sign({ subject, expiresAt, rights: body.allow });
    response.status(201).json({ token, expiresAt: expiresAt.toISOString() });
  });
  return router;
}
