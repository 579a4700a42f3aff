/** The whole product as strangers would meet it: two customers, and models behind the proxy. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAnyProvider } from './any-provider';
import { startProduct } from '../stack/product';
import type { Product } from '../stack/product';

export const CUSTOMERS = ['ada', 'bo'] as const;

/** Known to whoever attacks, so that what is signed is looked at, too. */
export const ATTACKED_SECRETS = {
  DASHBOARD_SECRET: 'the-secret-of-links-that-strangers-know',
  STRIPE_WEBHOOK_SECRET_CONNECT: 'whsec_that_strangers_know',
} as const;

const KINDS = ['USAGE', 'READS', 'WRITES', 'PROXY', 'VISITS', 'REFUSALS'];
/** Whoever sends as fast as can be would be told nothing but to wait. */
const WITHOUT_LIMITS = Object.fromEntries(KINDS.map((kind) => [`LIMIT_${kind}_PER_SECOND`, '0']));

export interface AttackedProduct {
  readonly product: Product;
  stop(): Promise<void>;
}

/** `environment`: variables of src/config.ts besides those of the parts. */
export async function startAttackedProduct(
  environment: Readonly<Record<string, string>> = {},
): Promise<AttackedProduct> {
  const provider = await startAnyProvider();
  const spool = await mkdtemp(join(tmpdir(), 'tollkeeper-strangers-'));
  const product = await startProduct({
    ...{ OPENAI_UPSTREAM_URL: provider.url, OPENAI_UPSTREAM_API_KEY: 'sk-operator' },
    ...{ OPENAI_SPOOL_DIRECTORY: spool, ...ATTACKED_SECRETS, ...WITHOUT_LIMITS, ...environment },
  });
  for (const customer of CUSTOMERS)
    await product.api.put(`/v1/customers/${customer}`, { email: `${customer}@example.com` });
  return {
    product,
    stop: async () => {
      await product.stop();
      await provider.close();
      await rm(spool, { recursive: true, force: true });
    },
  };
}
