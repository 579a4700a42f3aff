/** Our own database, in memory: the ledger as it is sealed, and what workflows write down. */
import type { Activities } from '../../activities';
import { createLateWriteOffActivities } from '../../activities/late-usage';
import { createResolutionActivities } from '../../activities/resolutions';
import type { Catalog } from '../../src/core/plans/catalog';
import { beginRecount, recountBatch, recountedOf } from '../../src/core/counting/recount';
import type { Statement } from '../../src/core/invoices/statement';
import type { UsageBatch, UsageLine } from '../../src/core/usage/usage';
import { rememberedOf } from './remembered';

export interface Books {
  readonly batches: UsageBatch[];
  readonly written: Map<string, unknown>;
  /** What the API tells of each period, by its start. */
  readonly statements: Map<number, Statement>;
  seal(lines: readonly UsageLine[]): UsageBatch;
  readonly activities: Partial<Activities>;
}

/** One customer's. What is written twice under a key is written once. */
export function openBooks(catalog: Catalog): Books {
  const batches: UsageBatch[] = [];
  const written = new Map<string, unknown>();
  const statements = new Map<number, Statement>();
  const note = (key: string, what: unknown): void => {
    if (!written.has(key)) written.set(key, what);
  };
  const sum = (start: number, end: number, isVendors: boolean): number =>
    batches
      .flatMap(({ lines }) => lines)
      .filter(({ second, vendor }) => start <= second && second < end && !vendor === !isVendors)
      .reduce((total, { tokens }) => total + tokens, 0);
  const activities = {
    readBatches: async ({ afterSequence }) => batches.slice(afterSequence, afterSequence + 50),
    drainLedger: async () => batches.length,
    sumLedger: async ({ start, end }) => ({
      usedTokens: sum(start, end, false),
      vendorTokens: sum(start, end, true),
    }),
    recountLedger: async (request) => {
      const counted = batches
        .filter(({ sequence }) => sequence <= request.upToSequence)
        .reduce(recountBatch, beginRecount(request));
      return recountedOf(counted);
    },
    ...writingActivities(statements, note),
    readDunningPolicy: async () => catalog.dunning,
  } satisfies Partial<Activities>;
  return {
    ...{ batches, written, statements, activities },
    seal: (lines) => {
      const batch = { sequence: batches.length + 1, lines: [...lines] };
      batches.push(batch);
      return batch;
    },
  };
}

/** What workflows write down. */
function writingActivities(
  statements: Map<number, Statement>,
  note: (key: string, what: unknown) => void,
) {
  // As they are: the audit trail that they write to is remembered.
  const { recordResolution } = createResolutionActivities({} as never);
  const { writeOffLate } = createLateWriteOffActivities({} as never);
  return {
    recordPeriods: async ({ customer, periods, snapshot }) => {
      for (const { statement } of periods) statements.set(statement.periodStart, statement);
      const ours = rememberedOf(customer);
      ours.periods = periods;
      if (!ours.isOfOldRelease) ours.snapshot = snapshot?.state ?? null;
    },
    recordGrant: async ({ customer, grant }) => {
      const { grants } = rememberedOf(customer);
      if (!grants.some(({ id }) => id === grant.id)) grants.push(grant);
      note(`grant:${grant.id}`, grant);
    },
    recordResolution: async (request) => {
      await recordResolution(request);
      note(`resolved:${request.exception.subject}`, request.exception);
    },
    recordDunningPause: async ({ invoiceId, request }) =>
      note(`pause:${invoiceId}:${request}`, request),
    recordDunning: async ({ invoiceId, outcome }) => note(`dunning:${invoiceId}`, outcome),
    writeOffLate: async (request) => {
      await writeOffLate(request);
      note(request.item.key, request.item);
    },
    notify: async (request) =>
      note(`told:${request.type}:${JSON.stringify(factOf(request.fact))}`, request),
  } satisfies Partial<Activities>;
}

function factOf(fact: object): unknown {
  const { periodStart, percent, type, day } = fact as Record<string, unknown>;
  return [periodStart, percent, type, day];
}
