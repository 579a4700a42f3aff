/**
 * Usage that goes on while something else is done to the ledger: some connections' group commits,
 * with repetitions and conflicts among it, and sealing. What was acknowledged is remembered.
 */
import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { Pool } from 'pg';
import { OCCURRED_BEHIND_SECONDS_MAX } from '../../../src/core/usage/usage';
import { createPool } from '../../../src/db/pool';
import { keyText } from '../../../src/db/usage-events';
import type { LedgerRow } from '../../../src/db/usage-events';
import { createGroupCommit } from '../../../src/ingest/group-commit';
import type { CommitOutcome, GroupCommit } from '../../../src/ingest/group-commit';
import { createSealer } from '../../../src/ingest/sealing';
import { chance } from '../../life/chance';
import { aRow } from '../builders/ledger';
import { eventually } from '../stack/eventually';

const CONNECTIONS = 3;
const ROWS_MAX = 40;

export const CUSTOMERS = ['ada', 'ben', 'Zoë', '𝒟', 'with "quotes", and'];

/** Rows that are in the ledger, by their keys. */
export type Acknowledged = Map<string, Pick<LedgerRow, 'id' | 'customer'> & { input: number }>;

export interface GoingUsage {
  readonly acknowledged: Acknowledged;
  /** Outcomes that are wrong, and whatever was refused. */
  readonly faults: string[];
  /** Until so many requests more were answered. */
  more(requests: number): Promise<void>;
  /** Whoever asks again waits as well. */
  stop(): Promise<void>;
}

interface Sender {
  readonly random: () => number;
  readonly commits: readonly GroupCommit[];
  /** In the ledger before, and looked up as long as their month is. */
  readonly known: readonly LedgerRow[];
}

export function startUsage(url: string, seed: number, known: readonly LedgerRow[]): GoingUsage {
  const random = chance(seed);
  const pools = Array.from({ length: CONNECTIONS }, () =>
    createPool({ connectionString: url, max: 4 }),
  );
  const sender = { random, known, commits: pools.map((pool) => createGroupCommit(pool)) };
  const state = { isStopped: false, answered: 0 };
  const [acknowledged, faults]: [Acknowledged, string[]] = [new Map(), []];
  const sending = pools.map(async (_, at) => {
    while (!state.isStopped) {
      await send(sender, at, acknowledged).catch((error: Error) => faults.push(error.message));
      state.answered += 1;
    }
  });
  const sealing = sealUntil(pools[0] as Pool, () => state.isStopped).catch((error: Error) =>
    faults.push(`sealing: ${error.message}`),
  );
  const end = async (): Promise<void> => {
    state.isStopped = true;
    await Promise.all([...sending, sealing]);
    for (const pool of pools) await pool.end();
  };
  let ending: Promise<void> | undefined;
  return {
    ...{ acknowledged, faults },
    more: async (requests) => {
      const wanted = state.answered + requests;
      await eventually(async () => state.answered >= wanted, Boolean);
    },
    stop: () => (ending ??= end()),
  };
}

async function sealUntil(pool: Pool, isStopped: () => boolean): Promise<void> {
  const seal = createSealer(pool);
  while (!isStopped()) {
    await seal();
    await turn();
  }
}

/** Its requests, each the same by two connections at once now and then: one of them is first. */
async function send(
  { random, commits, known }: Sender,
  at: number,
  acknowledged: Acknowledged,
): Promise<void> {
  const rows = Array.from({ length: 1 + Math.floor(random() * ROWS_MAX) }, () => someRow(random));
  const senders = random() < 0.3 ? [at, (at + 1) % commits.length] : [at];
  const answers = await Promise.all(
    senders.map((one) => (commits[one] as GroupCommit).commit(rows)),
  );
  for (const [index, row] of rows.entries()) {
    const outcomes = answers.map((answer) => answer[index]);
    const newCount = outcomes.filter((outcome) => outcome === 'accepted').length;
    if (newCount !== 1) throw new Error(`${keyText(row)} was ${outcomes.join(' and ')}`);
    acknowledged.set(keyText(row), { ...row, input: row.tokens.input });
  }
  await expectKnown(commits[at] as GroupCommit, rows.slice(0, 3), 'duplicate');
  if (known.length === 0) return;
  const sentAgain = [known[Math.floor(random() * known.length)] as LedgerRow];
  await expectKnown(commits[at] as GroupCommit, sentAgain, 'duplicate');
  const changed = sentAgain.map((row) => ({ ...row, contentHash: 'ff' }));
  await expectKnown(commits[at] as GroupCommit, changed, 'conflict');
}

async function expectKnown(
  { commit }: GroupCommit,
  rows: readonly LedgerRow[],
  expected: CommitOutcome,
): Promise<void> {
  const outcomes = await commit(rows);
  if (outcomes.some((outcome) => outcome !== expected))
    throw new Error(`known usage was ${outcomes.join(', ')}, and not ${expected}`);
}

/** It occurred at any time that is accepted: in the month that ended, too. */
function someRow(random: () => number): LedgerRow {
  const behindMs = Math.floor(random() ** 2 * (OCCURRED_BEHIND_SECONDS_MAX - 60)) * 1_000;
  const id = createHash('sha256').update(String(random())).digest('hex').slice(0, 32);
  return aRow(id, {
    customer: CUSTOMERS[Math.floor(random() * CUSTOMERS.length)] as string,
    tokens: {
      ...{ input: 1 + Math.floor(random() * 900), output: 0 },
      ...{ cacheRead: 0, cacheWrite: 0, reasoning: 0 },
    },
    occurredAt: new Date(Date.now() - behindMs).toISOString(),
    contentHash: id,
  });
}
