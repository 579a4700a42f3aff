/** The whole product as strangers would meet it: two customers, and models behind the proxy. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOpenAIServer } from '../openai/openai-server';
import type { OpenAIServer } from '../openai/openai-server';
import { startProduct } from '../stack/product';
import type { Product } from '../stack/product';

export const CUSTOMERS = ['ada', 'bo'] as const;

/** What is answered is looked at here, and not how often: from one address it comes all at once. */
const NO_LIMITS = {
  ...{ LIMIT_USAGE_PER_SECOND: '0', LIMIT_READS_PER_SECOND: '0', LIMIT_WRITES_PER_SECOND: '0' },
  ...{ LIMIT_PROXY_PER_SECOND: '0', LIMIT_VISITS_PER_SECOND: '0', LIMIT_REFUSALS_PER_SECOND: '0' },
};

export interface AttackedProduct {
  readonly product: Product;
  readonly provider: OpenAIServer;
  stop(): Promise<void>;
}

/** `environment`: variables of src/config.ts besides those of the parts. */
export async function startAttackedProduct(
  environment: Readonly<Record<string, string>> = {},
): Promise<AttackedProduct> {
  const provider = await startOpenAIServer();
  const spool = await mkdtemp(join(tmpdir(), 'tollkeeper-strangers-'));
  const product = await startProduct({
    ...{ OPENAI_UPSTREAM_URL: provider.url, OPENAI_UPSTREAM_API_KEY: 'sk-operator' },
    ...{ OPENAI_SPOOL_DIRECTORY: spool },
    ...{ ...NO_LIMITS, ...environment },
  });
  for (const customer of CUSTOMERS)
    await product.api.put(`/v1/customers/${customer}`, { email: `${customer}@example.com` });
  return {
    ...{ product, provider },
    stop: async () => {
      await product.stop();
      await provider.close();
      await rm(spool, { recursive: true, force: true });
    },
  };
}
