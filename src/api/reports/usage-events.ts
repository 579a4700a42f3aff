/** GET /v1/customers/{customer}/events: each usage event, by pages, or all of them as lines. */
import { Router } from 'express';
import type { Request, RequestHandler, Response } from 'express';
import type { Pool } from 'pg';
import { z } from 'zod';
import { TOKEN_TYPES } from '../../core/usage/usage';
import type { TokenType } from '../../core/usage/usage';
import { monthOfPartition } from '../../core/archive/archive-month';
import { readUsageEventPage, USAGE_EVENT_STATUSES } from '../../db/usage-event-list';
import type { ListedUsageEvent, UsageEventFilter } from '../../db/usage-event-list';
import { archivesOf, refuseArchived } from '../../db/partitions/usage-archives';
import { isUnstorable } from '../../db/unstorable';
import { storableId } from '../../ingest/storable-text';
import { customerIdOf } from '../customer-id';
import { requireCustomer } from '../customers/customer-period';
import { LIMIT_DEFAULT, limitSchema, nextCursor, notACursor } from '../http/page';
import { pageOf, pageQuery, positionAfter } from '../http/page';
import { parseRequest } from '../http/parse-request';
import { allPages, formatOf, LINE_FORMATS, sendLines } from '../http/send-lines';
import type { Lines } from '../http/send-lines';

const LIST = 'events';
const PAGE_SIZE = 500;

const time = z.iso.datetime({ offset: true });

export const eventsQuerySchema = z.strictObject({
  ...pageQuery,
  limit: limitSchema.optional().meta({
    description: `How many at most; left out: ${LIMIT_DEFAULT}, and as NDJSON or CSV all`,
  }),
  from: time.optional().meta({
    description: 'Only those that occurred then or later',
    example: '2026-01-01T00:00:00Z',
  }),
  to: time.optional().meta({
    description: 'Only those that occurred before',
    example: '2026-02-01T00:00:00Z',
  }),
  model: storableId(200).optional().meta({ example: 'gpt-4o-mini' }),
  status: z.enum(USAGE_EVENT_STATUSES).optional(),
  format: z
    .enum(['json', ...LINE_FORMATS])
    .optional()
    .meta({ description: 'Goes before `Accept`' }),
});
type EventsQuery = z.infer<typeof eventsQuerySchema>;

const counts = Object.fromEntries(TOKEN_TYPES.map((type) => [type, z.number().int()])) as Record<
  TokenType,
  z.ZodNumber
>;

export const usageEventsSchema = z
  .object({
    events: z.array(
      z.object({
        id: z.string(),
        model: z.string(),
        sentModel: z.string().nullable().meta({
          description: 'What it was called, if the catalog (`modelNames`) has another name for it',
        }),
        vendor: z.string().nullable(),
        tokens: z.object(counts),
        occurredAt: z.string().meta({ example: '2026-01-10T12:00:00.000Z' }),
        recordedAt: z.string().meta({ example: '2026-01-10T12:00:01.000Z' }),
        status: z.enum(USAGE_EVENT_STATUSES).meta({
          description:
            'waiting: recorded, and not counted yet. counted: in the figures. quarantined: no ' +
            'figure can hold it, and somebody has to decide. settled: that was decided',
        }),
        metadata: z.record(z.string(), z.unknown()).nullable(),
      }),
    ),
    nextCursor,
    archivedMonths: z.array(z.string()).meta({
      description:
        'Usage events of what was asked for that are not listed: the months of their recording are ' +
        'archived (`first`: before there were months)',
      example: [],
    }),
  })
  .meta({ id: 'UsageEvents', description: 'Usage events, those that occurred last first' });

const LINES: Lines<ListedUsageEvent> = {
  head: [
    ...['id', 'occurredAt', 'recordedAt', 'model', 'vendor', 'status'],
    ...TOKEN_TYPES,
    ...['metadata', 'sentModel'],
  ],
  object: shown,
  cells: (event) => [
    ...[event.id, event.occurredAt, event.recordedAt, event.model, event.vendor, event.status],
    ...TOKEN_TYPES.map((type) => event.tokens[type]),
    event.metadata && JSON.stringify(event.metadata),
    event.sentModel,
  ],
};

export function usageEventRoutes({ pool }: { readonly pool: Pool }, guard: RequestHandler): Router {
  const router = Router();
  router.get('/v1/customers/:customer/events', guard, async (request, response: Response) => {
    const query = parseRequest(eventsQuerySchema, request.query, 'The query');
    const { customer } = await requireCustomer(pool, customerIdOf(request));
    try {
      await answer(pool, customer, query, { request, response });
    } catch (error) {
      // Its time is in a cursor as the database wrote it: what it can't read, it did not write.
      if (query.after !== undefined && isUnstorable(error)) throw notACursor(query.after);
      throw error;
    }
  });
  return router;
}

async function answer(
  pool: Pool,
  customer: string,
  query: EventsQuery,
  exchange: { readonly request: Request; readonly response: Response },
): Promise<void> {
  const start = positionAfter(LIST, query.after, 2);
  const format = formatOf(exchange.request, query.format, ['json', 'application/json']);
  const filter = filterOf(query);
  const span = { start: filter.from ?? null, end: filter.to ?? null };
  const readPage = (position: readonly string[] | undefined, limit: number) =>
    readUsageEventPage(pool, customer, filter, { after: position, limit });
  if (format === 'json') {
    const limit = query.limit ?? LIMIT_DEFAULT;
    const page = await pageOf(LIST, limit, (count) => readPage(start, count), positionOf);
    const events = page.rows.map(shown);
    const archives = await archivesOf(pool, customer, span);
    const archivedMonths = archives.map(({ name }) => monthOfPartition(name));
    exchange.response.json({ events, nextCursor: page.nextCursor, archivedMonths });
    return;
  }
  // A file has nowhere to say that it lacks something.
  const readWhole = async (position: readonly string[] | undefined, limit: number) => {
    const rows = await readPage(position, limit);
    await refuseArchived(pool, customer, span);
    return rows;
  };
  const range = { after: start, limit: query.limit, pageSize: PAGE_SIZE };
  await sendLines(exchange, format, LINES, allPages(readWhole, positionOf, range));
}

const seconds = (iso: string | undefined): number | undefined =>
  iso === undefined ? undefined : Date.parse(iso) / 1_000;

const filterOf = ({ from, to, model, status }: EventsQuery): UsageEventFilter => ({
  ...{ from: seconds(from), to: seconds(to) },
  ...{ model, status },
});

const positionOf = ({ position, id }: ListedUsageEvent): readonly string[] => [position, id];

function shown(event: ListedUsageEvent) {
  const { id, model, sentModel, vendor, tokens, occurredAt, recordedAt, status, metadata } = event;
  return { id, model, sentModel, vendor, tokens, occurredAt, recordedAt, status, metadata };
}
