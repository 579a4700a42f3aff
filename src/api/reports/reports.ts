/** What is read about a customer: usage, access, invoices. */
import { Router } from 'express';
import type { RequestHandler } from 'express';
import { z } from 'zod';
import { listInvoicedPeriods } from '../../db/billing-periods';
import type { BillingPeriod } from '../../db/billing-periods';
import {
  limitSchema,
  nextCursor,
  notACursor,
  pageOf,
  pageQuery,
  positionAfter,
} from '../http/page';
import { parseRequest } from '../http/parse-request';
import { customerIdOf } from '../customer-id';
import { periodOf, requireCustomer, requirePeriod } from '../customers/customer-period';
import { discountSchema } from './usage-report-schema';
import { customerAccess, PERIODS_MAX, usageReport } from './usage-report';
import type { ReportDeps } from './usage-report';

export const invoicesSchema = z
  .object({
    invoices: z.array(
      z.object({
        id: z.string().meta({ description: "Stripe's", example: 'in_1' }),
        status: z.string().meta({
          description: 'As Stripe last told it: draft, open, paid, uncollectible or void',
        }),
        totalCents: z.number().int(),
        discounts: z
          .array(discountSchema)
          .optional()
          .meta({ description: 'Absent: nothing is taken off' }),
        currency: z.string(),
        plan: z.string(),
        period: z.object({ start: z.iso.datetime(), end: z.iso.datetime() }).meta({
          description: 'Whose usage it bills, half-open',
        }),
      }),
    ),
    nextCursor,
  })
  .meta({ id: 'Invoices', description: 'The renewal invoices of closed periods, latest first' });

/** Whoever asks for no page has always had those of ten years. */
export const invoicesQuerySchema = z.object({
  ...pageQuery,
  limit: limitSchema.default(PERIODS_MAX),
});

export function reportRoutes(deps: ReportDeps, readCustomer: RequestHandler): Router {
  const { pool, catalog } = deps;
  const router = Router();
  router.get('/v1/customers/:customer/usage', readCustomer, async (request, response) => {
    const customer = await requireCustomer(pool, customerIdOf(request));
    const period = await requirePeriod(pool, customer.customer, periodOf(request));
    response.json(await usageReport(deps, customer, period));
  });
  router.get('/v1/customers/:customer/access', readCustomer, async (request, response) => {
    const customer = await requireCustomer(pool, customerIdOf(request));
    response.json(await customerAccess(deps, customer));
  });
  router.get('/v1/customers/:customer/invoices', readCustomer, async (request, response) => {
    const query = parseRequest(invoicesQuerySchema, request.query, 'The query');
    const { customer } = await requireCustomer(pool, customerIdOf(request));
    const bound = startOf(query.after);
    const page = await pageOf(
      'invoices',
      query.limit,
      (limit) => listInvoicedPeriods(pool, customer, { before: bound, limit }),
      ({ start }) => [start.toISOString()],
    );
    const invoices = page.rows.flatMap((period) => invoiceOf(period, catalog.currency));
    response.json({ invoices, nextCursor: page.nextCursor });
  });
  return router;
}

function startOf(cursor: string | undefined): Date | undefined {
  const [start] = positionAfter('invoices', cursor, 1) ?? [];
  if (cursor === undefined || start === undefined) return undefined;
  const time = new Date(start);
  if (Number.isNaN(time.getTime()) || time.toISOString() !== start) throw notACursor(cursor);
  return time;
}

export function invoiceOf({ start, end, plan, statement }: BillingPeriod, currency: string) {
  if (!statement.invoice) return [];
  const { id, status, totalCents, discounts } = statement.invoice;
  const off = discounts && { discounts };
  return [{ id, status, totalCents, ...off, currency, plan, period: { start, end } }];
}
