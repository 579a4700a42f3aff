/** Customers of a plan for the workflow of a rollout: who is asked, by which key, and when. */
import type { CustomerRevenue } from '../../../src/core/plans/rollout-preview';
import type { RolloutActivities } from '../../../activities';
import type { Move } from '../../../activities/catalog-rollout';
import { rolloutChangeKey } from '../../../src/core/ids';

export interface RolloutWorld {
  readonly activities: RolloutActivities;
  /** Every key under which a customer's workflow was asked, in order. */
  readonly asked: (readonly [customer: string, key: string])[];
  /** Kinds of the audit entries, in order. */
  readonly entries: string[];
  readonly refusals: Map<string, string>;
  readonly exceptions: Map<string, string>;
  /** What happens while a customer is moved. */
  onMove: (customer: string) => Promise<void> | void;
}

const SALE = { version: 'v1', monthlyPriceCents: 2900, includedTokens: 100, rates: {} };

/** Each pays 29.00 before and 39.00 after; `ending`: their cancellation waits. */
export function aRolloutWorld(
  customers: readonly string[],
  ending: readonly string[] = [],
): RolloutWorld {
  const page = (after: string, limit: number) =>
    customers.filter((customer) => customer > after).slice(0, limit);
  const reason = (customer: string) =>
    ending.includes(customer) ? ('cancellation_waits' as const) : null;
  const revenue = (customer: string): CustomerRevenue => ({
    ...{ customer, before: SALE, beforeCents: 2900, afterCents: 3900, isRunning: false },
  });
  const world: RolloutWorld = {
    asked: [],
    entries: [],
    refusals: new Map(),
    exceptions: new Map(),
    onMove: () => undefined,
    activities: {
      previewRollout: async ({ after }) => {
        const listed = page(after, 2);
        return {
          after: { ...SALE, version: 'v2', monthlyPriceCents: 3900 },
          customers: listed.map((customer) => {
            const why = reason(customer);
            return why ? { customer, reason: why } : revenue(customer);
          }),
          next: listed.length < 2 ? null : (listed.at(-1) ?? null),
        };
      },
      listRollout: async ({ after, limit }) =>
        page(after, limit).map((customer) => ({ customer, reason: reason(customer) })),
      moveCustomer: async ({ customer, attempt, ...rollout }): Promise<Move> => {
        world.asked.push([customer, rolloutChangeKey(rollout, customer, attempt)]);
        await world.onMove(customer);
        const why = world.refusals.get(customer);
        return why === undefined ? { outcome: 'moved' } : { outcome: 'refused', why };
      },
      findRolloutTrouble: async () => {
        for (const [customer, why] of world.exceptions)
          if (world.asked.some(([name]) => name === customer)) return { customer, why };
        return null;
      },
      recordRollout: async ({ entry }) => void world.entries.push(entry.kind),
    },
  };
  return world;
}
