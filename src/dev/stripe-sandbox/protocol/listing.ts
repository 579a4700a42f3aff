/** Stripe's lists: newest first, `limit`, `starting_after`, `ending_before`, `created`. */
import type { StripeObject } from '../objects';
import { invalid, missingParam } from './fault';
import { listOf } from '../presentation-parts';
import type { Shown } from '../presentation-parts';

export interface Page {
  limit?: number;
  starting_after?: string;
  ending_before?: string;
  created?: { gt?: number; gte?: number; lt?: number; lte?: number };
}

/** `stored` is in the order of creation. */
export function page<T extends StripeObject>(
  url: string,
  stored: readonly T[],
  params: Page,
  show: (object: T) => unknown,
): Shown {
  const newestFirst = [...stored].reverse().filter((object) => isCreated(object, params.created));
  return pageInOrder(url, newestFirst, params, show);
}

export function pageInOrder<T extends { id: string; object: string }>(
  url: string,
  ordered: readonly T[],
  params: Page,
  show: (object: T) => unknown,
): Shown {
  const limit = params.limit ?? 10;
  if (limit < 1 || limit > 100) {
    throw invalid(`Invalid limit: expected 1 to 100, got ${limit}.`, { param: 'limit' });
  }
  if (params.starting_after !== undefined && params.ending_before !== undefined)
    throw invalid('You can only specify one of starting_after and ending_before.');
  const cut = (name: 'starting_after' | 'ending_before'): number | null => {
    const id = params[name];
    if (id === undefined) return null;
    const index = ordered.findIndex((object) => object.id === id);
    if (index < 0) throw missingParam('object', id, name);
    return index;
  };
  const before = cut('ending_before');
  if (before !== null) {
    const from = Math.max(0, before - limit);
    return listOf(url, ordered.slice(from, before).map(show), from > 0);
  }
  const after = cut('starting_after');
  const from = after === null ? 0 : after + 1;
  const hasMore = ordered.length > from + limit;
  return listOf(url, ordered.slice(from, from + limit).map(show), hasMore);
}

function isCreated({ created }: StripeObject, range: Page['created']): boolean {
  if (!range) return true;
  return (
    created > (range.gt ?? -Infinity) &&
    created >= (range.gte ?? -Infinity) &&
    created < (range.lt ?? Infinity) &&
    created <= (range.lte ?? Infinity)
  );
}
