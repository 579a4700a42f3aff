/** Our own database, in memory: the ledger as it is sealed, and what workflows write down. */
import type { Activities } from '../../activities';
import { emptyBillingState } from '../../src/core/billing-state';
import type { Catalog } from '../../src/core/catalog';
import { recountBatch } from '../../src/core/recount';
import type { UsageBatch, UsageLine } from '../../src/core/usage';

export interface Books {
  readonly batches: UsageBatch[];
  readonly written: Map<string, unknown>;
  seal(lines: readonly UsageLine[]): UsageBatch;
  readonly activities: Partial<Activities>;
}

/** One customer's. What is written twice under a key is written once. */
export function openBooks(catalog: Catalog): Books {
  const batches: UsageBatch[] = [];
  const written = new Map<string, unknown>();
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
    recountLedger: async ({ customer, periods, grants, upToSequence }) => {
      const counted = batches
        .filter(({ sequence }) => sequence <= upToSequence)
        .reduce(recountBatch, { ...emptyBillingState(customer), periods, grants });
      return { periods: counted.periods, grants: counted.grants };
    },
    recordPeriods: async (request) => void written.set('periods', request.periods),
    recordGrant: async ({ grant }) => note(`grant:${grant.id}`, grant),
    recordResolution: async ({ exception }) => note(`resolved:${exception.subject}`, exception),
    recordDunningPause: async ({ invoiceId, request }) =>
      note(`pause:${invoiceId}:${request}`, request),
    recordDunning: async ({ invoiceId, outcome }) => note(`dunning:${invoiceId}`, outcome),
    readDunningPolicy: async () => catalog.dunning,
    writeOffLate: async ({ item }) => note(item.key, item),
    notify: async (request) =>
      note(`told:${request.type}:${JSON.stringify(factOf(request.fact))}`, request),
  } satisfies Partial<Activities>;
  return {
    batches,
    written,
    activities,
    seal: (lines) => {
      const batch = { sequence: batches.length + 1, lines: [...lines] };
      batches.push(batch);
      return batch;
    },
  };
}

function factOf(fact: object): unknown {
  const { periodStart, percent, type, day } = fact as Record<string, unknown>;
  return [periodStart, percent, type, day];
}
