/** GET /v1/customers/{customer}/audit: every decision about a customer, an entry a line. */
import { Router } from 'express';
import type { RequestHandler, Response } from 'express';
import type { Pool } from 'pg';
import { z } from 'zod';
import { readAuditPage } from '../../db/audit-entries';
import type { AuditEntry } from '../../db/audit-entries';
import { customerIdOf } from '../customers/customer-id';
import { requireCustomer } from '../customers/customer-period';
import { limitSchema } from '../http/page';
import { parseRequest } from '../http/parse-request';
import { allPages, formatOf, LINE_FORMATS, sendLines } from '../http/send-lines';
import type { Lines } from '../http/send-lines';

/** Each may be some kilobytes. */
const PAGE_SIZE = 200;

export const auditQuerySchema = z.strictObject({
  after: z.coerce
    .number<string | undefined>()
    .int()
    .min(0)
    .optional()
    .meta({ description: 'Only entries after the one of this number', example: 1000 }),
  limit: limitSchema.optional().meta({ description: 'How many at most; left out: all' }),
  format: z.enum(LINE_FORMATS).optional().meta({ description: 'Goes before `Accept`' }),
});

const LINES: Lines<AuditEntry> = {
  head: ['entryNumber', 'at', 'kind', 'key', 'detail', 'previousHash', 'hash'],
  object: plain,
  cells: (entry) => Object.values({ ...plain(entry), detail: JSON.stringify(entry.detail) }),
};

export function auditRoutes({ pool }: { readonly pool: Pool }, guard: RequestHandler): Router {
  const router = Router();
  router.get('/v1/customers/:customer/audit', guard, async (request, response: Response) => {
    const query = parseRequest(auditQuerySchema, request.query, 'The query');
    const { customer } = await requireCustomer(pool, customerIdOf(request));
    const format = formatOf(request, query.format, ['ndjson', 'application/x-ndjson']);
    const pages = allPages(
      (position: number | undefined, limit) =>
        readAuditPage(pool, customer, { after: position, limit }),
      ({ entryNumber }) => entryNumber,
      { ...query, pageSize: PAGE_SIZE },
    );
    await sendLines({ request, response }, format, LINES, pages);
  });
  return router;
}

function plain(entry: AuditEntry) {
  return {
    entryNumber: entry.entryNumber,
    at: entry.at.toISOString(),
    kind: entry.kind,
    key: entry.key,
    detail: entry.detail,
    previousHash: entry.previousHash.toString('hex'),
    hash: entry.hash.toString('hex'),
  };
}
