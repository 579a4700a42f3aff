/** A subscription that was there before us, for the workflow of its import. */
import type { ImportActivities } from '../../../activities';
import type { ImportReading, ImportWish } from '../../../src/core/adoption/import-step';
import type { ImportPhase } from '../../../src/db/imports';

export interface ImportWorld {
  readonly activities: ImportActivities & Record<string, (request: never) => Promise<unknown>>;
  readonly reading: { -readonly [Key in keyof ImportReading]: ImportReading[Key] };
  phase: ImportPhase | null;
  refusal: string | null;
  billsFrom: number | null;
  /** What was done that changes something elsewhere, in order. */
  readonly done: string[];
}

export const IMPORT_ENTRY = {
  ...{ subscription: 'sub_1', stripeCustomer: 'cus_1', customer: 'ada', plan: 'starter' },
  ...({ price: 'price_1', by: 'amount' } as const),
};

export const aWish = (overrides: Partial<ImportWish> = {}): ImportWish => ({
  ...({ want: 'observe', at: 'now', catalogVersion: 'v1', by: 'olga' } as const),
  entry: IMPORT_ENTRY,
  ...overrides,
});

export function anImportWorld(): ImportWorld {
  const note =
    <Answer>(name: string, answer: Answer) =>
    async (): Promise<Answer> => {
      world.done.push(name);
      return answer;
    };
  const world: ImportWorld = {
    ...{ phase: null, refusal: null, billsFrom: null, done: [] },
    reading: {
      ...{ faults: [], period: { start: 1_000_000, end: 3_592_000 }, now: 1_500_000 },
      ...{ hasDraft: false, email: 'ada@example.com', name: null, testClock: null },
    },
    activities: {
      findImport: async () => ({
        known: world.phase && { customer: 'ada', phase: world.phase, billsFrom: world.billsFrom },
        rival: null,
      }),
      readImport: async () => ({ ...world.reading }),
      recordImport: async ({ phase, billsFrom, isUnderWay }) => {
        Object.assign(world, { phase, billsFrom, refusal: null });
        if (!isUnderWay) world.done.push(phase);
      },
      refuseImport: async ({ refusal, isTriedAgain }) => {
        world.refusal = refusal;
        if (world.phase === 'waiting' && !isTriedAgain) world.phase = 'observed';
      },
      settleImport: async () => undefined,
      takeOver: async ({ billsFrom }) => {
        Object.assign(world, { phase: 'billed', billsFrom });
        world.done.push(`billed from ${billsFrom}`);
      },
      migrateSubscription: note('migrated', undefined),
      markPrice: note('price marked', undefined),
      markSubscription: note('subscription marked', undefined),
      startImported: note('billing started', undefined),
      letGoImported: note('let go', null),
      forgetImported: note('forgotten', null),
      unmarkSubscription: note('unmarked', undefined),
      endObservation: async () => {
        world.phase = 'undone';
        world.done.push('undone');
      },
    },
  };
  return world;
}
