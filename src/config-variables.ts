/** Every variable of the environment: its name, what it takes, and what it means. */
import { z } from 'zod';
import { upstreamVariables } from './config-upstreams';
import {
  areOrigins,
  BUILD_ID,
  DEPLOYMENT_NAME,
  isDatabase,
  isSigningSecret,
  PAYLOAD_KEYS,
} from './config-values';

const integer = (fallback: number, min = 1) => z.coerce.number().int().min(min).default(fallback);
const share = (perSecond: number, kind: string) =>
  integer(perSecond, 0).describe(`Requests a second ${kind}; 0: no limit`);
const versionName = (form: RegExp) =>
  z.string().regex(form, 'expected up to 200 letters, digits, - and _, in a build dots and +');
const optionalText = z.string().min(1).optional();

/**
 * Names that docker-compose.yml sets as well, which a test compares. TEMPORAL_* beyond these (TLS,
 * API key, profile) is read by `@temporalio/envconfig`.
 */
export const variables = z.object({
  HOST: z.string().default('127.0.0.1').describe('Address the API listens on'),
  PORT: integer(8080, 0).describe('Port of the API; 0 takes a free one'),
  API_SERVES: z
    .enum(['all', 'usage'])
    .default('all')
    .describe('What an API answers: everything, or only what apps send usage to'),
  PUBLIC_URL: z.url().optional().describe('Base URL under which customers reach the API'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('How much is logged'),
  DATABASE_URL: z
    .string()
    .refine(isDatabase, 'expected postgres://USER:PASSWORD@HOST:PORT/DATABASE')
    .describe('postgres://… of the ledger (Postgres 15 or newer)'),
  DATABASE_POOL_SIZE: integer(10).describe('Connections per process'),
  TEMPORAL_ADDRESS: z.string().default('127.0.0.1:7233').describe('host:port of Temporal'),
  TEMPORAL_NAMESPACE: z.string().default('default').describe('Temporal namespace'),
  TEMPORAL_PAYLOAD_KEYS: z
    .string()
    .regex(PAYLOAD_KEYS, 'expected KEY,KEY,… each 32 random bytes in base64')
    .optional()
    .describe('Encrypts what Temporal keeps; the first key encrypts (none: nothing), all decrypt'),
  TEMPORAL_WORKER_BUILD_ID: versionName(BUILD_ID)
    .optional()
    .describe('Names this build of the worker: runs stay on it until they continue as new'),
  TEMPORAL_DEPLOYMENT_NAME: versionName(DEPLOYMENT_NAME)
    .default('tollkeeper')
    .describe('Names the worker deployment whose versions these builds are'),
  CODEC_SERVER_KEY: z
    .string()
    .min(32)
    .optional()
    .describe('Opens `tollkeeper codec-server`, which decrypts for the Temporal UI and CLI'),
  CODEC_SERVER_ORIGINS: z
    .string()
    .refine(areOrigins, 'expected origins: https://temporal.example.com')
    .optional()
    .describe('Origins of the Temporal UI that may ask the codec server, by commas or spaces'),
  STRIPE_SECRET_KEY: z
    .string()
    .regex(/^(sk|rk)_(test|live)_/, 'expected a Stripe secret key: sk_test_… or sk_live_…')
    .describe('Stripe secret key'),
  STRIPE_API_BASE: z
    .url()
    .optional()
    .describe('Where the Stripe API is, when it is not Stripe itself (the sandbox)'),
  STRIPE_WEBHOOK_SECRET: z.string().min(1).describe('Signing secret of the webhook endpoint'),
  STRIPE_WEBHOOK_SECRET_PREVIOUS: optionalText.describe('The old signing secret, while rolled'),
  STRIPE_WEBHOOK_SECRET_THIN: optionalText.describe('Signing secret of thin events (meter errors)'),
  STRIPE_WEBHOOK_SECRET_CONNECT: optionalText.describe(
    'Signing secret of the webhook endpoint for connected accounts (vendors)',
  ),
  STRIPE_CALLS_PER_SECOND: integer(80).describe(
    'Activities a second of the `stripe` task queue, and calls a second of a process',
  ),
  STRIPE_METER_EVENTS_PER_SECOND: integer(500).describe('The same for reports to meters'),
  STRIPE_METER_TRANSPORT: z
    .enum(['calls', 'stream'])
    .default('calls')
    .describe("How reports reach Stripe's meters: a call each, or many by one of its stream"),
  DASHBOARD_SECRET: z
    .string()
    .min(16)
    .optional()
    .describe('Signs links: with a live key needed; else derived from STRIPE_WEBHOOK_SECRET'),
  DASHBOARD_FRAME_ORIGINS: z
    .string()
    .refine(areOrigins, 'expected origins: https://app.example.com https://*.example.org')
    .optional()
    .describe('Origins whose pages may show the dashboard in an iframe, by commas or spaces'),
  BROWSER_ORIGINS: z
    .string()
    .refine(areOrigins, 'expected origins: https://app.example.com https://*.example.org')
    .optional()
    .describe("Origins whose pages may ask by a customer's token, by commas or spaces"),
  ...upstreamVariables,
  LIMIT_USAGE_PER_SECOND: share(5_000, 'with usage of a key, each started 256 bytes as one'),
  LIMIT_READS_PER_SECOND: share(200, 'that read, of a key'),
  LIMIT_WRITES_PER_SECOND: share(100, 'that change, of a key, each started 2 KiB as one'),
  LIMIT_PROXY_PER_SECOND: share(500, 'for models of a key, each started 16 KiB as one'),
  LIMIT_VISITS_PER_SECOND: share(100, 'without a key (pages, links, files) of an address'),
  LIMIT_REFUSALS_PER_SECOND: share(10, 'with a wrong key or signature of an address'),
  OTLP_CUSTOMER_ATTRIBUTE: z
    .string()
    .min(1)
    .default('tollkeeper.customer')
    .describe('Attribute of a span, or of its resource, that says whose call it is'),
  CATALOG_FILE: z.string().default('catalog.yaml').describe('Path of the catalog'),
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\//, 'expected smtp://… or smtps://…')
    .optional()
    .describe('smtp://… for e-mail to customers; without it none is sent'),
  MAIL_FROM: z
    .string()
    .regex(/@[^\s<>@]+>?$/, 'expected an address: Name <billing@example.com>')
    .optional()
    .describe('Sender of e-mail, as Name <address>'),
  NOTIFICATION_WEBHOOK_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Where the app takes notifications; without it none are sent'),
  NOTIFICATION_WEBHOOK_SECRET: z
    .string()
    .refine(isSigningSecret, 'expected whsec_ and 24 to 64 random bytes in base64')
    .optional()
    .describe('Signs notifications, by the Standard Webhooks specification'),
  SEAL_INTERVAL_MS: integer(100).describe('Pause between sealing passes'),
  FORWARD_INTERVAL_MS: integer(250).describe(
    'Least pause between two signals of usage to one customer; four times that for a busy one, or more',
  ),
  SIGNALS_PER_RUN_MAX: integer(1000).describe('Signals after which a workflow continues as new'),
  CACHED_WORKFLOWS_MAX: z.coerce
    .number()
    .int()
    .min(2)
    .optional()
    .describe(
      'Workflows that a worker keeps in memory, others are read anew; without it one for each 3 MB of its heap',
    ),
  WORKFLOW_STACK_TRACES: z
    .enum(['on', 'off'])
    .default('off')
    .describe(
      "`on`: Temporal's query `__stack_trace` tells where a workflow waits, and workflows take twice the memory",
    ),
  DRIFT_CHECK_MINUTES: integer(360).describe(
    "How often each customer's ledger is compared with Stripe's meters",
  ),
  METRICS_PORT: z.coerce
    .number()
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .describe("Port of the worker's /metrics; without it there is none"),
  TEMPORAL_METRICS_ADDRESS: z
    .string()
    .regex(/^\S+:\d{1,5}$/, 'expected host:port')
    .optional()
    .describe("host:port on which the worker serves the Temporal SDK's metrics"),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Where traces are sent by OTLP over HTTP (http://collector:4318); without it none'),
  OTEL_SERVICE_NAME: z.string().default('tollkeeper').describe('Name of the service in traces'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('Share of requests that are traced where the caller has not decided: 0 to 1'),
  WORKFLOW_BUNDLE: z.string().optional().describe('Path of a prebuilt workflow bundle'),
});
