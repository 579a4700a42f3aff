/** Beside billing, in memory: its workflows on a clock moved by hand, in a small world. */
import './in-memory';
import * as workflows from '../../workflows';
import { aRolloutWorld } from '../support/workflows/rollout-world';
import { anImportWorld } from '../support/workflows/import-world';
import type { ImportWorld } from '../support/workflows/import-world';
import { PayoutWorld } from '../support/vendors/payout-world';
import { START } from './calendar';
import { TemporalInMemory } from './temporal-in-memory';
import type { ActivityTable } from './activity-context';
import { Troubles } from './troubles';

export interface PlayedBeside {
  readonly temporal: TemporalInMemory;
  readonly troubles: Troubles;
  readonly vendor: PayoutWorld;
  readonly imports: ImportWorld;
  /** Says again what was asked for last. */
  sayAgain?: () => void;
}

const CUSTOMERS = ['ada', 'bo', 'cy'];

/** Two pages of events, and two of customers. */
const reconciler = {
  recoverStripeEvents: async ({ position }: { position?: object }) => ({
    ...{ read: 10, recovered: { 'invoice.paid': 2 } },
    next: position ? null : { since: 7, after: 'evt_5000' },
  }),
  hintOverdueCustomers: async ({ after }: { after: string | null }) => ({
    ...{ hinted: [after === null ? 'ada' : 'bo'], unlisted: [] },
    next: after === null ? 'ada' : null,
  }),
};

export function playBeside(): PlayedBeside {
  const now = (): number => temporal.now;
  const troubles = new Troubles(now);
  const vendor = new PayoutWorld({ currentTimeMs: async () => now() });
  const { payout, catalogRollout, reconciliation, importSubscription } = workflows;
  const imports = anImportWorld();
  const temporal: TemporalInMemory = new TemporalInMemory(
    { payout, catalogRollout, reconciliation, importSubscription } as never,
    {
      ...vendor.activities,
      ...aRolloutWorld(CUSTOMERS).activities,
      ...imports.activities,
      ...reconciler,
    } as unknown as ActivityTable,
    START * 1000,
    (activity, when) => troubles.disturb(activity, when),
    (activity) => troubles.hangOf(activity),
  );
  return { temporal, troubles, vendor, imports };
}
