/** What is read about a customer: usage, access, invoices. */
import { Router } from 'express';
import type { RequestHandler } from 'express';
import { z } from 'zod';
import { listBillingPeriods } from '../../db/billing-periods';
import type { BillingPeriod } from '../../db/billing-periods';
import { requireCustomer, requirePeriod } from '../customers/customer-period';
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
        currency: z.string(),
        plan: z.string(),
        period: z.object({ start: z.iso.datetime(), end: z.iso.datetime() }).meta({
          description: 'Whose usage it bills, half-open',
        }),
      }),
    ),
  })
  .meta({ id: 'Invoices', description: 'The renewal invoices of closed periods, latest first' });

export function reportRoutes(deps: ReportDeps, readCustomer: RequestHandler): Router {
  const { pool, catalog } = deps;
  const router = Router();
  router.get('/v1/customers/:customer/usage', readCustomer, async (request, response) => {
    const customer = await requireCustomer(pool, String(request.params.customer));
    const periodName = request.query.period ?? 'current';
    const period = await requirePeriod(pool, customer.customer, String(periodName));
    response.json(await usageReport(deps, customer, period));
  });
  router.get('/v1/customers/:customer/access', readCustomer, async (request, response) => {
    const customer = await requireCustomer(pool, String(request.params.customer));
    response.json(await customerAccess(deps, customer));
  });
  router.get('/v1/customers/:customer/invoices', readCustomer, async (request, response) => {
    const { customer } = await requireCustomer(pool, String(request.params.customer));
    const periods = await listBillingPeriods(pool, customer, PERIODS_MAX);
    response.json({ invoices: periods.flatMap((period) => invoiceOf(period, catalog.currency)) });
  });
  return router;
}

export function invoiceOf({ start, end, plan, statement }: BillingPeriod, currency: string) {
  if (!statement.invoice) return [];
  const { id, status, totalCents } = statement.invoice;
  return [{ id, status, totalCents, currency, plan, period: { start, end } }];
}
