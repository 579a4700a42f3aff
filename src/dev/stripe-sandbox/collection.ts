/** Objects of one kind in the order of their creation, and by what they are looked up by. */
import type { StripeObject } from './objects';

/** Names the bucket that an object belongs to; undefined leaves it out. */
export type KeyOf = (object: StripeObject) => string | undefined;

export interface Collection {
  get(id: string): StripeObject | undefined;
  put(object: StripeObject): void;
  remove(id: string): void;
  /** They come in the order of creation, as a copy. */
  all(): StripeObject[];
  /** Removing what it has given is allowed meanwhile. */
  oldestFirst(): Iterable<StripeObject>;
  newestFirst(): Iterable<StripeObject>;
  /** Those whose key of that index is `key`, in the order of creation, as a copy. */
  where(index: string, key: string): StripeObject[];
  readonly size: number;
}

interface Entry {
  object: StripeObject;
  /** It grows with every object that is created, and stays. */
  position: number;
  keys: (string | undefined)[];
  isRemoved: boolean;
}

/** Entries by id; those that joined late are put in order when somebody looks. */
interface Bucket {
  entries: Map<string, Entry>;
  lastPosition: number;
  isOrdered: boolean;
}

type Index = Map<string, Bucket>;

export function createCollection(keysOf: Readonly<Record<string, KeyOf>>): Collection {
  const entries = new Map<string, Entry>();
  const names = Object.keys(keysOf);
  const keyFunctions = Object.values(keysOf);
  const indexes = names.map((): Index => new Map());
  let order: Entry[] = [];
  let nextPosition = 0;

  function file(entry: Entry): void {
    for (const [number, keyOf] of keyFunctions.entries()) {
      const key = keyOf(entry.object);
      if (key === entry.keys[number]) continue;
      leave(indexes[number]!, entry, entry.keys[number]);
      join(indexes[number]!, entry, key);
      entry.keys[number] = key;
    }
  }
  return {
    get: (id) => entries.get(id)?.object,
    put: (object) => {
      let entry = entries.get(object.id);
      if (entry) entry.object = object;
      else {
        entry = { object, position: nextPosition, keys: [], isRemoved: false };
        nextPosition += 1;
        entries.set(object.id, entry);
        order.push(entry);
      }
      file(entry);
    },
    remove: (id) => {
      const entry = entries.get(id);
      if (!entry) return;
      for (const [number, key] of entry.keys.entries()) leave(indexes[number]!, entry, key);
      entries.delete(id);
      entry.isRemoved = true;
      // The gaps are closed when they are half of it, so that a removal costs nothing by itself.
      if (order.length > 2 * entries.size) order = order.filter(({ isRemoved }) => !isRemoved);
    },
    all: () => [...entries.values()].map(({ object }) => object),
    oldestFirst: () => objectsOf(entries.values()),
    newestFirst: () => newestOf(order),
    where: (index, key) => {
      const buckets = indexes[names.indexOf(index)];
      if (!buckets) throw new Error(`No index ${index}: there are ${names.join(', ') || 'none'}.`);
      const bucket = buckets.get(key);
      return bucket ? ordered(bucket) : [];
    },
    get size() {
      return entries.size;
    },
  };
}

function join(index: Index, entry: Entry, key: string | undefined): void {
  if (key === undefined) return;
  const bucket = index.get(key) ?? { entries: new Map(), lastPosition: -1, isOrdered: true };
  index.set(key, bucket);
  bucket.entries.set(entry.object.id, entry);
  if (entry.position < bucket.lastPosition) bucket.isOrdered = false;
  bucket.lastPosition = Math.max(bucket.lastPosition, entry.position);
}

function leave(index: Index, entry: Entry, key: string | undefined): void {
  const bucket = key === undefined ? undefined : index.get(key);
  if (!bucket || key === undefined) return;
  bucket.entries.delete(entry.object.id);
  if (bucket.entries.size === 0) index.delete(key);
}

function ordered(bucket: Bucket): StripeObject[] {
  if (!bucket.isOrdered) {
    const sorted = [...bucket.entries].sort(([, a], [, b]) => a.position - b.position);
    bucket.entries = new Map(sorted);
    bucket.isOrdered = true;
  }
  return [...bucket.entries.values()].map(({ object }) => object);
}

function* objectsOf(entries: Iterable<Entry>): Generator<StripeObject> {
  for (const { object } of entries) yield object;
}

function* newestOf(order: readonly Entry[]): Generator<StripeObject> {
  for (let position = order.length - 1; position >= 0; position -= 1) {
    const entry = order[position]!;
    if (!entry.isRemoved) yield entry.object;
  }
}
