/** GET /v1/customers/{customer}/margin: what a period brought in, and what it cost us. */
import { Router } from 'express';
import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { z } from 'zod';
import type { Catalog } from '../../core/plans/catalog';
import { marginReport } from '../../core/plans/margin-report';
import { isoSecond } from '../../core/period';
import { TOKEN_TYPES } from '../../core/usage/usage';
import { readDailyUsage } from '../../db/usage-reports';
import { customerIdOf } from '../customer-id';
import { periodOf, requireCustomer, requirePeriod } from '../customers/customer-period';

const exact = z.string().meta({ description: 'Minor units, exact', example: '2915.0375' });
const unknownCost = exact.nullable().meta({
  description: 'null: the cost book lacks rows, see `modelsWithoutCost`; none is guessed',
});
const tokens = z.number().int();
const tokenType = z.enum(TOKEN_TYPES);

export const marginSchema = z
  .object({
    plan: z.string(),
    period: z.object({ start: z.iso.datetime(), end: z.iso.datetime() }),
    currency: z.string(),
    byModel: z.array(
      z.object({
        model: z.string(),
        vendor: z.string().optional().meta({ description: 'Our revenue is the fee' }),
        tokens: z.partialRecord(tokenType, tokens),
        billableTokens: tokens.meta({
          description: "Of the rate's billable tokens, in proportion to the use of its models",
        }),
        basePriceCents: exact.meta({ description: 'By tokens that fill the allowance' }),
        usageRevenueCents: exact.meta({ description: 'Of the overage' }),
        revenueCents: exact.meta({ description: 'basePriceCents + usageRevenueCents' }),
        knownCostCents: exact.meta({ description: 'Of tokens whose cost is in the cost book' }),
        marginCents: unknownCost,
        withoutCost: z.array(tokenType).meta({ description: 'The cost book has no row for them' }),
      }),
    ),
    unassignedRevenueCents: exact.meta({ description: 'The base price, where nothing was used' }),
    totals: z.object({
      revenueCents: exact,
      knownCostCents: exact,
      marginCents: unknownCost,
      marginPercent: z.string().nullable().meta({
        description: 'Half up to one decimal place, the only figure that is rounded',
      }),
    }),
    modelsWithoutCost: z.array(z.object({ model: z.string(), tokenType, tokens })),
  })
  .meta({ id: 'Margin', description: 'The sums of the models and the unassigned are the totals' });

export function marginRoutes(
  { pool, catalog }: { readonly pool: Pool; readonly catalog: Catalog },
  admin: RequestHandler,
): Router {
  const router = Router();
  router.get('/v1/customers/:customer/margin', admin, async (request, response) => {
    const { customer } = await requireCustomer(pool, customerIdOf(request));
    const { terms, statement, ...period } = await requirePeriod(pool, customer, periodOf(request));
    const [start, end] = [seconds(period.start), seconds(period.end)];
    const usage = await readDailyUsage(pool, customer, start, end);
    const report: z.infer<typeof marginSchema> = {
      plan: terms.planId,
      period: { start: isoSecond(start), end: isoSecond(end) },
      currency: catalog.currency,
      ...marginReport({ catalog, terms, statement, usage }),
    };
    response.json(report);
  });
  return router;
}

const seconds = (time: Date): number => Math.floor(time.getTime() / 1000);
