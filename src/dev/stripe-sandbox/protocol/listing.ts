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

/** `objects` are in the order of creation. */
export function page<T extends StripeObject>(
  url: string,
  objects: readonly T[],
  params: Page,
  show: (object: T) => unknown,
): Shown {
  const newestFirst = [...objects].reverse().filter((object) => isCreated(object, params.created));
  return pageInOrder(url, newestFirst, params, show);
}

export function pageInOrder<T extends { id: string; object: string }>(
  url: string,
  orderedObjects: readonly T[],
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
    const index = orderedObjects.findIndex((object) => object.id === id);
    if (index < 0) throw missingParam('object', id, name);
    return index;
  };
  const endIndex = cut('ending_before');
  if (endIndex !== null) {
    const firstIndex = Math.max(0, endIndex - limit);
    return listOf(url, orderedObjects.slice(firstIndex, endIndex).map(show), firstIndex > 0);
  }
  const lastIndex = cut('starting_after');
  const firstIndex = lastIndex === null ? 0 : lastIndex + 1;
  const hasMore = orderedObjects.length > firstIndex + limit;
  return listOf(url, orderedObjects.slice(firstIndex, firstIndex + limit).map(show), hasMore);
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
