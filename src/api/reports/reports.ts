/** What is read about a customer: usage, access, invoices, audit trail. */
import { Router } from 'express';
import type { RequestHandler, Response } from 'express';
import { z } from 'zod';
import { readAuditEntries } from '../../db/audit-entries';
import type { AuditEntry } from '../../db/audit-entries';
import { listBillingPeriods } from '../../db/billing-periods';
import type { BillingPeriod } from '../../db/billing-periods';
import { csvOf } from '../http/csv';
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
  router.get('/v1/customers/:customer/audit', readCustomer, async (request, response: Response) => {
    const { customer } = await requireCustomer(pool, String(request.params.customer));
    const entries = await readAuditEntries(pool, customer);
    const type = request.accepts(['application/x-ndjson', 'text/csv']);
    if (type === 'text/csv') response.type('text/csv').send(toCsv(entries));
    else response.type('application/x-ndjson').send(toNdjson(entries));
  });
  return router;
}

export function invoiceOf({ start, end, plan, statement }: BillingPeriod, currency: string) {
  if (!statement.invoice) return [];
  const { id, status, totalCents } = statement.invoice;
  return [{ id, status, totalCents, currency, plan, period: { start, end } }];
}

const plain = (entry: AuditEntry) => ({
  entryNumber: entry.entryNumber,
  at: entry.at.toISOString(),
  kind: entry.kind,
  key: entry.key,
  detail: entry.detail,
  previousHash: entry.previousHash.toString('hex'),
  hash: entry.hash.toString('hex'),
});

const toNdjson = (entries: readonly AuditEntry[]): string =>
  entries.map((entry) => `${JSON.stringify(plain(entry))}\n`).join('');

function toCsv(entries: readonly AuditEntry[]): string {
  const head = ['entryNumber', 'at', 'kind', 'key', 'detail', 'previousHash', 'hash'];
  const rows = entries.map((entry) =>
    Object.values({ ...plain(entry), detail: JSON.stringify(entry.detail) }),
  );
  return csvOf(head, rows);
}
