/**
 * Lists come by pages. A cursor is a position in the list's own order, and not a count: whatever is
 * added or removed meanwhile, nothing that stays is told twice or left out.
 */
import { z } from 'zod';
import { DomainError } from '../../core/errors';
import { isStorable } from '../../core/text';

const LIMIT_MAX = 1_000;
export const LIMIT_DEFAULT = 100;

const whole = z.coerce.number<string | undefined>().int();

export const limitSchema = whole.min(1).max(LIMIT_MAX);

export const pageQuery = {
  limit: limitSchema.default(LIMIT_DEFAULT).meta({ description: 'How many at most' }),
  after: z.string().min(1).max(4_096).optional().meta({
    description: 'The `nextCursor` of the page before; left out: the first page',
  }),
};

/** Follows the list in every answer that is a page of it. */
export const nextCursor = z.string().nullable().meta({
  description: 'Give it as `after` for the next page; null: this is the last',
});

export interface Page<T> {
  readonly rows: readonly T[];
  readonly nextCursor: string | null;
}

/** `readRows` answers so many rows, if there are as many. One more than asked for tells of more. */
export async function pageOf<T>(
  list: string,
  limit: number,
  readRows: (limit: number) => Promise<readonly T[]>,
  positionOf: (row: T) => readonly string[],
): Promise<Page<T>> {
  const foundRows = await readRows(limit + 1);
  const rows = foundRows.slice(0, limit);
  const last = rows.at(-1);
  const hasMore = foundRows.length > limit && last !== undefined;
  return { rows, nextCursor: hasMore ? cursorAt(list, positionOf(last)) : null };
}

/** The list's name is in it: a cursor of another list is refused, and not misunderstood. */
export const cursorAt = (list: string, position: readonly string[]): string =>
  Buffer.from(JSON.stringify([list, ...position])).toString('base64url');

/** Where a page begins; undefined: at the beginning. */
export function positionAfter(
  list: string,
  cursor: string | undefined,
  length: number,
): readonly string[] | undefined {
  if (cursor === undefined) return undefined;
  const parts = partsOf(cursor);
  if (parts?.length === length + 1 && parts[0] === list) return parts.slice(1);
  throw notACursor(cursor);
}

function partsOf(cursor: string): readonly string[] | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    const isRead = Array.isArray(parts) && parts.every(isText);
    return isRead ? parts : undefined;
  } catch {
    return undefined;
  }
}

const isText = (part: unknown): part is string => typeof part === 'string' && isStorable(part);

export const notACursor = (cursor: string): DomainError =>
  new DomainError(
    'invalid_request',
    `after is ${JSON.stringify(cursor.slice(0, 200))}: expected the nextCursor of a page of this ` +
      'list.',
  );
