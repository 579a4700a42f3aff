/** Taking usage events in: whose they are, when they were, and what the ledger says to them. */
import type { Pool } from 'pg';
import { DomainError } from '../core/errors';
import { modelNamer } from '../core/usage/model-names';
import type { ModelNamer, ModelNameRule } from '../core/usage/model-names';
import { OCCURRED_AHEAD_SECONDS_MAX, OCCURRED_BEHIND_SECONDS_MAX } from '../core/usage/usage';
import type { UsageEvent } from '../core/usage/usage';
import { findTestClocks } from '../db/customers';
import type { LedgerRow } from '../db/usage-events';
import { activeTraceparent } from '../traces/spans';
import { contentHash } from './content/content-hash';
import type { GroupCommit } from './group-commit';
import { keepPlaces } from './keep-places';
import { takeRestamped } from './content/restamped-events';
import { createTurns, inSlices } from './turns/turns';
import type { TakeTurn } from './turns/turns';
import { refuseBeyondLimit } from './usage-limit';

const CACHED_MS = 10_000;
const CACHED_CUSTOMERS_MAX = 50_000;

/** What became of one usage event; a DomainError says why it was not taken. */
export type IntakeOutcome = 'accepted' | 'duplicate' | DomainError;

export interface IntakeDeps {
  readonly pool: Pool;
  readonly groupCommit: GroupCommit;
  readonly clocks: { now(testClockId: string): Promise<Date> };
  /** The catalog's; absent: models are called as they are sent. */
  readonly modelNames?: readonly ModelNameRule[] | undefined;
  /** Is told the models of what was new in the ledger and no vendor sold, by their names there. */
  readonly sawModels?: ((models: ReadonlySet<string>) => void) | undefined;
  /** Large requests share the process by it; left out: with one another only. */
  readonly takeTurn?: TakeTurn;
}

export interface Sending {
  /** Who sends: the id of an API key, or a part of ours. Owners take turns at the ledger. */
  readonly owner: string;
  /** Where it was not just now. */
  readonly receivedAt?: Date;
}

/**
 * The outcome of each usage event, in order; what is an error already stays one. Customers on test
 * clocks live in the clock's now.
 */
export type Intake = (
  events: readonly (UsageEvent | DomainError)[],
  sending: Sending,
) => Promise<IntakeOutcome[]>;

export function createIntake(deps: IntakeDeps): Intake {
  const { pool, groupCommit, clocks, modelNames, sawModels } = deps;
  const nameOf = modelNamer(modelNames);
  const { takeTurn = createTurns() } = deps;
  const findClocks = cachedTestClocks(pool);
  const take = async (events: readonly UsageEvent[], owner: string, receivedAt: Date) => {
    const testClocks = await findClocks(events);
    const nowOf = await readNows(clocks, testClocks, receivedAt);
    const traceparent = activeTraceparent();
    const rowOf = (event: UsageEvent) => {
      const now = nowOf.get(event.customer);
      return now === undefined
        ? unknownCustomer(event)
        : toRow(event, now, { traceparent, nameOf });
    };
    const rowsOrErrors = await inSlices(events, rowOf, () => takeTurn(owner));
    const checkedRows = await refuseBeyondLimit(pool, rowsOrErrors).catch(ledgerUnreachable);
    const outcomes = await keepPlaces(checkedRows, (rows) => commit(groupCommit, rows, owner));
    sawModels?.(newModels(checkedRows, outcomes));
    return takeRestamped(pool, { events, outcomes, receivedAt }).catch(ledgerUnreachable);
  };
  return (events, { owner, receivedAt = new Date() }) =>
    keepPlaces(events, (goodEvents) => take(goodEvents, owner, receivedAt));
}

async function commit(
  groupCommit: GroupCommit,
  rows: readonly LedgerRow[],
  owner: string,
): Promise<IntakeOutcome[]> {
  const outcomes = await groupCommit.commit(rows, owner);
  return rows.map((row, index) => {
    const outcome = outcomes[index];
    return outcome === 'accepted' || outcome === 'duplicate' ? outcome : conflict(row);
  });
}

type TestClocks = ReadonlyMap<string, string | null>;

/** Only customers that exist are remembered: one that is made a moment later is found at once. */
function cachedTestClocks(pool: Pool) {
  const cache = new Map<string, { readonly testClock: string | null; readonly until: number }>();
  return async (events: readonly UsageEvent[]): Promise<TestClocks> => {
    const testClocks = new Map<string, string | null>();
    const missingCustomers = new Set<string>();
    const now = Date.now();
    for (const { customer } of events) {
      const cachedClock = cache.get(customer);
      if (cachedClock && cachedClock.until > now) testClocks.set(customer, cachedClock.testClock);
      else missingCustomers.add(customer);
    }
    if (missingCustomers.size === 0) return testClocks;
    const rows = await findTestClocks(pool, [...missingCustomers]).catch(ledgerUnreachable);
    if (cache.size > CACHED_CUSTOMERS_MAX) cache.clear();
    for (const [customer, testClock] of rows) {
      cache.set(customer, { testClock, until: now + CACHED_MS });
      testClocks.set(customer, testClock);
    }
    return testClocks;
  };
}

