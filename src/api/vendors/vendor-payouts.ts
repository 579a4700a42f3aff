/** GET /v1/vendors/{vendor}/payouts: what a vendor sold, what came back, and what it was paid. */
import { Router } from 'express';
import type { RequestHandler, Response } from 'express';
import type { Pool } from 'pg';
import {
  addToStatement,
  movementOf,
  NOTHING_READ,
  statementOf,
} from '../../core/vendors/vendor-statement';
import type {
  MovementKind,
  VendorMonth,
  VendorStatement,
} from '../../core/vendors/vendor-statement';
import { readEntriesByCharge, readMovementPage } from '../../db/vendor-entries';
import type { PeriodRange } from '../../db/vendor-entries';
import { csvRow } from '../http/csv';
import { parseRequest } from '../http/parse-request';
import { allPages, sendTexts } from '../http/send-lines';
import { requireSeller } from './seller';
import type { SellerDeps } from './seller';
import { MOVEMENTS_LISTED, payoutsQuerySchema, rangeOf } from './statement-schema';
import type { PayoutsQuery } from './statement-schema';
import { vendorIdOf } from './vendor-id';
import { latestMovements } from './vendor-movements';

export function vendorPayoutRoutes(deps: SellerDeps, guard: RequestHandler): Router {
  const router = Router();
  router.get('/v1/vendors/:vendor/payouts', guard, async (request, response: Response) => {
    const query = parseRequest(payoutsQuerySchema, request.query, 'The query');
    const { vendor } = await requireSeller(deps, vendorIdOf(request));
    if (request.accepts(['application/json', 'text/csv']) === 'text/csv') {
      const books = await readBooksOf(deps.pool, vendor, rangeOf(query));
      response.type('text/csv');
      await sendTexts({ request, response }, csvTexts(deps.pool, vendor, rangeOf(query), books));
      return;
    }
    const statement = await readStatement(deps.pool, vendor, query);
    response.json({ vendor, currency: deps.catalog.currency, ...statement });
  });
  return router;
}

/** It has the latest movements, and in `nextCursor` where those before are. */
export type ListedStatement = VendorStatement & { readonly nextCursor: string | null };

export async function readStatement(
  pool: Pool,
  vendor: string,
  query: PayoutsQuery = {},
): Promise<ListedStatement> {
  const range = rangeOf(query);
  const { soFar, endNumber, now } = await readBooksOf(pool, vendor, range);
  const limit = MOVEMENTS_LISTED;
  const page = await latestMovements(pool, vendor, range, { before: endNumber, limit });
  const movements = page.rows.map(movementOf).reverse();
  return { ...statementOf(soFar, movements, now), nextCursor: page.nextCursor };
}

/**
 * The figures of all entries, and the number of the first that is not among them: a vendor's
 * entries are booked one transaction after another, so those below it are the same ones.
 */
async function readBooksOf(pool: Pool, vendor: string, range: PeriodRange) {
  const now = Math.floor(Date.now() / 1_000);
  let [soFar, endNumber] = [NOTHING_READ, 1];
  await readEntriesByCharge(pool, vendor, range, (entries) => {
    soFar = addToStatement(soFar, entries, now);
    for (const { entryNumber } of entries) endNumber = Math.max(endNumber, entryNumber + 1);
  });
  return { soFar, endNumber, now };
}

const NUMBERS = [
  'tokens',
  'grossCents',
  'feeCents',
  'shareCents',
  'moneyBackCents',
  'feeReturnedCents',
  'transferredCents',
  'reversedCents',
  'offsetCents',
  'balanceDueCents',
] as const;

const PAGE_SIZE = 500;

/**
 * A row a month, without totals: programs that read it add up themselves. The ids of a month's
 * transfers are a cell, however many there are. Stripe's ids need no quotes.
 */
async function* csvTexts(
  pool: Pool,
  vendor: string,
  range: PeriodRange,
  { soFar, endNumber, now }: Awaited<ReturnType<typeof readBooksOf>>,
): AsyncGenerator<string> {
  yield csvRow(['month', ...NUMBERS, 'transfers', 'reversals']);
  for (const month of statementOf(soFar, [], now).months) {
    yield csvRow([month.month, ...NUMBERS.map((name) => month[name])]).trimEnd();
    for (const kind of ['transfer', 'reversal'] as const) {
      yield ',';
      if (month.movementCount > 0)
        yield* ids(pool, vendor, { ...within(range, month), kind, before: endNumber });
    }
    yield '\r\n';
  }
}

async function* ids(
  pool: Pool,
  vendor: string,
  { kind, before, ...range }: PeriodRange & { kind: MovementKind; before: number },
): AsyncGenerator<string> {
  const pages = allPages(
    (last: number | undefined, limit) =>
      readMovementPage(pool, vendor, range, {
        after: last,
        before,
        kind,
        isLatestFirst: false,
        limit,
      }),
    ({ entryNumber }) => entryNumber,
    { pageSize: PAGE_SIZE },
  );
  let separator = '';
  for await (const entries of pages) {
    if (entries.length === 0) return;
    yield separator + entries.map((entry) => movementOf(entry).movement.stripeId).join(' ');
    separator = ' ';
  }
}

function within({ from, to }: PeriodRange, { month }: VendorMonth): PeriodRange {
  const start = new Date(`${month}-01T00:00:00Z`);
  const end = Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1) / 1_000;
  return {
    from: Math.max(from ?? -Infinity, start.getTime() / 1_000),
    to: Math.min(to ?? Infinity, end),
  };
}
