/** GET /v1/unknown-models: what was used and the catalog says nothing of, and what it sells for. */
import { Router } from 'express';
import type { RequestHandler, Response } from 'express';
import type { Pool } from 'pg';
import { z } from 'zod';
import type { Catalog } from '../../core/plans/catalog';
import { ratesOfModel, stillUnknown } from '../../core/plans/known-models';
import { listUnknownModels } from '../../db/unknown-models';
import { parseRequest } from '../http/parse-request';

export const unknownModelsSchema = z
  .object({
    models: z.array(
      z.object({
        model: z.string().meta({ example: 'gpt-6-preview' }),
        firstSeenAt: z.iso.datetime(),
        lastSeenAt: z.iso.datetime().meta({ description: 'To about an hour' }),
        rates: z
          .array(
            z.object({
              plan: z.string().meta({ example: 'starter' }),
              rate: z.string().nullable().meta({ description: 'null: none, it is billed nowhere' }),
              pricePerMillionTokens: z.string().nullable().meta({ example: '3.00' }),
            }),
          )
          .meta({ description: 'What a token of its answer is sold by today, plan by plan' }),
      }),
    ),
  })
  .meta({ id: 'UnknownModels', description: 'Those used last first, of the last 30 days' });

export function unknownModelRoutes(
  { pool, catalog }: { readonly pool: Pool; readonly catalog: Catalog },
  guard: RequestHandler,
): Router {
  const isUnknown = stillUnknown(catalog);
  const router = Router();
  router.get('/v1/unknown-models', guard, async (request, response: Response) => {
    parseRequest(z.strictObject({}), request.query, 'The query');
    const rows = await listUnknownModels(pool);
    const models = rows
      .filter(({ model }) => isUnknown(model))
      .map((one) => ({ ...one, rates: ratesOfModel(catalog, one.model) }));
    response.json({ models });
  });
  return router;
}
