/** GET /v1/customers/{customer}/audit: every decision about a customer, an entry a line. */
import { Router } from 'express';
import type { RequestHandler, Response } from 'express';
import type { Pool } from 'pg';
import { z } from 'zod';
import { readAuditPage } from '../../db/audit-entries';
import type { AuditEntry } from '../../db/audit-entries';
import { customerIdOf } from '../customer-id';
import { requireCustomer } from '../customers/customer-period';
import { isForCustomerItself } from '../http/keyring';
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

const linesOf = (show: (entry: AuditEntry) => AuditEntry): Lines<AuditEntry> => {
  const object = (entry: AuditEntry) => plain(show(entry));
  return {
    head: ['entryNumber', 'at', 'kind', 'key', 'detail', 'previousHash', 'hash'],
    object,
    cells: (entry) => {
      const line = object(entry);
      return Object.values({ ...line, detail: JSON.stringify(line.detail) });
    },
  };
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
    const lines = isForCustomerItself(response) ? LINES_OF_CUSTOMER : LINES;
    await sendLines({ request, response }, format, lines, pages);
  });
  return router;
}

/** What the platform keeps of a vendor's sale is between those two. */
const BETWEEN_PLATFORM_AND_VENDOR: readonly string[] = [
  ...['feeCents', 'feeOnRefund', 'shareCents', 'earnedCents', 'movedCents'],
];

/** The hash is of the entry as it is in the ledger. */
function withoutPlatformsPart(entry: AuditEntry): AuditEntry {
  if (!entry.kind.startsWith('vendor_')) return entry;
  const details = Object.entries(entry.detail).filter(
    ([name]) => !BETWEEN_PLATFORM_AND_VENDOR.includes(name),
  );
  return { ...entry, detail: { ...Object.fromEntries(details), withheld: true } };
}

const LINES = linesOf((entry) => entry);
const LINES_OF_CUSTOMER = linesOf(withoutPlatformsPart);

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
