/** What a request wants of a batch, by its path: OpenAI has results in files, Anthropic by id. */
import type { BatchPlace } from '../../../db/made-batches';
import type { Dialect } from '../route';
import type { Target } from '../request/target';

export type BatchErrand =
  /** A file of requests, and what the provider says of it. */
  | { readonly kind: 'upload' }
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'make' }
  /** How it goes, and to cancel it. */
  | { readonly kind: 'look'; readonly batch: string }
  | { readonly kind: 'results'; readonly of: BatchPlace['of'] };

type Reading = (request: string, parts: readonly string[]) => BatchErrand | undefined;

/** Names are as they stand in paths; `*` is an id. */
const READINGS: Readonly<Record<Dialect, Reading>> = {
  openai: (request, [, id = '']) => {
    if (request === 'POST files') return { kind: 'upload' };
    if (request === 'GET files/*') return { kind: 'file', file: id };
    if (request === 'GET files/*/content') return { kind: 'results', of: { file: id } };
    if (request === 'POST batches') return { kind: 'make' };
    const isLook = request === 'GET batches/*' || request === 'POST batches/*/cancel';
    return isLook ? { kind: 'look', batch: id } : undefined;
  },
  anthropic: (request, [, , id = '']) => {
    if (request === 'POST messages/batches') return { kind: 'make' };
    if (request === 'GET messages/batches/*/results') return { kind: 'results', of: { batch: id } };
    const isLook = /^(GET messages\/batches\/\*|POST messages\/batches\/\*\/cancel)$/.test(request);
    return isLook ? { kind: 'look', batch: id } : undefined;
  },
};

/** The place of the id: the others are names. */
const ID_PLACE = { openai: 1, anthropic: 2 } as const;

/** undefined: it is about none. */
export function batchErrandOf(
  { method, segments, parts }: Pick<Target, 'method' | 'segments' | 'parts'>,
  dialect: Dialect,
): BatchErrand | undefined {
  const names = segments.map((name, place) => (place === ID_PLACE[dialect] ? '*' : name));
  return READINGS[dialect](`${method} ${names.join('/')}`, parts);
}
