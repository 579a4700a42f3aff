/** Everything the sandbox remembers, in memory; tells a journal which objects changed. */
import type { Kind, Kinds } from './kinds';
import type { StripeObject, SubscriptionItem } from './objects';
import type { StripeEvent } from './objects-webhooks';
import type { Usage } from './objects-meter';
import type { BalanceTransaction } from './objects-money';
import { createCollection } from './collection';
import type { Collection } from './collection';
import { INDEXES } from './indexes';
import { createMoneyIndex } from './money-index';
import type { Held } from './money-index';
import { packed } from './packed-event';
import { createUsageIndex } from './usage-index';

export type { Kind, Kinds } from './kinds';

export interface Change {
  kind: Kind;
  id: string;
  value: StripeObject | null;
}

export interface Store {
  get<K extends Kind>(kind: K, id: string): Kinds[K] | undefined;
  /** They come in the order of creation. It copies: for kinds that are few by their nature. */
  all<K extends Kind>(kind: K): Kinds[K][];
  /** Those of one key of an index (indexes.ts), in the order of creation. */
  where<K extends Kind>(kind: K, index: string, key: string): Kinds[K][];
  /** They are given one by one: who needs ten of a million looks at ten. */
  newestFirst<K extends Kind>(kind: K): Iterable<Kinds[K]>;
  oldestFirst<K extends Kind>(kind: K): Iterable<Kinds[K]>;
  count(kind: Kind): number;
  put<K extends Kind>(kind: K, value: Kinds[K]): Kinds[K];
  remove(kind: Kind, id: string): void;
  /** Any object by its id, for `expand`. */
  find(id: string): StripeObject | undefined;
  /** What an account has, by currency; undefined means the platform. */
  moneyOf(owner: string | undefined, now: number): Held[];
  /** The usage of one customer on one meter. */
  usage(meter: string, customer: string): readonly Usage[];
  usageByIdentifier(identifier: string): Usage | undefined;
  /** Identifiers of what was received before then can be used anew. */
  forgetIdentifiers(receivedBeforeMs: number): void;
  subscriptionItems(subscription: string): SubscriptionItem[];
  takeChanges(): Change[];
  everything(): Iterable<Change>;
  load(changes: Iterable<Change>): void;
  clear(): void;
}

/** The sandbox's own notes; Stripe has no such objects. */
const UNFINDABLE: ReadonlySet<string> = new Set([
  'idempotency_key',
  'card_behaviour',
  'delivery',
  'failing_payment',
  'fault',
  'meter_error',
  'sandbox_chance',
  'sandbox_settings',
  'webhook_fault',
]);

type Collections = Map<Kind, Collection>;

export function createStore(): Store {
  const collections: Collections = new Map();
  const dirtyKeys = new Map<string, { kind: Kind; id: string }>();
  const usage = createUsageIndex();
  const money = createMoneyIndex();

  const of = (kind: Kind): Collection => collectionOf(collections, kind);
  function put(kind: Kind, value: StripeObject): void {
    const isNew = of(kind).get(value.id) === undefined;
    of(kind).put(value);
    if (isNew && kind === 'billing.meter_event') usage.add(value as Usage);
    if (isNew && kind === 'balance_transaction') money.add(value as BalanceTransaction);
  }
  return {
    get: (kind, id) => of(kind).get(id) as never,
    all: (kind) => of(kind).all() as never,
    where: (kind, index, key) => of(kind).where(index, key) as never,
    newestFirst: (kind) => of(kind).newestFirst() as never,
    oldestFirst: (kind) => of(kind).oldestFirst() as never,
    count: (kind) => of(kind).size,
    put: (kind, value) => {
      // What is loaded is left as it was read: a state is restored thousands of times by tests.
      put(kind, kind === 'event' ? packed(value as StripeEvent) : value);
      dirtyKeys.set(`${kind}:${value.id}`, { kind, id: value.id });
      return value;
    },
    remove: (kind, id) => {
      of(kind).remove(id);
      dirtyKeys.set(`${kind}:${id}`, { kind, id });
    },
    find: (id) => findObject(collections, id),
    moneyOf: money.of,
    usage: usage.of,
    usageByIdentifier: usage.byIdentifier,
    forgetIdentifiers: usage.forgetIdentifiers,
    subscriptionItems: (id) => of('subscription_item').where('subscription', id) as never,
    takeChanges: () => {
      const changes = [...dirtyKeys.values()].map(({ kind, id }) => ({
        ...{ kind, id },
        value: of(kind).get(id) ?? null,
      }));
      dirtyKeys.clear();
      return changes;
    },
    everything: () => everythingOf(collections),
    load: (changes) => {
      for (const { kind, id, value } of changes) {
        if (value === null) of(kind).remove(id);
        else put(kind, value);
      }
    },
    clear: () => {
      for (const { kind, id } of everythingOf(collections))
        dirtyKeys.set(`${kind}:${id}`, { kind, id });
      collections.clear();
      usage.clear();
      money.clear();
    },
  };
}

function collectionOf(collections: Collections, kind: Kind): Collection {
  const collection = collections.get(kind);
  if (collection) return collection;
  const newCollection = createCollection(INDEXES[kind] ?? {});
  collections.set(kind, newCollection);
  return newCollection;
}

function findObject(collections: Collections, id: string): StripeObject | undefined {
  for (const [kind, collection] of collections) {
    const object = UNFINDABLE.has(kind) ? undefined : collection.get(id);
    if (object) return object;
  }
  return undefined;
}

function* everythingOf(collections: Collections): Generator<Change> {
  for (const [kind, collection] of collections)
    for (const value of collection.oldestFirst()) yield { kind, id: value.id, value };
}
