/** What is to be done next for one import: by what was wanted, and what Stripe has by now. */
import { CUSTOMER_METADATA_KEY } from '../ids';
import { isoSecond } from '../period';
import type { Period } from '../period';
import { judge } from './importable';
import type { LeftOut, PlanOffer } from './importable';
import type { ImportEntry } from './import-plan';
import type { SubscriptionFacts } from './subscription-facts';

/** What an operator asks of one import. The last word counts. */
export interface ImportWish {
  readonly want: 'observe' | 'bill' | 'undo';
  /** When billing begins: with the period that runs, or with the next one. */
  readonly at: 'now' | 'renewal';
  readonly entry: ImportEntry;
  readonly catalogVersion: string;
  readonly by: string;
}

/** The subscription as it was read for this import. */
export interface ImportReading {
  /** Why it can't be carried out as it was planned. Empty: it can. */
  readonly faults: readonly LeftOut[];
  readonly period: Period;
  /** Unix seconds of the customer's own clock. */
  readonly now: number;
  /** An invoice of whoever bills today has not left yet. */
  readonly hasDraft: boolean;
  readonly email: string | null;
  readonly name: string | null;
  readonly testClock: string | null;
}

export type ImportStep =
  | { readonly do: 'refuse'; readonly reason: string }
  | { readonly do: 'observe' }
  | { readonly do: 'wait'; readonly billsFrom: number; readonly ms: number }
  | { readonly do: 'take_over'; readonly billsFrom: number };

/** The plan was reviewed some time ago: what is not as it was then is refused. */
export function faultsSince(
  facts: SubscriptionFacts,
  entry: ImportEntry,
  { currency, plans }: Pick<PlanOffer, 'currency' | 'plans'>,
  subscriptions: number,
): LeftOut[] {
  // An import that broke off has left its mark, and is its own.
  const owner = facts.metadata[CUSTOMER_METADATA_KEY];
  if (owner !== undefined && owner !== entry.customer)
    return [{ reason: 'already_ours', detail: `it is customer ${owner}'s by now` }];
  const [item] = facts.items;
  const changes: LeftOut[] = [];
  if (facts.stripeCustomerId !== entry.stripeCustomer)
    changes.push({
      reason: 'already_ours',
      detail: `it is ${facts.stripeCustomerId}'s; the file says ${entry.stripeCustomer}`,
    });
  if (item && item.priceId !== entry.price)
    changes.push({
      reason: 'price_differs',
      detail: `its price is ${item.priceId}; the file says ${entry.price}`,
    });
  if (subscriptions > 1)
    changes.push({
      reason: 'several_subscriptions',
      detail: `its customer has ${subscriptions} subscriptions: expected one`,
    });
  const priceMap = { [entry.price]: entry.plan };
  const migratesClassic = entry.migrate === true;
  const verdict = judge(facts, { currency, plans, priceMap, migratesClassic });
  return [...changes, ...('leftOut' in verdict ? verdict.leftOut : [])];
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MINUTE_MS = 60_000;

/** `billsFrom`: the edge that was waited for so far. `looks`: how often it was looked. */
export function nextStep(
  { want, at }: Pick<ImportWish, 'want' | 'at'>,
  reading: ImportReading,
  waited: { readonly billsFrom: number | null; readonly looks: number },
): ImportStep {
  if (reading.faults.length > 0)
    return {
      do: 'refuse',
      reason: reading.faults.map(({ reason, detail }) => `${reason}: ${detail}`).join('; '),
    };
  if (want !== 'bill') return { do: 'observe' };
  const { period, now } = reading;
  const billsFrom = waited.billsFrom ?? (at === 'now' ? period.start : period.end);
  if (period.start > billsFrom) return { do: 'refuse', reason: missed(billsFrom, period) };
  const isReached = period.start === billsFrom;
  if (isReached && !reading.hasDraft) return { do: 'take_over', billsFrom: period.start };
  const ms = isReached ? MINUTE_MS : Math.max(MINUTE_MS, (billsFrom - now) * 1000);
  // A test clock is moved by hand, at any moment.
  const patience = reading.testClock === null ? DAY_MS : clockPatience(waited.looks);
  return { do: 'wait', billsFrom, ms: Math.min(ms, patience) };
}

/** Whoever billed before has stopped there, and we never began: nobody else would tell. */
const missed = (billsFrom: number, { start }: Period): string =>
  `renewal_missed: it was to be billed from ${isoSecond(billsFrom)} on, and the next period has ` +
  `begun (${isoSecond(start)}). What was used in between is in the ledger and billed by nobody: ` +
  'tollkeeper import compare shows what it comes to';

const clockPatience = (looks: number): number =>
  Math.min(2_000 * 2 ** Math.min(looks, 5), MINUTE_MS);

/** What an operator reads of a wait. */
export const describeWait = ({ billsFrom }: { readonly billsFrom: number }): string =>
  `until the period from ${isoSecond(billsFrom)} on, and the invoice before it has left`;
