/**
 * Each activity of what runs beside billing (payouts, rollouts, the reconciliation), a scenario
 * that reaches it, and what comes of it.
 */
import type { PlayedBeside } from './beside-stage';
import * as scenarios from './beside-scenarios';

export interface BesideRow {
  readonly activity: string;
  readonly play: (played: PlayedBeside) => Promise<unknown>;
  /** Kind and workflow of what operators see. */
  readonly told: readonly [string, RegExp];
  /** What `play` answers in the end, by hand. */
  readonly ends: unknown;
}

const SHARE = 4_250;
const REFUSED = 'stripe_refused';

const IMPORT_ACTIVITIES = [
  ...[
    'readImport',
    'migrateSubscription',
    'markPrice',
    'markSubscription',
    'unmarkSubscription',
    'recordImport',
  ],
  ...['findImport', 'takeOver', 'startImported', 'settleImport', 'letGoImported'],
  ...['forgetImported', 'endObservation'],
];

export const BESIDE_ROWS: readonly BesideRow[] = [
  ...(['readPayout', 'bookPayout', 'transferShare'] as const).map((activity): BesideRow => ({
    ...{ activity, play: scenarios.sale, told: [REFUSED, /^payout:ch_/], ends: SHARE },
  })),
  {
    activity: 'reverseTransfer',
    play: scenarios.refund,
    told: [REFUSED, /^payout:ch_/],
    // 10.00 were given back, of which 8.50 were the vendor's.
    ends: SHARE - 850,
  },
  {
    activity: 'bookMove',
    play: scenarios.debt,
    told: [REFUSED, /^payout:ch_/],
    // 42.50 and 85.00 earned, 42.50 of that given back: by less of the second.
    ends: 8_500,
  },
  ...(['previewRollout', 'listRollout', 'moveCustomer'] as const).map((activity): BesideRow => ({
    ...{ activity, play: scenarios.rollout, told: ['rollout_stopped', /^rollout:/] },
    ends: ['done', 3],
  })),
  ...(['recordRollout', 'findRolloutTrouble'] as const).map((activity): BesideRow => ({
    ...{ activity, play: scenarios.rollout, told: ['rollout_stopped', /^rollout:/] },
    ends: ['done', 3],
  })),
  ...IMPORT_ACTIVITIES.map((activity): BesideRow => ({
    ...{ activity, play: scenarios.imported, told: [REFUSED, /^import:/] },
    ends: ['observed', 'billed', 'billed', 'undone'],
  })),
  {
    activity: 'refuseImport',
    play: scenarios.refusedImport,
    told: [REFUSED, /^import:/],
    ends: {
      phase: 'refused',
      refusal: 'it is billed already: undo that first, as long as nothing is reported',
    },
  },
  ...(['recoverStripeEvents', 'hintOverdueCustomers'] as const).map((activity): BesideRow => ({
    ...{ activity, play: scenarios.daily, told: [REFUSED, /^reconciliation/] },
    ends: { eventsRecovered: { 'invoice.paid': 4 }, customers: ['ada', 'bo'], fault: null },
  })),
];
