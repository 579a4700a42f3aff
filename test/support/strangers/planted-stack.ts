/**
 * API and worker as programs of their own, whose secrets can be recognised. Their database is
 * behind a gate; mail server and the app's endpoint are not there at all.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Client } from 'pg';
import { freePort } from '../../../src/dev/free-port';
import { startNetworkGate } from '../network/network-gate';
import type { NetworkGate } from '../network/network-gate';
import { startOpenAIServer } from '../openai/openai-server';
import type { OpenAIServer } from '../openai/openai-server';
import { createTestDatabase } from '../stack/database';
import { startDevelopmentStack } from '../stack/development-stack';
import type { DevelopmentStack } from '../stack/development-stack';
import { createNamespace } from '../stack/namespace';
import { startOtlpCollector } from '../stack/otlp-collector';
import type { OtlpCollector } from '../stack/otlp-collector';

/** The id of the customer: no secret, and found wherever a search works. */
export const CONTROL = 'planted-control-customer';

/** Each is the part of its secret by which it would be found. */
export const PLANTED = {
  dashboard: 'planted-dashboard-secret-0123456789',
  databasePassword: 'planted-database-password',
  upstreamKey: 'sk-planted-upstream-key',
  smtpPassword: 'planted-smtp-password',
  collectorToken: 'planted-collector-token',
  email: 'ada.of.the.planted@example.com',
  prompt: 'planted prompt about a merger',
  wrongKey: 'tk_planted_wrong_key',
  signature: 'planted-wrong-signature',
  query: 'planted-query-secret',
  notificationSecret: Buffer.from('planted-notification-secret!').toString('base64'),
} as const;

export interface Planted {
  readonly stack: DevelopmentStack;
  readonly collector: OtlpCollector;
  readonly provider: OpenAIServer;
  readonly database: NetworkGate;
  readonly metricsUrl: string;
  /** By name; the control, too. */
  readonly secrets: Readonly<Record<string, string>>;
  end(): Promise<void>;
}

export async function startPlanted(dir: string): Promise<Planted> {
  const collector = await startOtlpCollector();
  const provider = await startOpenAIServer();
  const { database, databaseUrl, drop } = await gatedDatabase();
  const [metricsPort, deadPort] = [await freePort(), await freePort()];
  const temporalAddress = String(process.env.TEST_TEMPORAL_ADDRESS);
  const stack = await startDevelopmentStack(dir, [], {
    LOG_LEVEL: 'trace',
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: temporalAddress,
    TEMPORAL_NAMESPACE: await createNamespace(temporalAddress, 'planted'),
    WORKFLOW_BUNDLE: String(process.env.TEST_WORKFLOW_BUNDLE),
    DASHBOARD_SECRET: PLANTED.dashboard,
    OPENAI_UPSTREAM_URL: provider.url,
    OPENAI_UPSTREAM_API_KEY: PLANTED.upstreamKey,
    OPENAI_SPOOL_DIRECTORY: join(dir, 'spool'),
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=${PLANTED.collectorToken}`,
    SMTP_URL: `smtp://postmaster:${PLANTED.smtpPassword}@127.0.0.1:${deadPort}`,
    MAIL_FROM: 'billing@shop.example',
    NOTIFICATION_WEBHOOK_URL: `http://127.0.0.1:${deadPort}/hooks`,
    NOTIFICATION_WEBHOOK_SECRET: `whsec_${PLANTED.notificationSecret}`,
    METRICS_PORT: String(metricsPort),
  });
  const { adminKey, ingestKey, stripeSecretKey, stripeWebhookSecret } = stack.info;
  const ofStack = { adminKey, ingestKey, stripeSecretKey, stripeWebhookSecret };
  return {
    ...{ stack, collector, provider, database },
    metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`,
    secrets: { ...PLANTED, ...ofStack, control: CONTROL },
    end: async () => {
      await stack.end('SIGINT');
      await collector.close();
      await provider.close();
      await drop();
    },
  };
}

/** With a password of its own, behind a gate. */
async function gatedDatabase() {
  const { url, drop } = await createTestDatabase();
  const role = `planted_${randomUUID().slice(0, 8)}`;
  await run(url, `create role ${role} superuser login password '${PLANTED.databasePassword}'`);
  const database = await startNetworkGate(url);
  const gated = new URL(url);
  gated.port = new URL(database.url).port;
  gated.username = role;
  gated.password = PLANTED.databasePassword;
  return {
    database,
    databaseUrl: gated.href,
    drop: async () => {
      await database.shut();
      await drop();
      await run(String(process.env.TEST_DATABASE_ADMIN_URL), `drop role ${role}`);
    },
  };
}

async function run(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}
