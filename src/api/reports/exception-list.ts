/** GET /v1/exceptions: what is open of all customers, by pages, as their workflows tell it. */
import { Router } from 'express';
import type { RequestHandler, Response } from 'express';
import { z } from 'zod';
import { IMPORT_EXCEPTION_KINDS } from '../../core/adoption/import-exceptions';
import { EXCEPTION_KINDS, resolutionsOf } from '../../core/state/exceptions';
import { allExceptions } from './all-exceptions';
import type { AllExceptions, AnyException } from './all-exceptions';
import { cursorAt, nextCursor, pageQuery, positionAfter } from '../http/page';
import { parseRequest } from '../http/parse-request';

const LIST = 'exceptions';
const KINDS = [...EXCEPTION_KINDS, ...IMPORT_EXCEPTION_KINDS];

/** Workflows that are asked at a time, and for one page. */
const AT_ONCE = 10;
const ASKED_MAX = 200;
/** More of them do not answer than one page waits for. */
const SILENT_MAX = 10;

export const exceptionsQuerySchema = z.strictObject({
  ...pageQuery,
  kind: z.enum(KINDS).optional(),
});

export const exceptionsSchema = z
  .object({
    exceptions: z.array(
      z.object({
        customer: z.string(),
        kind: z.enum(KINDS),
        subject: z.string().meta({ description: 'What it is about', example: 'in_1' }),
        since: z.iso.datetime(),
        message: z.string().meta({ description: 'For people' }),
        resolutions: z.array(z.string()).meta({ description: 'What may be decided about it' }),
        decided: z.string().nullable().meta({
          description: 'What was decided, and is not carried out yet',
        }),
      }),
    ),
    unheard: z.array(z.object({ customer: z.string(), reason: z.string() })).meta({
      description: 'Customers of this page whose workflow did not answer: theirs are missing',
    }),
    nextCursor,
  })
  .meta({ id: 'Exceptions', description: 'Open exceptions, in the order of customer and kind' });

type ListedException = z.infer<typeof exceptionsSchema>['exceptions'][number];
type ExceptionsPage = z.infer<typeof exceptionsSchema>;

export function exceptionListRoutes(
  deps: Parameters<typeof allExceptions>[0],
  guard: RequestHandler,
): Router {
  const router = Router();
  router.get('/v1/exceptions', guard, async (request, response: Response) => {
    const query = parseRequest(exceptionsQuerySchema, request.query, 'The query');
    response.json(await exceptionsPage(allExceptions(deps), query));
  });
  return router;
}

/** A page may be short, and yet not the last: only so many workflows are asked for it. */
export async function exceptionsPage(
  source: AllExceptions,
  query: z.infer<typeof exceptionsQuerySchema>,
): Promise<ExceptionsPage> {
  const start = positionAfter(LIST, query.after, 3) ?? [];
  const customers = (await source.customers()).filter((customer) =>
    isBehind([customer, BEHIND_ALL], start),
  );
  const exceptions: ListedException[] = [];
  const silentCustomers: { customer: string; reason: string }[] = [];
  let askedCount = 0;
  while (askedCount < Math.min(customers.length, ASKED_MAX)) {
    const group = customers.slice(askedCount, askedCount + AT_ONCE);
    const answers = await Promise.all(group.map((customer) => source.of(customer)));
    for (const [index, answer] of answers.entries()) {
      const customer = String(group[index]);
      if ('reason' in answer) silentCustomers.push({ customer, reason: answer.reason });
      else
        exceptions.push(
          ...answer.exceptions
            .filter(({ kind }) => query.kind === undefined || kind === query.kind)
            .map((exception) => shown(customer, exception))
            .filter((exception) => isBehind(positionOf(exception), start))
            .sort((a, b) => (isBehind(positionOf(a), positionOf(b)) ? 1 : -1)),
        );
    }
    askedCount += group.length;
    if (exceptions.length > query.limit || silentCustomers.length >= SILENT_MAX) break;
  }
  const isCut = exceptions.length > query.limit;
  const shownExceptions = exceptions.slice(0, query.limit);
  const last = shownExceptions.at(-1);
  const end = isCut && last ? positionOf(last) : endOf(customers, askedCount);
  return {
    exceptions: shownExceptions,
    // Those behind the end of the page are asked again for the next one.
    unheard: silentCustomers.filter(({ customer }) => !end || customer <= String(end[0])),
    nextCursor: end ? cursorAt(LIST, end) : null,
  };
}

/** No kind is behind it. */
const BEHIND_ALL = '~';

/** It stands behind all exceptions of the last customer who was asked; undefined: all were. */
const endOf = (customers: readonly string[], count: number): readonly string[] | undefined =>
  count < customers.length ? [String(customers[count - 1]), BEHIND_ALL, ''] : undefined;

const positionOf = ({ customer, kind, subject }: ListedException) => [customer, kind, subject];

function isBehind(position: readonly string[], start: readonly string[]): boolean {
  const index = position.findIndex((part, at) => part !== (start[at] ?? ''));
  return index >= 0 && String(position[index]) > (start[index] ?? '');
}

function shown(customer: string, exception: AnyException): ListedException {
  const { kind, subject, since, message } = exception;
  const isOfImport = kind === 'import_refused' || kind === 'import_overdue';
  return {
    ...{ customer, kind, subject, message },
    since: new Date(since).toISOString(),
    resolutions: isOfImport ? [] : [...resolutionsOf(kind)],
    decided: ('resolution' in exception && exception.resolution?.kind) || null,
  };
}
