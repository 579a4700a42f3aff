/**
 * Answers a list of any length, a page at a time: the next one is read when the one before has left
 * for the reader, so what is in memory is a page, and no connection to the database is held.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { createExports } from '../limits/exports';
import { csvRow } from './csv';
import type { CsvCell } from './csv';

export const LINE_FORMATS = ['ndjson', 'csv'] as const;
export type LineFormat = (typeof LINE_FORMATS)[number];

const TYPES: Readonly<Record<LineFormat, string>> = {
  ndjson: 'application/x-ndjson',
  csv: 'text/csv',
};

/** Those of the whole process. */
const longLists = createExports();

/** How a row of the list is written. */
export interface Lines<T> {
  readonly head: readonly string[];
  readonly object: (row: T) => object;
  readonly cells: (row: T) => readonly CsvCell[];
}

/** `format` goes before `Accept`; `otherwise`: what whoever asks for nothing gets. */
export function formatOf<F extends string>(
  request: Request,
  format: F | LineFormat | undefined,
  otherwise: readonly [F, string],
): F | LineFormat {
  if (format !== undefined) return format;
  const [usual, usualType] = otherwise;
  const mediaType = request.accepts([usualType, TYPES.ndjson, TYPES.csv]);
  if (mediaType === TYPES.csv) return 'csv';
  return mediaType === TYPES.ndjson ? 'ndjson' : usual;
}

export async function sendLines<T>(
  { request, response }: { readonly request: Request; readonly response: Response },
  format: LineFormat,
  lines: Lines<T>,
  pages: AsyncGenerator<readonly T[]>,
): Promise<void> {
  const textOf = (row: T): string =>
    format === 'csv' ? csvRow(lines.cells(row)) : `${JSON.stringify(lines.object(row))}\n`;
  const owner = String(response.locals.keyId);
  const end = longLists.begin(owner);
  const nextText = () =>
    longLists.page(owner, async () => {
      const page = await pages.next();
      return page.done === true ? undefined : page.value.map(textOf).join('');
    });
  try {
    // It is read before anything is sent: a fault is a problem then, and no answer that breaks off.
    const firstText = await nextText();
    response.setHeader('Content-Type', `${TYPES[format]}; charset=utf-8`);
    async function* texts(): AsyncGenerator<string> {
      if (format === 'csv') yield csvRow(lines.head);
      for (let text = firstText; text !== undefined; text = await nextText())
        if (text !== '') yield text;
    }
    await sendTexts({ request, response }, texts());
  } finally {
    end();
  }
}

/** Each text is asked for once there is room for it; the headers are set before. */
export async function sendTexts(
  { request, response }: { readonly request: Request; readonly response: Response },
  texts: AsyncGenerator<string>,
): Promise<void> {
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  try {
    await pipeline(Readable.from(texts), response);
  } catch (error) {
    // Whoever asked has gone: nobody is there to be told.
    if (!isGone(error)) throw error;
  }
}

const isGone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';

/** Every page after the position, or so many rows of them; the last may be short. */
export async function* allPages<T, P>(
  readPage: (position: P | undefined, limit: number) => Promise<readonly T[]>,
  positionOf: (row: T) => P,
  { limit = Infinity, pageSize, ...from }: { after?: P; limit?: number; pageSize: number },
): AsyncGenerator<readonly T[]> {
  let position = from.after;
  for (let remaining = limit; remaining > 0;) {
    const count = Math.min(remaining, pageSize);
    const rows = await readPage(position, count);
    yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < count) return;
    position = positionOf(last);
    remaining -= rows.length;
  }
}
