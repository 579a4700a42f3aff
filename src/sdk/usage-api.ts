/** Tollkeeper's HTTP API as the SDK speaks it: one request each, no retries. */
import { messageOf, TollkeeperError } from './tollkeeper-error';

/** What an app is advised to do. Advice only: usage is recorded in every state. */
export interface Access {
  readonly state: 'ok' | 'warned' | 'throttled' | 'revoked';
  readonly reasons: readonly { readonly code: string; readonly message: string }[];
  /** A customer who is `throttled` should have so many calls a minute. */
  readonly requestsPerMinute?: number;
  /** The plan that would help. */
  readonly upgrade?: string;
}

/** What a customer used in one period. Tokens are whole numbers, money whole cents. */
export interface UsageReport {
  readonly plan: string;
  /** ISO 8601 in UTC, half-open. */
  readonly period: { readonly start: string; readonly end: string };
  /** null means unlimited. */
  readonly includedTokens: number | null;
  readonly usedTokens: number;
  readonly overageTokens: number;
  readonly allowanceUsedPercent: number | null;
  readonly byModel: readonly {
    readonly model: string;
    readonly tokenType: string;
    readonly vendor?: string;
    readonly tokens: number;
  }[];
  readonly byDay: readonly { readonly day: string; readonly tokens: number }[];
  readonly projection: {
    readonly tokens: number;
    readonly overageTokens: number;
    readonly amountCents: number;
  };
  readonly amountDueCents: number;
  /** They are taken off amountDueCents. `coupon` is null where Stripe does not tell it. */
  readonly discounts: readonly {
    readonly coupon: string | null;
    /** What Stripe shows to customers, if the coupon has a name. */
    readonly couponName?: string;
    readonly amountCents: number;
  }[];
  readonly currency: string;
  /** Used while no subscription lasted; `valueCents` is an exact decimal. */
  readonly unbilled: readonly {
    readonly start: string;
    readonly end: string | null;
    readonly tokens: number;
    readonly valueCents: string;
  }[];
  readonly access: Access;
}

/** What became of each usage event of a request, in its order. */
export interface UsageResult {
  readonly status: 'accepted' | 'duplicate' | 'rejected';
  readonly code?: string;
  readonly message?: string;
}

export type SendOutcome =
  | { readonly kind: 'taken'; readonly results: readonly UsageResult[] }
  /** The body as a whole is refused for good: 400, 413, 422. */
  | { readonly kind: 'refused'; readonly status: number; readonly code: string; message: string }
  | {
      readonly kind: 'failed';
      readonly status?: number;
      readonly message: string;
      readonly retryAfterMs?: number;
      readonly cause?: unknown;
    };

export interface UsageApiOptions {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly requestTimeoutMs: number;
  readonly fetch: typeof globalThis.fetch;
}

export interface UsageApi {
  /** It never throws. `lines` are usage events as JSON. */
  send(lines: readonly string[], signal: AbortSignal): Promise<SendOutcome>;
  /** Throws `request_failed`. */
  get<T>(path: string): Promise<T>;
}

const REFUSED_FOR_GOOD = [400, 413, 422];

export function createUsageApi(options: UsageApiOptions): UsageApi {
  const base = options.baseUrl.replace(/\/+$/, '');
  const request = (path: string, init: RequestInit = {}) => {
    const timeout = AbortSignal.timeout(options.requestTimeoutMs);
    const signal = init.signal ? AbortSignal.any([timeout, init.signal]) : timeout;
    const headers = {
      authorization: `Bearer ${options.apiKey}`,
      'content-type': 'application/json',
    };
    return options.fetch(base + path, { ...init, headers, signal });
  };
  return {
    send: async (lines, signal) => {
      const body = `{"events":[${lines.join(',')}]}`;
      try {
        const response = await request('/v1/usage', { method: 'POST', body, signal });
        return outcomeOf(response, await response.text(), lines.length);
      } catch (cause) {
        return { kind: 'failed', message: describe(cause), cause };
      }
    },
    get: async <T>(path: string) => {
      const requestLine = `GET ${base}${path}`;
      try {
        const response = await request(path);
        const body = parse(await response.text());
        if (response.ok && body !== undefined) return body as T;
        const { status } = response;
        const { code = 'none', message = '' } = problemOf(body);
        throw new TollkeeperError(
          'request_failed',
          `${requestLine} answered ${status}. ${message}`,
          {
            status,
            problem: code,
          },
        );
      } catch (cause) {
        if (cause instanceof TollkeeperError) throw cause;
        throw new TollkeeperError('request_failed', `${requestLine}: ${describe(cause)}`, {
          cause,
        });
      }
    },
  };
}

function outcomeOf(response: Response, text: string, count: number): SendOutcome {
  const { status } = response;
  const body = parse(text);
  if (status === 202) {
    const results = (body as { results?: UsageResult[] } | undefined)?.results;
    if (Array.isArray(results) && results.length === count) return { kind: 'taken', results };
    // A proxy's page is no acknowledgement.
    return { kind: 'failed', status, message: 'The API answered 202 without results' };
  }
  const { code, message } = problemOf(body);
  if (code !== undefined && REFUSED_FOR_GOOD.includes(status))
    return { kind: 'refused', status, code, message: message ?? code };
  const retryAfterMs = retryAfter(response.headers.get('retry-after'));
  const suffix = message === undefined ? '' : `: ${message}`;
  return { kind: 'failed', status, message: `The API answered ${status}${suffix}`, retryAfterMs };
}

function problemOf(body: unknown): { code?: string; message?: string } {
  if (typeof body !== 'object' || body === null) return {};
  const { code, detail, title } = body as Record<string, unknown>;
  const message = typeof detail === 'string' ? detail : title;
  return {
    ...(typeof code === 'string' && { code }),
    ...(typeof message === 'string' && { message }),
  };
}

/** Seconds, or an HTTP date. */
function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = Number(header);
  const ms = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** fetch says "fetch failed" and has the reason in its cause. */
function describe(error: unknown): string {
  const { cause } = (error ?? {}) as { cause?: unknown };
  return cause === undefined ? messageOf(error) : `${messageOf(error)} (${messageOf(cause)})`;
}
