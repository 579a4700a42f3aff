/**
 * Group commit: usage events of concurrent requests become durable together, by one statement that
 * is a transaction of its own. A caller hears nothing before its rows are committed.
 */
import type { Pool } from 'pg';
import { DomainError } from '../core/errors';
import { createTally } from '../core/tally';
import { findConflicts } from '../db/stored-usage-events';
import { insertUsageEvents, keyText } from '../db/usage-events';
import type { LedgerRow } from '../db/usage-events';
import { createCompany } from './turns/company';
import type { Company } from './turns/company';
import { createFairQueue } from './turns/fair-queue';
import type { Terms } from './turns/fair-queue';

/** accepted is new, duplicate is there with this content, conflict is there with other content. */
export type CommitOutcome = 'accepted' | 'duplicate' | 'conflict';

export interface GroupCommitLimits {
  /** A statement takes whole requests of this many rows; one that has more goes alone. */
  readonly rowsPerStatement: number;
  readonly statementsInFlight: number;
  /** Fewer than all: while one owner floods, there is a statement for the others. */
  readonly statementsOfOwner: number;
  /**
   * A request of more rows is large. While others are there an owner has one statement with large
   * requests, in which nobody rides along; and all owners' together leave one for small requests.
   */
  readonly rowsOfSmall: number;
  /**
   * While a statement of small requests is under way, fewer waiting rows than these wait for it to
   * end, but no longer than that: what a statement costs by itself is shared by more.
   */
  readonly rowsWorthStatement: number;
  readonly gatherMs: number;
  /** More waiting rows are refused, so that their caller slows down. */
  readonly rowsWaiting: number;
  readonly rowsWaitingOfOwner: number;
}

export interface GroupCommitObserver {
  committed(rows: number, seconds: number): void;
}

export interface GroupCommit {
  /** The outcome of each row, in order. Owners take turns: a key's rows wait behind its own. */
  commit(rows: readonly LedgerRow[], owner?: string): Promise<CommitOutcome[]>;
  waitingRows(): number;
}

export const GROUP_COMMIT_LIMITS: GroupCommitLimits = {
  rowsPerStatement: 1_000,
  statementsInFlight: 4,
  statementsOfOwner: 3,
  rowsOfSmall: 100,
  rowsWorthStatement: 100,
  gatherMs: 5,
  rowsWaiting: 50_000,
  rowsWaitingOfOwner: 10_000,
};

interface Request {
  readonly owner: string;
  readonly rows: readonly LedgerRow[];
  readonly resolve: (outcomes: CommitOutcome[]) => void;
  readonly reject: (error: unknown) => void;
}

export function createGroupCommit(
  pool: Pool,
  limits: GroupCommitLimits = GROUP_COMMIT_LIMITS,
  observer?: GroupCommitObserver,
): GroupCommit {
  const queue = createFairQueue<Request>();
  const company = createCompany();
  const { count, terms, inFlight, smallInFlight } = createShares(limits, company);
  let gathering: NodeJS.Timeout | undefined;

  /** Whoever waits is sent by the end of what is under way, or by the time that it may take. */
  const isWorthWaiting = (): boolean => {
    if (smallInFlight() === 0 || queue.rows() >= limits.rowsWorthStatement) return false;
    gathering ??= setTimeout(() => send(), limits.gatherMs);
    return true;
  };
  const pump = (): void => {
    if (queue.rows() > 0 && !isWorthWaiting()) send();
  };
  const pumpSoon = oncePerTurn(pump);
  const send = (): void => {
    clearTimeout(gathering);
    gathering = undefined;
    while (inFlight() < limits.statementsInFlight) {
      const group = queue.take(limits.rowsPerStatement, terms);
      if (group.length === 0) return;
      count(group, 1);
      void commitGroup(pool, group, observer).finally(() => {
        count(group, -1);
        pump();
      });
    }
  };

  return {
    waitingRows: queue.rows,
    commit: (rows, owner = '') => {
      if (rows.length === 0) return Promise.resolve([]);
      const waitingRows = queue.rows();
      const ownRows = queue.rowsOf(owner);
      if (ownRows + rows.length > limits.rowsWaitingOfOwner && ownRows > 0)
        return Promise.reject(tooMany(`${ownRows} usage events of the same key`));
      if (waitingRows + rows.length > limits.rowsWaiting && waitingRows > 0)
        return Promise.reject(tooMany(`${waitingRows} usage events`));
      company.note(owner);
      return new Promise((resolve, reject) => {
        queue.push({ owner, rows, resolve, reject });
        pumpSoon();
      });
    },
  };
}

