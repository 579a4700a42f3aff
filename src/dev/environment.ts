/**
 * What the developer's environment says about where parts are. The only reader of it in src/dev.
 */

export interface DevEnvironment {
  readonly databaseUrl: string | undefined;
  readonly temporalAddress: string | undefined;
  readonly temporalNamespace: string;
  readonly temporalCli: string | undefined;
  readonly timeSkippingServer: string | undefined;
  readonly stripeMock: string | undefined;
  readonly stripeSecretKey: string | undefined;
  readonly stripeApiBase: string | undefined;
  readonly stripeWebhookSecret: string | undefined;
  readonly publicUrl: string | undefined;
  readonly smtpUrl: string | undefined;
  readonly mailFrom: string | undefined;
  readonly chromiumPath: string | undefined;
  readonly searchPath: readonly string[];
  readonly cacheHome: string | undefined;
  /** A wished port by its variable (`PORT`, `TEMPORAL_PORT`, …). */
  port(variable: string): number | undefined;
  /** The environment that our children inherit. */
  readonly inherited: NodeJS.ProcessEnv;
}

export function readDevEnvironment(env: NodeJS.ProcessEnv = process.env): DevEnvironment {
  const text = (name: string) => env[name] || undefined;
  return {
    databaseUrl: text('DATABASE_URL'),
    temporalAddress: text('TEMPORAL_ADDRESS'),
    temporalNamespace: text('TEMPORAL_NAMESPACE') ?? 'default',
    temporalCli: text('TEMPORAL_CLI'),
    timeSkippingServer: text('TEMPORAL_TEST_SERVER'),
    stripeMock: text('STRIPE_MOCK'),
    stripeSecretKey: text('STRIPE_SECRET_KEY'),
    stripeApiBase: text('STRIPE_API_BASE'),
    stripeWebhookSecret: text('STRIPE_WEBHOOK_SECRET'),
    publicUrl: text('PUBLIC_URL'),
    smtpUrl: text('SMTP_URL'),
    mailFrom: text('MAIL_FROM'),
    chromiumPath: text('CHROMIUM_PATH'),
    searchPath: (text('PATH') ?? text('Path') ?? '').split(
      process.platform === 'win32' ? ';' : ':',
    ),
    cacheHome: text('XDG_CACHE_HOME') ?? text('LOCALAPPDATA'),
    port: (variable) => portOf(variable, text(variable)),
    inherited: env,
  };
}

function portOf(variable: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const port = Number(value);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Error(`${variable} is "${value}", but a port is a number from 1 to 65535: change it.`);
}
