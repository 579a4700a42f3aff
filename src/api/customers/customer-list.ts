/** GET /v1/customers: customers by pages, found by what they are called and how they stand. */
import { Router } from 'express';
import type { RequestHandler, Response } from 'express';
import type { Pool } from 'pg';
import { z } from 'zod';
import type { Catalog } from '../../core/plans/catalog';
import { describePlan } from '../../db/catalog-versions';
import { readCustomerPage } from '../../db/customer-list';
import type { CustomerFilter } from '../../db/customer-list';
import { storableId } from '../../ingest/storable-text';
import type { OpenExceptions } from '../../temporal/open-exceptions';
import { nextCursor, pageOf, pageQuery, positionAfter } from '../http/page';
import { parseRequest } from '../http/parse-request';
import { customerSchema, shownCustomer } from './customers';

const LIST = 'customers';

const STATUSES = [
  ...(['pending', 'incomplete', 'trialing', 'active', 'past_due', 'paused', 'ended'] as const),
] as const;

export const customersQuerySchema = z.strictObject({
  ...pageQuery,
  search: storableId(200).optional().meta({
    description: 'Part of the id, the e-mail address or the name; A to Z are as a to z',
    example: 'ada',
  }),
  plan: storableId(200).optional().meta({ description: 'The plan of now', example: 'starter' }),
  status: z.enum(STATUSES).optional().meta({ description: 'The `billingStatus`' }),
  exception: z.enum(['open', 'none']).optional().meta({
    description: 'open: some exception of theirs is; it may be seconds behind',
  }),
});
type CustomersQuery = z.infer<typeof customersQuerySchema>;

export const customersSchema = z
  .object({ customers: z.array(customerSchema), nextCursor })
  .meta({ id: 'Customers', description: 'Customers in the order of their ids' });

export interface CustomerListDeps {
  readonly pool: Pool;
  readonly catalog: Catalog;
  readonly openExceptions: OpenExceptions;
}

export function customerListRoutes(deps: CustomerListDeps, guard: RequestHandler): Router {
  const { pool, catalog } = deps;
  const router = Router();
  router.get('/v1/customers', guard, async (request, response: Response) => {
    const query = parseRequest(customersQuerySchema, request.query, 'The query');
    const [start] = positionAfter(LIST, query.after, 1) ?? [];
    const filter = await filterOf(deps, query);
    const page = await pageOf(
      LIST,
      query.limit,
      (limit) => readCustomerPage(pool, filter, { after: start, limit }),
      ({ customer }) => [customer],
    );
    const features = new Map<string, readonly string[]>();
    for (const plan of new Set(page.rows.map((customer) => customer.plan)))
      features.set(plan, (await describePlan(pool, catalog, plan))?.features ?? []);
    const customers = page.rows.map((row) => shownCustomer(row, features.get(row.plan) ?? []));
    response.json({ customers, nextCursor: page.nextCursor });
  });
  return router;
}

async function filterOf(deps: CustomerListDeps, query: CustomersQuery): Promise<CustomerFilter> {
  const { search, plan, status, exception } = query;
  if (exception === undefined) return { search, plan, status };
  const customers = await deps.openExceptions.customers();
  return { search, plan, status, among: { customers, isExcluded: exception === 'none' } };
}
