/** What operators measure, in Prometheus' format. Gauges of the ledger are read when asked for. */
import type { Pool } from 'pg';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { GroupCommitObserver } from '../ingest/group-commit';
import { countDeliveries } from '../db/notifications';
import type { Channel, DeliveryCount } from '../db/notifications';
import { readPipelineLag } from '../db/pipeline-lag';
import { registerBilling } from './billing-metrics';
import { registerPartitions, registerReachable } from './ledger-metrics';
import { registerReportPace } from './report-metrics';
import { registerSealingHolders } from './sealing-metrics';
import { registerDrift } from './drift-metrics';
import { atMostEvery } from './at-most-every';
import { singleGauges } from './single-gauges';

const READ_AGAIN_AFTER_MS = 1_000;

export interface ApiMetrics {
  readonly registry: Registry;
  readonly groupCommit: GroupCommitObserver;
  countUsageEvents(result: 'accepted' | 'duplicate' | 'rejected', events: number): void;
  /** Counts those accepted whose meters guessed what the provider did not tell. */
  countEstimated(events: number): void;
  /** Counts spans of OTLP that tell usage and were not counted, since others tell the same. */
  countIgnoredSpans(spans: number): void;
  /** Counts an event of Stripe's about a customer who is none of ours. */
  countStranger(): void;
  /** `reason`: a limit by its class, or what was wrong. */
  countRefused(reason: string): void;
}

/** What waits in this process. */
export interface Waiting {
  /** These wait for a statement of the group commit. */
  rows(): number;
  /** These wait on the proxy's disk. */
  calls(): number;
}

export function createMetrics(pool: Pool, queues: Waiting): ApiMetrics {
  const registry = new Registry();
  const registers = [registry];
  const groupSize = new Histogram({
    name: 'tollkeeper_group_commit_rows',
    help: 'Rows that one statement committed',
    buckets: [1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_000],
    registers,
  });
  const commitSeconds = new Histogram({
    name: 'tollkeeper_group_commit_seconds',
    help: 'Time of one commit, look-up of duplicates included',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers,
  });
  new Gauge({
    name: 'tollkeeper_group_commit_waiting_rows',
    help: 'Rows that wait for a statement',
    registers,
    collect() {
      this.set(queues.rows());
    },
  });
  new Gauge({
    name: 'tollkeeper_openai_spooled_usage_events',
    help: 'Usage of proxied calls that is on the disk and not in the ledger yet',
    registers,
    collect() {
      this.set(queues.calls());
    },
  });
  registerLag(pool, registers);
  registerNotifications(pool, registers);
  registerBilling(pool, registers);
  registerDrift(pool, registers);
  return {
    registry,
    ...usageCounters(registers),
    countStranger: strangerCounter(registers),
    countRefused: refusalCounter(registers),
    groupCommit: {
      committed: (rows, seconds) => {
        groupSize.observe(rows);
        commitSeconds.observe(seconds);
      },
    },
  };
}

function usageCounters(
  registers: Registry[],
): Pick<ApiMetrics, 'countUsageEvents' | 'countEstimated' | 'countIgnoredSpans'> {
  const events = new Counter({
    name: 'tollkeeper_usage_events_total',
    help: 'Usage events received, by result',
    labelNames: ['result'] as const,
    registers,
  });
  const estimates = new Counter({
    name: 'tollkeeper_estimated_usage_events_total',
    help: 'Usage events accepted whose counts are estimates',
    registers,
  });
  const ignoredSpans = new Counter({
    name: 'tollkeeper_ignored_spans_total',
    help: 'Spans that tell usage and are not counted: they are around calls that are, or failed',
    registers,
  });
  return {
    countUsageEvents: (result, count) => count > 0 && events.inc({ result }, count),
    countEstimated: (count) => count > 0 && estimates.inc(count),
    countIgnoredSpans: (count) => ignoredSpans.inc(count),
  };
}

function strangerCounter(registers: Registry[]): ApiMetrics['countStranger'] {
  const strangers = new Counter({
    name: 'tollkeeper_strangers_stripe_events_total',
    help: "Stripe's events about customers of the account who are none of ours, which are not kept",
    registers,
  });
  return () => strangers.inc();
}

function refusalCounter(registers: Registry[]): ApiMetrics['countRefused'] {
  const refusals = new Counter({
    name: 'tollkeeper_refused_requests_total',
    help: 'Requests refused for a limit or for a wrong key or signature, by reason',
    labelNames: ['reason'] as const,
    registers,
  });
  return (reason) => refusals.inc({ reason });
}

function registerLag(pool: Pool, registers: Registry[]): void {
  registerSealingHolders(pool, registers);
  registerPartitions(pool, registers);
  registerReportPace(pool, registers);
  // NaN while the database can't be reached.
  const unknownLag = {
    ...{ unsealedEvents: NaN, sealingLagSeconds: NaN },
    ...{ unforwardedCustomers: NaN, forwardingLagSeconds: NaN, quarantinedEvents: NaN },
  };
  const readLag = atMostEvery(READ_AGAIN_AFTER_MS, () =>
    readPipelineLag(pool).catch(() => unknownLag),
  );
  registerReachable(async () => (await readLag()) !== unknownLag, registers);
  const single = singleGauges(registers, readLag);
  single(
    'tollkeeper_unsealed_usage_events',
    'Usage events that are in no batch yet (counted up to 100,000)',
    ({ unsealedEvents }) => unsealedEvents,
  );
  single(
    'tollkeeper_sealing_lag_seconds',
    'Age of the oldest usage event that is in no batch yet',
    ({ sealingLagSeconds }) => sealingLagSeconds,
  );
  single(
    'tollkeeper_quarantined_usage_events',
    'Usage events that no batch can hold, and nobody has settled yet',
    ({ quarantinedEvents }) => quarantinedEvents,
  );
  single(
    'tollkeeper_unforwarded_customers',
    'Customers with batches that their workflow has not been sent',
    ({ unforwardedCustomers }) => unforwardedCustomers,
  );
  single(
    'tollkeeper_forwarding_lag_seconds',
    'Age of the oldest batch that waits for a workflow',
    ({ forwardingLagSeconds }) => forwardingLagSeconds,
  );
}

/** Counts for all processes: workers deliver and have no port, and the outbox has every outcome. */
function registerNotifications(pool: Pool, registers: Registry[]): void {
  const readDeliveries = atMostEvery(READ_AGAIN_AFTER_MS, () =>
    countDeliveries(pool).catch(() => []),
  );
  new Counter({
    name: 'tollkeeper_notifications_total',
    help: 'Notifications settled, by channel and outcome: sent, failed or skipped',
    labelNames: ['channel', 'outcome'] as const,
    registers,
    async collect() {
      const counts = await readDeliveries();
      this.reset();
      for (const { channel, state, deliveries } of counts)
        if (state !== 'pending') this.inc({ channel, outcome: state }, deliveries);
    },
  });
  new Gauge({
    name: 'tollkeeper_notifications_pending',
    help: 'Notifications not delivered yet, by channel',
    labelNames: ['channel'] as const,
    registers,
    async collect() {
      const counts = await readDeliveries();
      for (const channel of ['email', 'webhook'] as const)
        this.set({ channel }, pendingOf(counts, channel));
    },
  });
}

const pendingOf = (counts: readonly DeliveryCount[], channel: Channel): number =>
  counts.find((count) => count.channel === channel && count.state === 'pending')?.deliveries ?? 0;
