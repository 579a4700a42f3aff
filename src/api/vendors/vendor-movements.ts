/** GET /v1/vendors/{vendor}/movements: each transfer and reversal, by pages or all as lines. */
import { Router } from 'express';
import type { RequestHandler, Response } from 'express';
import type { Pool } from 'pg';
import { z } from 'zod';
import { movementOf } from '../../core/vendors/vendor-statement';
import { readMovementPage } from '../../db/vendor-entries';
import type { MovementEntry, PeriodRange } from '../../db/vendor-entries';
import { LIMIT_DEFAULT, limitSchema, nextCursor, notACursor } from '../http/page';
import { pageOf, pageQuery, positionAfter } from '../http/page';
import type { Page } from '../http/page';
import { parseRequest } from '../http/parse-request';
import { allPages, formatOf, LINE_FORMATS, sendLines } from '../http/send-lines';
import type { Lines } from '../http/send-lines';
import { requireSeller } from './seller';
import type { SellerDeps } from './seller';
import { movementSchema, periodQuery, rangeOf } from './statement-schema';
import { vendorIdOf } from './vendor-id';

const LIST = 'movements';
const PAGE_SIZE = 500;

export const movementsQuerySchema = z.strictObject({
  ...{ ...pageQuery, ...periodQuery },
  limit: limitSchema.optional().meta({
    description: `How many at most; left out: ${LIMIT_DEFAULT}, and as NDJSON or CSV all`,
  }),
  format: z
    .enum(['json', ...LINE_FORMATS])
    .optional()
    .meta({ description: 'Goes before `Accept`' }),
});

export const movementsSchema = z
  .object({
    movements: z.array(
      movementSchema.extend({
        kind: z.enum(['transfer', 'reversal']),
        month: z.string().meta({ description: 'Of the statement (UTC)', example: '2026-01' }),
      }),
    ),
    nextCursor,
  })
  .meta({ id: 'VendorMovements', description: 'Those that were booked last first' });

export function vendorMovementRoutes(deps: SellerDeps, guard: RequestHandler): Router {
  const router = Router();
  router.get('/v1/vendors/:vendor/movements', guard, async (request, response: Response) => {
    const query = parseRequest(movementsQuerySchema, request.query, 'The query');
    const { vendor } = await requireSeller(deps, vendorIdOf(request));
    const range = rangeOf(query);
    const start = numberOf(query.after);
    const format = formatOf(request, query.format, ['json', 'application/json']);
    if (format === 'json') {
      const limit = query.limit ?? LIMIT_DEFAULT;
      const page = await latestMovements(deps.pool, vendor, range, { before: start, limit });
      response.json({ movements: page.rows.map(shown), nextCursor: page.nextCursor });
      return;
    }
    const pages = allPages(
      (position: number | undefined, limit) =>
        readMovementPage(deps.pool, vendor, range, {
          before: position,
          isLatestFirst: true,
          limit,
        }),
      ({ entryNumber }) => entryNumber,
      { after: start, limit: query.limit, pageSize: PAGE_SIZE },
    );
    await sendLines({ request, response }, format, LINES, pages);
  });
  return router;
}

/** The statement begins this list, so its cursor leads on here. */
export const latestMovements = (
  pool: Pool,
  vendor: string,
  range: PeriodRange,
  { before, limit }: { readonly before: number | undefined; readonly limit: number },
): Promise<Page<MovementEntry>> =>
  pageOf(
    LIST,
    limit,
    (count) => readMovementPage(pool, vendor, range, { before, isLatestFirst: true, limit: count }),
    ({ entryNumber }) => [String(entryNumber)],
  );

function numberOf(cursor: string | undefined): number | undefined {
  const [text] = positionAfter(LIST, cursor, 1) ?? [];
  if (cursor === undefined || text === undefined) return undefined;
  const number = Number(text);
  if (!/^[1-9]\d*$/.test(text) || !Number.isSafeInteger(number)) throw notACursor(cursor);
  return number;
}

function shown(entry: MovementEntry) {
  const { kind, month, movement } = movementOf(entry);
  return { kind, month, ...movement };
}

const HEAD = [
  ...['kind', 'month', 'stripeId', 'chargeId', 'invoiceId', 'amountCents', 'recordedAt'],
] as const;

const LINES: Lines<MovementEntry> = {
  head: HEAD,
  object: shown,
  cells: (entry) => Object.values(shown(entry)),
};
