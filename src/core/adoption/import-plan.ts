/**
 * The plan of an import: every subscription of the account, in the order of its id, either with the
 * customer that it becomes or with the reasons why it does not. The same account gives the same.
 */
import { CUSTOMER_ID, CUSTOMER_METADATA_KEY } from '../ids';
import { judge } from './importable';
import type { LeftOut, PlanOffer } from './importable';
import type { SubscriptionFacts } from './subscription-facts';

export interface ImportEntry {
  readonly subscription: string;
  readonly stripeCustomer: string;
  /** Our id of the customer. */
  readonly customer: string;
  readonly plan: string;
  /** The base price that they have, and keep. */
  readonly price: string;
  /** How the plan was found. */
  readonly by: 'map' | 'metadata' | 'amount';
  /** Usage of the running period that our ledger does not have. Absent: none. */
  readonly opening?: OpeningUsage;
  /** Its billing mode is classic: Stripe makes it flexible, for good, before it is billed. */
  readonly migrate?: true;
}

/** It is recorded as of the period's first second, and counts as any other usage. */
export interface OpeningUsage {
  readonly model: string;
  readonly tokens: number;
}

export interface LeftOutEntry {
  readonly subscription: string;
  readonly stripeCustomer: string;
  readonly reasons: readonly LeftOut[];
}

export interface ImportPlan {
  readonly customers: readonly ImportEntry[];
  readonly leftOut: readonly LeftOutEntry[];
}

/** Where our ids of customers come from: Stripe's own, the address, or a metadata key. */
export type IdSource = 'stripe' | 'email' | `metadata:${string}`;

export interface ImportRequest extends PlanOffer {
  readonly idSource: IdSource;
  /** Subscriptions that are customers', and whose. */
  readonly ours: ReadonlyMap<string, string>;
  /** Our ids of customers who are there already. */
  readonly takenIds: ReadonlySet<string>;
}

export function planImport(
  subscriptions: readonly SubscriptionFacts[],
  request: ImportRequest,
): ImportPlan {
  const sorted = [...subscriptions].sort((a, b) => (a.subscriptionId < b.subscriptionId ? -1 : 1));
  const lasting = countBy(sorted.filter(isLasting).map(({ stripeCustomerId }) => stripeCustomerId));
  const ids = countBy(
    sorted
      .filter((one) => isLasting(one) && !ownerOf(one, request))
      .map((one) => idOf(one, request)),
  );
  const customers: ImportEntry[] = [];
  const leftOut: LeftOutEntry[] = [];
  for (const facts of sorted) {
    const { subscriptionId: subscription, stripeCustomerId: stripeCustomer } = facts;
    const verdict = judge(facts, request);
    const reasons = [
      ...ownFaults(facts, request),
      ...('leftOut' in verdict ? verdict.leftOut : []),
      ...(isLasting(facts) ? sharedFaults(facts, request, { lasting, ids }) : []),
    ];
    if (reasons.length > 0 || 'leftOut' in verdict)
      leftOut.push({ subscription, stripeCustomer, reasons });
    else
      customers.push({
        ...{ subscription, stripeCustomer, customer: idOf(facts, request) ?? '' },
        ...{ plan: verdict.planId, price: verdict.item.priceId, by: verdict.by },
        ...(facts.isClassic && { migrate: true as const }),
      });
  }
  return { customers, leftOut };
}

const isLasting = ({ status }: SubscriptionFacts): boolean =>
  status !== 'canceled' && status !== 'incomplete_expired';

const ownerOf = (
  { subscriptionId, metadata }: SubscriptionFacts,
  { ours }: Pick<ImportRequest, 'ours'>,
): string | undefined => ours.get(subscriptionId) ?? metadata[CUSTOMER_METADATA_KEY];

function ownFaults(facts: SubscriptionFacts, request: ImportRequest): LeftOut[] {
  const owner = ownerOf(facts, request);
  if (owner !== undefined)
    return [{ reason: 'already_ours', detail: `it is customer ${owner}'s already` }];
  const isOurs = facts.items.some(({ isRate }) => isRate);
  return isOurs
    ? [{ reason: 'already_ours', detail: 'it has an item of one of our rates already' }]
    : [];
}

function sharedFaults(
  facts: SubscriptionFacts,
  request: ImportRequest,
  { lasting, ids }: Readonly<Record<'lasting' | 'ids', ReadonlyMap<string | null, number>>>,
): LeftOut[] {
  const faults: LeftOut[] = [];
  const count = lasting.get(facts.stripeCustomerId) ?? 0;
  if (count > 1)
    faults.push({
      reason: 'several_subscriptions',
      detail: `customer ${facts.stripeCustomerId} has ${count} subscriptions: expected one`,
    });
  if (ownerOf(facts, request) !== undefined) return faults;
  const id = idOf(facts, request);
  if (id === null)
    faults.push({
      reason: 'no_customer_id',
      detail: `it has no ${request.idSource} that is an id: letters, digits or . _ : @ + -`,
    });
  else if (request.takenIds.has(id))
    faults.push({ reason: 'customer_id_taken', detail: `there is a customer ${id} already` });
  else if ((ids.get(id) ?? 0) > 1)
    faults.push({
      reason: 'customer_id_taken',
      detail: `${ids.get(id)} subscriptions would be customer ${id}`,
    });
  return faults;
}

function idOf(facts: SubscriptionFacts, { idSource }: ImportRequest): string | null {
  const id = idFrom(facts, idSource) ?? '';
  return CUSTOMER_ID.test(id) ? id : null;
}

function idFrom(facts: SubscriptionFacts, source: IdSource): string | null | undefined {
  if (source === 'stripe') return facts.stripeCustomerId;
  if (source === 'email') return facts.email;
  const key = source.slice('metadata:'.length);
  return facts.metadata[key] ?? facts.customerMetadata[key];
}

function countBy<Key>(keys: readonly Key[]): Map<Key, number> {
  const counts = new Map<Key, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

/** How many there are of each plan, and of each reason: what is read first. */
export function summaryOf({ customers, leftOut }: ImportPlan) {
  return {
    customers: customers.length,
    migrated: customers.filter(({ migrate }) => migrate).length,
    byPlan: sorted(countBy(customers.map(({ plan }) => plan))),
    leftOut: leftOut.length,
    byReason: sorted(
      countBy(leftOut.flatMap(({ reasons }) => reasons.map(({ reason }) => reason as string))),
    ),
  };
}

const sorted = (counts: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