/** A test clock is read once per request and never remembered: it jumps. */
async function readNows(
  clocks: IntakeDeps['clocks'],
  testClocks: TestClocks,
  realNow: Date,
): Promise<Map<string, Date>> {
  const byClock = new Map<string, Promise<Date>>();
  const nows = new Map<string, Date>();
  for (const [customer, testClock] of testClocks) {
    if (testClock === null) {
      nows.set(customer, realNow);
      continue;
    }
    const reading = byClock.get(testClock) ?? clocks.now(testClock).catch(clockUnreadable);
    byClock.set(testClock, reading);
    nows.set(customer, await reading);
  }
  return nows;
}

/** A vendor knows the names of what it sells. */
function newModels(
  rows: readonly (LedgerRow | DomainError)[],
  outcomes: readonly IntakeOutcome[],
): ReadonlySet<string> {
  const models = new Set<string>();
  for (const [index, row] of rows.entries())
    if (outcomes[index] === 'accepted' && !(row instanceof DomainError) && row.vendor === null)
      models.add(row.model);
  return models;
}

interface Circumstances {
  readonly traceparent: string | undefined;
  readonly nameOf: ModelNamer;
}

function toRow(
  event: UsageEvent,
  now: Date,
  { traceparent, nameOf }: Circumstances,
): LedgerRow | DomainError {
  const occurredAt = event.occurredAt === undefined ? now : new Date(event.occurredAt);
  const aheadSeconds = (occurredAt.getTime() - now.getTime()) / 1000;
  if (aheadSeconds > OCCURRED_AHEAD_SECONDS_MAX || -aheadSeconds > OCCURRED_BEHIND_SECONDS_MAX)
    return outOfRange(event, now);
  const recordedTime = occurredAt.toISOString();
  const { tokens } = event;
  const model = nameOf(event);
  return {
    id: event.id,
    customer: event.customer,
    model,
    ...(model !== event.model && { sentModel: event.model }),
    vendor: event.vendor ?? null,
    // Written out: at tens of thousands a second, building it from pairs is seen in a profile.
    tokens: {
      input: tokens.input ?? 0,
      output: tokens.output ?? 0,
      cacheRead: tokens.cacheRead ?? 0,
      cacheWrite: tokens.cacheWrite ?? 0,
      reasoning: tokens.reasoning ?? 0,
    },
    occurredAt: recordedTime,
    metadata: event.metadata === undefined ? null : JSON.stringify(event.metadata),
    contentHash: contentHash(event, event.occurredAt === undefined ? null : recordedTime),
    traceparent,
  };
}

/** Throws `ledger_unavailable`: whoever sent usage is told to do so again. */
export function ledgerUnreachable(cause: unknown): never {
  const error = new DomainError(
    'ledger_unavailable',
    'The ledger can not be reached, so nothing was acknowledged. Send the same request again.',
  );
  error.cause = cause;
  throw error;
}

/** Nothing of ours is at fault, and whoever sends it keeps it until Stripe answers. */
function clockUnreadable(cause: unknown): never {
  // A process without a key of Stripe says what it lacks.
  if (cause instanceof DomainError) throw cause;
  const error = new DomainError(
    'stripe_error',
    "The time on a customer's test clock can not be read at Stripe, so nothing was acknowledged. " +
      'Send the same request again: only customers on test clocks need Stripe for it.',
  );
  error.cause = cause;
  throw error;
}

const unknownCustomer = ({ customer }: UsageEvent): DomainError =>
  new DomainError(
    'customer_not_found',
    `There is no customer ${JSON.stringify(customer)}: create it by ` +
      `PUT /v1/customers/${encodeURIComponent(customer)}, then send the usage event again.`,
  );

const outOfRange = ({ occurredAt }: UsageEvent, now: Date): DomainError =>
  new DomainError(
    'occurred_at_out_of_range',
    `occurredAt is ${occurredAt}: expected at most ` +
      `${OCCURRED_AHEAD_SECONDS_MAX / 60} minutes ahead of the customer's now, ` +
      `${now.toISOString()}, and ` +
      `${OCCURRED_BEHIND_SECONDS_MAX / 86_400} days behind it.`,
  );

const conflict = ({ id }: LedgerRow): DomainError =>
  new DomainError(
    'usage_event_conflict',
    `The customer's usage event with the id ${JSON.stringify(id)} is recorded with other content. ` +
      'Give each call its own id, and repeat a call unchanged.',
  );
