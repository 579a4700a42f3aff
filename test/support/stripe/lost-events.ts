/** The reconciliation's activities on a database of their own and a Stripe that says as told. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { Pool } from 'pg';
import { createStripeActivities } from '../../../activities';
import type { Activities } from '../../../activities';
import type {
  RecoveredStripeEvents,
  RecoverStripeEventsRequest,
} from '../../../activities/lost-events';
import { createPool } from '../../../src/db/pool';
import { loadCatalog } from '../../../src/stripe/catalog-file';
import { createTestDatabase } from '../stack/database';
import type { TestDatabase } from '../stack/database';
import { startScriptedStripe } from './scripted-stripe';
import type { ScriptedStripe } from './scripted-stripe';
import type { StripeEventHint } from '../../../src/core/state/remembered';
import type { HintedCustomers, HintOverdueRequest } from '../../../activities/overdue-hints';

/** What an earlier attempt told last, and what to do whenever this one tells. */
interface Heartbeats {
  readonly before?: unknown;
  readonly onBeat?: (details: unknown) => void;
}

export interface TestLostEvents {
  readonly pool: Pool;
  readonly stripe: ScriptedStripe;
  /** Customer and hint. */
  readonly signals: readonly (readonly [string, StripeEventHint])[];
  /** Customers whose workflow takes no signal. */
  readonly silent: Set<string>;
  recover(request: RecoverStripeEventsRequest, beats?: Heartbeats): Promise<RecoveredStripeEvents>;
  hint(request: HintOverdueRequest, beats?: Heartbeats): Promise<HintedCustomers>;
}

/** Empty before each test. */
export function useLostEvents(): TestLostEvents {
  let database: TestDatabase;
  let pool: Pool;
  let stripe: ScriptedStripe;
  let activities: Pick<Activities, 'recoverStripeEvents' | 'hintOverdueCustomers'>;
  const signals: [string, StripeEventHint][] = [];
  const silent = new Set<string>();
  beforeAll(async () => {
    database = await createTestDatabase();
    pool = createPool({ connectionString: database.url, max: 2 });
    stripe = await startScriptedStripe();
    activities = createStripeActivities({
      ...{ pool, stripe: stripe.stripe, catalog: await loadCatalog('catalog.yaml') },
      drainLedger: async () => 0,
      takeUsage: async () => [],
      signalStripeEvent: async (customer, hint) => {
        if (silent.has(customer)) throw new Error(`${customer} takes no signal`);
        signals.push([customer, hint]);
      },
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
    silent.clear();
    stripe.requests.length = 0;
    await pool.query(
      'truncate stripe_events, customers, billing_periods, stripe_event_cursor cascade',
    );
  });
  return {
    silent,
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
