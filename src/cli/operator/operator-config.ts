/**
 * The configuration of a command that asks or decides: the environment's; else, where none is set,
 * that of the development stack which runs in this folder, so that its data can be looked at.
 */
import type { Config } from '../../config';
import { catalogFile, isConfigured, loadConfig } from '../../config';
import type { StackInfo } from '../development/development';
import { readStackInfo } from '../development/development';

const STACK_FILE = '.dev/stack.json';

/** Throws ConfigError, which names what is missing. */
export async function operatorConfig(): Promise<Config> {
  const stack = isConfigured() ? undefined : await runningStack();
  if (!stack) return loadConfig();
  console.error(`· No DATABASE_URL is set: this is the development stack of ${STACK_FILE}`);
  return loadConfig({
    DATABASE_URL: stack.databaseUrl,
    TEMPORAL_ADDRESS: stack.temporalAddress,
    TEMPORAL_NAMESPACE: stack.temporalNamespace,
    STRIPE_SECRET_KEY: stack.stripeSecretKey,
    STRIPE_API_BASE: stack.stripeApiBase ?? undefined,
    STRIPE_WEBHOOK_SECRET: stack.stripeWebhookSecret,
    CATALOG_FILE: catalogFile(),
  });
}

async function runningStack(): Promise<StackInfo | undefined> {
  try {
    const stack = await readStackInfo(STACK_FILE);
    // Signal 0 only asks whether there is such a process.
    process.kill(stack.pid, 0);
    return stack;
  } catch {
    return undefined;
  }
}
