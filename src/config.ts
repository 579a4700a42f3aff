/** Environment → Config. The only reader of `process.env`; reports every fault at once. */
import { z } from 'zod';
import { UPSTREAM_NEEDS } from './config-upstreams';
import { secretFaults } from './config-values';
import { variables } from './config-variables';

/** What is of no use alone: a mail server without a sender, an endpoint without a secret … */
const NEEDED_WITH = {
  SMTP_URL: 'MAIL_FROM',
  NOTIFICATION_WEBHOOK_URL: 'NOTIFICATION_WEBHOOK_SECRET',
  ...UPSTREAM_NEEDS,
} as const;

export const environmentSchema = variables.superRefine((environment, context) => {
  for (const [name, needed] of Object.entries(NEEDED_WITH)) {
    const isComplete =
      environment[name as keyof typeof NEEDED_WITH] === undefined ||
      environment[needed] !== undefined;
    if (isComplete) continue;
    context.addIssue({
      code: 'custom',
      path: [needed],
      message: `expected together with ${name}`,
    });
  }
  const { STRIPE_METER_TRANSPORT, STRIPE_WEBHOOK_SECRET_THIN } = environment;
  if (STRIPE_METER_TRANSPORT === 'stream' && STRIPE_WEBHOOK_SECRET_THIN === undefined) {
    context.addIssue({
      code: 'custom',
      path: ['STRIPE_WEBHOOK_SECRET_THIN'],
      message: 'expected with STRIPE_METER_TRANSPORT=stream, whose refusals come as thin events',
    });
  }
  for (const [name, message] of secretFaults(environment))
    context.addIssue({ code: 'custom', path: [name], message });
});

export type Config = Readonly<z.infer<typeof environmentSchema>>;

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Whether this environment is meant for Tollkeeper at all. */
export const isConfigured = (env: NodeJS.ProcessEnv = process.env): boolean =>
  Boolean(env.DATABASE_URL);

/** It is read by itself: the file can be looked at before anything else is set. */
export const catalogFile = (env: NodeJS.ProcessEnv = process.env): string =>
  environmentSchema.shape.CATALOG_FILE.parse(env.CATALOG_FILE || undefined);

/** An API that takes usage alone asks Stripe for nothing but the time of test clocks. */
const usageApiSchema = variables
  .extend({ API_SERVES: z.literal('usage') })
  .partial({ STRIPE_SECRET_KEY: true, STRIPE_WEBHOOK_SECRET: true });

export type UsageApiConfig = Readonly<z.infer<typeof usageApiSchema>>;

export const takesUsageAlone = (config: Config | UsageApiConfig): config is UsageApiConfig =>
  config.API_SERVES === 'usage';

/** What an API needs, by what it serves. Throws ConfigError with all faults. */
export const loadApiConfig = (env: NodeJS.ProcessEnv = process.env): Config | UsageApiConfig =>
  env.API_SERVES === 'usage' ? read(usageApiSchema, env) : loadConfig(env);

/** Migrations run as the owner of the tables, who is given nothing else. */
const migrationSchema = variables.pick({ DATABASE_URL: true });

/** Throws ConfigError. */
export const loadMigrationConfig = (
  env: NodeJS.ProcessEnv = process.env,
): Readonly<z.infer<typeof migrationSchema>> => read(migrationSchema, env);

/** The codec server is given nothing else: no database, no key of Stripe's. */
const codecServerSchema = z.object({
  HOST: variables.shape.HOST,
  TEMPORAL_PAYLOAD_KEYS: variables.shape.TEMPORAL_PAYLOAD_KEYS.unwrap(),
  CODEC_SERVER_KEY: variables.shape.CODEC_SERVER_KEY.unwrap(),
  CODEC_SERVER_ORIGINS: variables.shape.CODEC_SERVER_ORIGINS,
});

export type CodecServerConfig = Readonly<z.infer<typeof codecServerSchema>>;

/** Throws ConfigError with all faults. */
export const loadCodecServerConfig = (env: NodeJS.ProcessEnv = process.env): CodecServerConfig =>
  read(codecServerSchema, env);

/** Reads the environment; empty counts as absent. Throws ConfigError with all faults. */
export const loadConfig = (env: NodeJS.ProcessEnv = process.env): Config =>
  read(environmentSchema, env);

function read<Read>(schema: z.ZodType<Read>, env: NodeJS.ProcessEnv): Readonly<Read> {
  const filledEnv = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = schema.safeParse(filledEnv);
  if (result.success) return Object.freeze(result.data);
  const faults = result.error.issues.map((issue) => {
    const name = issue.path.join('.');
    const meaning = environmentSchema.shape[name as keyof typeof environmentSchema.shape];
    // The value itself may be a secret, so only its absence is told.
    const state = filledEnv[name] === undefined ? 'not set' : 'set, but not valid';
    return `  ${name} (${meaning?.description ?? ''}) is ${state}: ${issue.message}`;
  });
  throw new ConfigError(`The environment is not complete:\n${faults.join('\n')}`);
}
