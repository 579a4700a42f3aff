/** Each part of the stack: what the environment names, or else one of our own. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startMailServer } from './mail/server';
import { answers, createDatabaseIfMissing, startPostgres } from './postgres/server';
import type { PostgresServer } from './postgres/server';
import { startStripeSandbox } from './stripe-sandbox/server';
import { supervise } from './processes/supervisor';
import type { TemporalHosts } from './temporal/cluster/configuration';
import { startTemporalCluster } from './temporal/cluster/start';
import { findTemporalCli } from './temporal/command-line';
import { isServing, startTemporalServer } from './temporal/server';
import type { SavedEndpoint } from './webhook-endpoint';
import { ensureWebhookEndpoint } from './webhook-endpoint';
import type { StackContext } from './stack-context';

const DATABASE = 'tollkeeper';
const SANDBOX_KEY = 'sk_test_tollkeeper_sandbox';
/**
 * Mail that leaves nowhere has this sender, and so has whoever has a mail server but names none.
 */
const MAIL_FROM = 'Tollkeeper <billing@localhost>';
const STRIPE_API_BASE = 'https://api.stripe.com';

type Variables = Readonly<Record<string, string>>;

export interface Database {
  readonly env: Variables;
  /** The address of the server itself, whatever is between it and us. */
  readonly url: string;
}

export async function providePostgres(context: StackContext): Promise<Database> {
  const { dir, environment, link, listening, ports, records, progress, stops } = context;
  const { databaseUrl } = environment;
  if (databaseUrl) {
    if (await answers(databaseUrl)) return { env: { DATABASE_URL: databaseUrl }, url: databaseUrl };
    throw new Error(
      'Postgres does not answer at DATABASE_URL: start it, or unset the variable to get one here.',
    );
  }
  progress('Starting Postgres');
  let server: PostgresServer | undefined;
  const supervisor = await supervise(
    {
      name: 'postgres',
      stopSignal: 'SIGINT',
      start: async (onSpawn) => {
        server = await startPostgres({
          dataFolder: join(dir, 'postgres'),
          logFile: join(dir, 'logs', 'postgres.log'),
          port: ports.postgres,
          onSpawn,
        });
        return server.child;
      },
    },
    records,
    progress,
  );
  stops.push(supervisor.stop);
  if (!server) throw new Error('Postgres was started, but it is not known where.');
  await createDatabaseIfMissing(server.adminUrl, DATABASE);
  listening.set('postgres', ports.postgres);
  const url = server.databaseUrl(DATABASE);
  const linked = new URL(url);
  linked.port = String(await link('postgres', ports.postgres));
  return { env: { DATABASE_URL: linked.href }, url };
}

/** A process for each host of each service, their data in Postgres. */
export async function provideTemporalCluster(
  context: StackContext,
  hosts: TemporalHosts,
  { url }: Database,
): Promise<{ env: Variables; uiUrl: string | null }> {
  const { environment, link, ports } = context;
  if (environment.temporalAddress) return provideTemporal(context);
  const { hostname: host, port, username, password } = new URL(url);
  const owner = { host, port: Number(port), user: username, password };
  const database = { ...owner, port: await link('temporal-postgres', owner.port) };
  const { uiUrl } = await startTemporalCluster(context, hosts, { database, owner });
  const address = `127.0.0.1:${await link('temporal', ports.temporal)}`;
  const { temporalNamespace } = environment;
  return { env: { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: temporalNamespace }, uiUrl };
}

export async function provideTemporal(
  context: StackContext,
): Promise<{ env: Variables; uiUrl: string | null }> {
  const { dir, environment, link, ports, records, progress, stops } = context;
  const namespace = environment.temporalNamespace;
  const external = environment.temporalAddress;
  if (external) {
    if (await isServing(external)) {
      const env = { TEMPORAL_ADDRESS: external, TEMPORAL_NAMESPACE: namespace };
      return { env, uiUrl: null };
    }
    throw new Error(
      `Temporal does not answer at TEMPORAL_ADDRESS (${external}): start it, ` +
        'or unset the variable to get one here.',
    );
  }
  const cli = await findTemporalCli(environment, progress);
  progress('Starting Temporal');
  await mkdir(join(dir, 'temporal'), { recursive: true });
  const supervisor = await supervise(
    {
      name: 'temporal',
      start: async (onSpawn) => {
        const server = await startTemporalServer({
          cli,
          port: ports.temporal,
          uiPort: ports.temporalUi,
          databaseFile: join(dir, 'temporal', 'temporal.db'),
          logFile: join(dir, 'logs', 'temporal.log'),
          namespace,
          onSpawn,
        });
        return server.child;
      },
    },
    records,
    progress,
  );
  stops.push(supervisor.stop);
  const address = `127.0.0.1:${await link('temporal', ports.temporal)}`;
  return {
    env: { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace },
    uiUrl: `http://127.0.0.1:${ports.temporalUi}`,
  };
}