/** Whatever arrives in the same turn goes together. */
function oncePerTurn(work: () => void): () => void {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    setImmediate(() => {
      isDue = false;
      work();
    });
  };
}

/** Who may have which statement, by what is under way. */
function createShares(limits: GroupCommitLimits, company: Company) {
  const statements = createTally();
  const largeStatements = createTally();
  let inFlight = 0;
  let largeInFlight = 0;
  let smallInFlight = 0;

  const isLarge = ({ rows }: Request): boolean => rows.length > limits.rowsOfSmall;
  const count = (group: readonly Request[], change: number): void => {
    inFlight += change;
    for (const owner of new Set(group.map(({ owner }) => owner))) statements.add(owner, change);
    const large = group.filter(isLarge);
    if (large.length > 0) largeInFlight += change;
    else smallInFlight += change;
    for (const owner of new Set(large.map(({ owner }) => owner)))
      largeStatements.add(owner, change);
  };
  const terms: Terms<Request> = {
    mayGo: (request) => {
      const { owner } = request;
      if (statements.of(owner) >= limits.statementsOfOwner) return false;
      if (!isLarge(request)) return true;
      if (largeInFlight >= limits.statementsInFlight - 1) return false;
      return !company.hasOthers(owner) || largeStatements.of(owner) === 0;
    },
    goesAlone: (request) => isLarge(request) && company.hasOthers(request.owner),
  };
  return { count, terms, inFlight: () => inFlight, smallInFlight: () => smallInFlight };
}

function tooMany(waitingEvents: string): DomainError {
  return new DomainError(
    'too_many_requests',
    `${waitingEvents} wait for the ledger. Send the same request again after a second.`,
    { retryAfterSeconds: 1 },
  );
}

/** Settles every request of the group; it never rejects. */
async function commitGroup(
  pool: Pool,
  group: readonly Request[],
  observer?: GroupCommitObserver,
): Promise<void> {
  try {
    const rows = group.flatMap((request) => request.rows);
    const started = performance.now();
    const outcomes = await commitRows(pool, rows);
    observer?.committed(rows.length, (performance.now() - started) / 1000);
    let index = 0;
    for (const request of group)
      request.resolve(outcomes.slice(index, (index += request.rows.length)));
  } catch (error) {
    if (group.length > 1 && isDataError(error)) {
      // One request's value that validation let through shall not fail the others.
      for (const request of group) await commitGroup(pool, [request], observer);
      return;
    }
    const failure = isDataError(error) ? error : ledgerUnavailable(error);
    for (const request of group) request.reject(failure);
  }
}

async function commitRows(pool: Pool, rows: readonly LedgerRow[]): Promise<CommitOutcome[]> {
  const firstByKey = new Map<string, LedgerRow>();
  const keys = rows.map(keyText);
  rows.forEach((row, index) => {
    const key = keys[index] as string;
    if (!firstByKey.has(key)) firstByKey.set(key, row);
  });
  const newKeys = await insertUsageEvents(pool, [...firstByKey.values()]);
  const isNew = (key: string) => newKeys === 'all' || newKeys.has(key);
  if (newKeys === 'all' && firstByKey.size === rows.length) return rows.map(() => 'accepted');

  const knownRows = rows.filter((_row, index) => !isNew(keys[index] as string));
  const places = knownRows.length > 0 ? await findConflicts(pool, knownRows) : [];
  const conflicts = new Set([...places].map((place) => knownRows[place]));
  return rows.map((row, index) => {
    const key = keys[index] as string;
    // Neither new nor there: until migration 0017 the database has ids of all customers as one key.
    if (!isNew(key)) return conflicts.has(row) ? 'conflict' : 'duplicate';
    const firstRow = firstByKey.get(key);
    if (firstRow === row) return 'accepted';
    return firstRow?.contentHash === row.contentHash ? 'duplicate' : 'conflict';
  });
}

/** SQLSTATE classes 22 (data exception) and 23 (integrity constraint violation). */
function isDataError(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^2[23]/.test(code);
}

/** Whether it was committed may be unknown: sending it again is safe, because ids are unique. */
function ledgerUnavailable(cause: unknown): DomainError {
  const error = new DomainError(
    'ledger_unavailable',
    'The ledger can not be reached, so nothing was acknowledged. Send the same request again: ' +
      'usage events that were recorded after all are recognised by their ids.',
  );
  error.cause = cause;
  return error;
}
