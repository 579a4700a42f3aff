/** TollkeeperClient: records usage durably, and asks what a customer used and may do. */
import { createUsageApi } from './usage-api';
import type { Access, UsageApi, UsageReport } from './usage-api';
import { UsageRecorder } from './usage-recorder';
import type { RecorderOptions } from './usage-recorder';

const REQUEST_TIMEOUT_MS = 30_000;

export interface TollkeeperClientOptions extends RecorderOptions {
  /** Address of the API, like `https://billing.example.com`. */
  readonly baseUrl: string;
  /** It has the scope `ingest`; `usage` and `access` need `read` besides. */
  readonly apiKey: string;
  /** Milliseconds. Default: 30,000. */
  readonly requestTimeoutMs?: number;
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch;
}

export class TollkeeperClient extends UsageRecorder {
  private readonly api: UsageApi;

  /** Throws `spool_in_use` or `spool_failed`. What an earlier process left is sent at once. */
  constructor(options: TollkeeperClientOptions) {
    const api = createUsageApi({
      baseUrl: options.baseUrl,
      apiKey: options.apiKey,
      requestTimeoutMs: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
      fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    });
    super(api, options);
    this.api = api;
  }

  /** `period` is `current`, `previous`, or a start (ISO 8601). Rejects with `request_failed`. */
  async usage(
    customer: string,
    { period = 'current' }: { period?: string } = {},
  ): Promise<UsageReport> {
    return this.api.get(`${customerPath(customer)}/usage?period=${encodeURIComponent(period)}`);
  }

  /** What to do for the customer's calls, as of now. Rejects with `request_failed`. */
  async access(customer: string): Promise<Access> {
    return this.api.get(`${customerPath(customer)}/access`);
  }
}

const customerPath = (customer: string) => `/v1/customers/${encodeURIComponent(customer)}`;
