/** The reconciliation's activities on a database of their own and a Stripe that says as told. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { Pool } from 'pg';
import { createStripeActivities } from '../../activities';
import type { Activities } from '../../activities';
import type {
  HintedCustomers,
  HintOverdueRequest,
  RecoveredStripeEvents,
  RecoverStripeEventsRequest,
} from '../../activities/reconciliation';
import type { StripeEventHint } from '../../src/core/stripe-event';
import { createPool } from '../../src/db/pool';
import { loadCatalog } from '../../src/stripe/catalog-file';
import { createTestDatabase } from './database';
import type { TestDatabase } from './database';
import { startScriptedStripe } from './scripted-stripe';
import type { ScriptedStripe } from './scripted-stripe';

/** What an earlier attempt told last, and what to do whenever this one tells. */
interface Heartbeats {
  readonly before?: unknown;
  readonly onBeat?: (details: unknown) => void;
}

export interface TestReconciler {
  readonly pool: Pool;
  readonly stripe: ScriptedStripe;
  /** Customer and hint. */
  readonly signals: readonly (readonly [string, StripeEventHint])[];
  recover(request: RecoverStripeEventsRequest, beats?: Heartbeats): Promise<RecoveredStripeEvents>;
  hint(request: HintOverdueRequest, beats?: Heartbeats): Promise<HintedCustomers>;
}

/** Empty before each test. */
export function useReconciler(): TestReconciler {
  let database: TestDatabase;
  let pool: Pool;
  let stripe: ScriptedStripe;
  let activities: Pick<Activities, 'recoverStripeEvents' | 'hintOverdueCustomers'>;
  const signals: [string, StripeEventHint][] = [];
  beforeAll(async () => {
    database = await createTestDatabase();
    pool = createPool({ connectionString: database.url, max: 2 });
    stripe = await startScriptedStripe();
    activities = createStripeActivities({
      ...{ pool, stripe: stripe.stripe, catalog: await loadCatalog('catalog.yaml') },
      drainLedger: async () => 0,
      takeUsage: async () => [],
      signalStripeEvent: async (customer, hint) => void signals.push([customer, hint]),
      now: Date.now,
    });
  });
  afterAll(async () => {
    await stripe.close();
    await pool.end();
    await database.drop();
  });
  beforeEach(async () => {
    signals.length = 0;
    stripe.requests.length = 0;
    await pool.query(
      'truncate stripe_events, customers, billing_periods, stripe_event_cursor cascade',
    );
  });
  return {
    get pool() {
      return pool;
    },
    get stripe() {
      return stripe;
    },
    signals,
    recover: (request, beats) => attempt(beats).run(activities.recoverStripeEvents, request),
    hint: (request, beats) => attempt(beats).run(activities.hintOverdueCustomers, request),
  };
}

/** The environment's own `run` knows no result type. */
function attempt({ before, onBeat = () => undefined }: Heartbeats = {}) {
  const logger = new DefaultLogger('ERROR');
  const environment = new MockActivityEnvironment({ heartbeatDetails: before }, { logger });
  environment.on('heartbeat', onBeat);
  return {
    run: <P, R>(activity: (request: P) => Promise<R>, request: P) =>
      environment.run<[P], R, (request: P) => Promise<R>>(activity, request),
  };
}