export async function provideMail({
  environment,
  ports,
  stops,
}: StackContext): Promise<{ env: Variables; url: string | null }> {
  const sender = { MAIL_FROM: environment.mailFrom ?? MAIL_FROM };
  if (environment.smtpUrl) return { env: { SMTP_URL: environment.smtpUrl, ...sender }, url: null };
  const server = await startMailServer({ smtpPort: ports.smtp, httpPort: ports.mail });
  stops.push(server.close);
  return { env: { SMTP_URL: server.smtpUrl, ...sender }, url: server.mailUrl };
}

export async function provideStripe(
  context: StackContext,
  apiUrl: string,
  savedEndpoint: SavedEndpoint | undefined,
): Promise<{ stripe: Variables; webhookEndpoint: SavedEndpoint | undefined }> {
  const { stripeSecretKey } = context.environment;
  if (stripeSecretKey) return realStripe(context, stripeSecretKey, savedEndpoint);
  const { dir, link, ports, progress, stops } = context;
  progress('Starting the Stripe sandbox');
  await mkdir(join(dir, 'stripe-sandbox'), { recursive: true });
  const sandbox = await startStripeSandbox({
    port: ports.stripeSandbox,
    dataFile: join(dir, 'stripe-sandbox', 'journal.ndjson'),
  });
  stops.push(sandbox.close);
  const access = { account: 'sandbox', apiBase: sandbox.url, secretKey: SANDBOX_KEY };
  const webhooks = new URL('/webhooks/stripe', apiUrl);
  webhooks.port = String(await link('webhooks', ports.api));
  const endpoint = await ensureWebhookEndpoint(access, webhooks.href, savedEndpoint);
  return {
    webhookEndpoint: endpoint,
    stripe: {
      STRIPE_API_BASE: `http://127.0.0.1:${await link('stripe', ports.stripeSandbox)}`,
      STRIPE_SECRET_KEY: SANDBOX_KEY,
      ...secretsOf(endpoint),
    },
  };
}

const secretsOf = ({ secret, thin, connect }: Required<SavedEndpoint>): Variables => ({
  STRIPE_WEBHOOK_SECRET: secret,
  STRIPE_WEBHOOK_SECRET_THIN: thin.secret,
  STRIPE_WEBHOOK_SECRET_CONNECT: connect.secret,
});

/**
 * Stripe itself can't reach our loopback address: it needs a public one, or the CLI's forwarding.
 */
async function realStripe(
  { environment }: StackContext,
  secretKey: string,
  savedEndpoint: SavedEndpoint | undefined,
): Promise<{ stripe: Variables; webhookEndpoint: SavedEndpoint | undefined }> {
  if (!/^(sk|rk)_test_/.test(secretKey)) {
    throw new Error(
      'STRIPE_SECRET_KEY is not a test key (sk_test_…): the development stack never touches live data.',
    );
  }
  const { stripeApiBase, stripeWebhookSecret, publicUrl } = environment;
  const keys: Record<string, string> = { STRIPE_SECRET_KEY: secretKey };
  if (stripeApiBase) keys.STRIPE_API_BASE = stripeApiBase;
  if (stripeWebhookSecret) {
    const stripe = { ...keys, STRIPE_WEBHOOK_SECRET: stripeWebhookSecret };
    return { stripe, webhookEndpoint: savedEndpoint };
  }
  if (!publicUrl) {
    throw new Error(
      'With STRIPE_SECRET_KEY also set PUBLIC_URL (where Stripe reaches this API), or ' +
        'STRIPE_WEBHOOK_SECRET (from `stripe listen --forward-to`).',
    );
  }
  const apiBase = stripeApiBase ?? STRIPE_API_BASE;
  const access = { account: apiBase, apiBase, secretKey };
  const url = new URL('/webhooks/stripe', publicUrl).href;
  const endpoint = await ensureWebhookEndpoint(access, url, savedEndpoint);
  const stripe = { ...keys, ...secretsOf(endpoint) };
  return { stripe, webhookEndpoint: endpoint };
}
