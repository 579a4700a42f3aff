/** Stripe's lists: newest first, `limit`, `starting_after`, `ending_before`, `created`. */
import type { StripeObject } from '../objects';
import type { KeyOf } from '../collection';
import { INDEXES } from '../indexes';
import { present } from '../presentation';
import type { Kind, Kinds } from '../store';
import type { World } from '../world';
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
  const newestFirst = backwards(objects);
  return pageInOrder(
    url,
    only(newestFirst, (object) => isCreated(object, params.created)),
    params,
    show,
  );
}

export interface Listing<T> {
  url: string;
  params: Page;
  isAsked?: (object: T) => boolean;
  /** What a look at it does to it. */
  beforeShow?: (object: T) => void;
}

/** The objects of a kind that have these values: only as many are looked at as the page needs. */
export function pageOf<K extends Kind>(
  world: World,
  kind: K,
  values: Readonly<Record<string, unknown>>,
  { url, params, isAsked, beforeShow }: Listing<Kinds[K]>,
): Shown {
  const isOnPage = (object: Kinds[K]): boolean =>
    isCreated(object, params.created) && (isAsked?.(object) ?? true);
  const objects = only(newest(world, kind, values), isOnPage);
  return pageInOrder(url, objects, params, (object) => {
    beforeShow?.(object);
    return present(world, object);
  });
}

/** They come newest first, by an index where one of the values has one; undefined is no value. */
export function newest<K extends Kind>(
  world: World,
  kind: K,
  values: Readonly<Record<string, unknown>>,
): Iterable<Kinds[K]> {
  const criteria = Object.entries(values).filter(([, value]) => value !== undefined);
  const keysOf: Record<string, KeyOf> = INDEXES[kind] ?? {};
  const indexed = criteria.find(([name, value]) => name in keysOf && typeof value === 'string');
  const objects = indexed
    ? backwards(world.store.where(kind, indexed[0], indexed[1] as string))
    : world.store.newestFirst(kind);
  return only(objects, (object) =>
    criteria.every(([name, value]) => (keysOf[name]?.(object) ?? object[name]) === value),
  );
}

function* backwards<T>(objects: readonly T[]): Generator<T> {
  for (let position = objects.length - 1; position >= 0; position -= 1) yield objects[position]!;
}

function* only<T>(objects: Iterable<T>, isAsked: (object: T) => boolean): Generator<T> {
  for (const object of objects) if (isAsked(object)) yield object;
}

export function pageInOrder<T extends { id: string; object: string }>(
  url: string,
  orderedObjects: Iterable<T>,
  params: Page,
  show: (object: T) => unknown,
): Shown {
  const limit = params.limit ?? 10;
  if (limit < 1 || limit > 100) {
    throw invalid(`Invalid limit: expected 1 to 100, got ${limit}.`, { param: 'limit' });
  }
  if (params.starting_after !== undefined && params.ending_before !== undefined)
    throw invalid('You can only specify one of starting_after and ending_before.');
  const { starting_after: lastId, ending_before: firstId } = params;
  if (firstId !== undefined) {
    const [newerObjects, isThere] = upTo(orderedObjects, firstId);
    if (!isThere) throw missingParam('object', firstId, 'ending_before');
    return listOf(url, newerObjects.slice(-limit).map(show), newerObjects.length > limit);
  }
  const objects = orderedObjects[Symbol.iterator]();
  if (lastId !== undefined && !skipPast(objects, lastId))
    throw missingParam('object', lastId, 'starting_after');
  const shown = taken(objects, limit);
  return listOf(url, shown.map(show), objects.next().done !== true);
}

function upTo<T extends { id: string }>(objects: Iterable<T>, id: string): [T[], boolean] {
  const newerObjects: T[] = [];
  for (const object of objects) {
    if (object.id === id) return [newerObjects, true];
    newerObjects.push(object);
  }
  return [newerObjects, false];
}

function skipPast(objects: Iterator<{ id: string }>, id: string): boolean {
  for (let next = objects.next(); next.done !== true; next = objects.next())
    if (next.value.id === id) return true;
  return false;
}

function taken<T>(objects: Iterator<T>, limit: number): T[] {
  const shown: T[] = [];
  while (shown.length < limit) {
    const next = objects.next();
    if (next.done === true) break;
    shown.push(next.value);
  }
  return shown;
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
