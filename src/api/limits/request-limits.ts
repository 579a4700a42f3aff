/**
 * How often a key, or somebody without one, may ask. Keys are known by what was made of them and
 * never share; of whoever has none the address is all that there is. Decision 43 says why so.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { DomainError } from '../../core/errors';
import { clientAddress, clientNetwork, isOwn } from '../client-address';
import { createBuckets } from './buckets';
import type { Buckets } from './buckets';
import type { Exchange, HoldBack } from './hold-back';

/** A second of each is as much; what was not asked for gathers for so long. */
const BURST_SECONDS = 10;

/** Whoever goes on asking for what was refused has soon used up what it may ask for. */
const REFUSAL_WEIGHT = 20;

/** Each is so many requests a second; a body weighs as one for each part of it that has begun. */
const CLASSES = {
  usage: { setting: 'LIMIT_USAGE_PER_SECOND', partBytes: 256, what: 'usage' },
  reads: { setting: 'LIMIT_READS_PER_SECOND', partBytes: Infinity, what: 'reading' },
  writes: { setting: 'LIMIT_WRITES_PER_SECOND', partBytes: 2 * 1024, what: 'changes' },
  proxy: { setting: 'LIMIT_PROXY_PER_SECOND', partBytes: 16 * 1024, what: 'calls of models' },
  visits: {
    setting: 'LIMIT_VISITS_PER_SECOND',
    partBytes: Infinity,
    what: 'requests without a key',
  },
  refusals: {
    setting: 'LIMIT_REFUSALS_PER_SECOND',
    partBytes: 64 * 1024,
    what: 'requests with wrong keys or signatures',
  },
} as const;

export type LimitClass = keyof typeof CLASSES;

/** Requests a second; 0, or left out: there is no limit. */
export type LimitSettings = {
  readonly [Class in LimitClass as (typeof CLASSES)[Class]['setting']]?: number;
};

export interface RequestLimits {
  /** Throws `too_many_requests` when `name` asks too often; the answer tells where it stands. */
  require(limit: LimitClass, name: string, exchange: Exchange): Promise<void>;
  /** The same for an address, of which there is nothing else to know. */
  requireOfAddress(limit: 'visits' | 'refusals', exchange: Exchange): Promise<void>;
  /** Whether nothing is left, so that `require` would refuse; it takes nothing. */
  isUsedUp(limit: LimitClass, name: string): boolean;
  /** Whether the address was refused too often, and whatever it presents next is, too. */
  isShutOut(request: IncomingMessage): boolean;
  /** Throws where an address is shut out; it takes nothing. */
  requireGoodFaith(exchange: Exchange): Promise<void>;
  /** Something behind refused what was granted here, and to refuse it cost as much as to do it. */
  chargeRefusal(limit: LimitClass, name: string, exchange: Exchange): void;
  /** A body had no length before it was read. */
  chargeBytes(limit: LimitClass, name: string, bytes: number): void;
}

interface Class {
  readonly limit: LimitClass;
  readonly buckets: Buckets;
  readonly policy: string;
  readonly partBytes: number;
}

interface Refusal {
  readonly name: string;
  readonly waitSeconds: number;
  readonly exchange: Exchange;
}

export interface RequestLimitsDeps {
  readonly settings: LimitSettings;
  readonly holdBack: HoldBack;
  readonly countRefused: (reason: LimitClass) => void;
}

export function createRequestLimits(deps: RequestLimitsDeps): RequestLimits {
  const classes = new Map<LimitClass, Class>();
  for (const limit of Object.keys(CLASSES) as LimitClass[]) {
    const { setting, partBytes } = CLASSES[limit];
    const perSecond = deps.settings[setting] ?? 0;
    if (perSecond === 0) continue;
    const burst = perSecond * BURST_SECONDS;
    const policy = `"${limit}";q=${burst};w=${BURST_SECONDS}`;
    const buckets = createBuckets({ perSecond, burst });
    classes.set(limit, { limit, buckets, policy, partBytes });
  }

  const refusedHere = new WeakSet<ServerResponse>();
  const refuse = async (
    { limit, buckets }: Class,
    { name, waitSeconds, exchange }: Refusal,
  ): Promise<never> => {
    deps.countRefused(limit);
    refusedHere.add(exchange.response);
    await deps.holdBack(exchange, name);
    throw tooOften(limit, buckets, waitSeconds);
  };

  const require: RequestLimits['require'] = async (limit, name, exchange) => {
    const own = classes.get(limit);
    if (!own) return;
    const weight = weightOf(Number(exchange.request.headers['content-length']), own.partBytes);
    const { isGranted, remaining, waitSeconds } = own.buckets.draw(name, weight);
    tell(exchange.response, own, isGranted ? remaining : 0, waitSeconds);
    if (!isGranted) await refuse(own, { name, waitSeconds, exchange });
  };

  const isUsedUp: RequestLimits['isUsedUp'] = (limit, name) =>
    classes.get(limit)?.buckets.isEmpty(name) === true;
  // Where the proxy before us names nobody, it would be everybody who is refused.
  const isShutOut: RequestLimits['isShutOut'] = (request) =>
    !isOwn(clientAddress(request)) && isUsedUp('refusals', clientNetwork(request));

  return {
    ...{ require, isUsedUp, isShutOut },
    requireOfAddress: (limit, exchange) =>
      require(limit, clientNetwork(exchange.request), exchange),
    requireGoodFaith: async (exchange) => {
      const own = classes.get('refusals');
      if (!own || !isShutOut(exchange.request)) return;
      tell(exchange.response, own, 0, 1);
      await refuse(own, { name: clientNetwork(exchange.request), waitSeconds: 1, exchange });
    },
    chargeRefusal: (limit, name, { response }) => {
      if (!refusedHere.has(response)) classes.get(limit)?.buckets.charge(name, REFUSAL_WEIGHT);
    },
    chargeBytes: (limit, name, bytes) => {
      const own = classes.get(limit);
      // One was taken for the request itself.
      if (own) own.buckets.charge(name, weightOf(bytes, own.partBytes) - 1);
    },
  };
}

const weightOf = (bytes: number, partBytes: number): number =>
  bytes > 0 ? Math.max(1, Math.ceil(bytes / partBytes)) : 1;

/** The fields of the IETF's draft "RateLimit header fields for HTTP", since its eighth version. */
function tell(
  response: ServerResponse,
  { limit, policy }: Class,
  remaining: number,
  seconds: number,
): void {
  response.setHeader('RateLimit-Policy', policy);
  response.setHeader('RateLimit', `"${limit}";r=${remaining};t=${seconds}`);
}

function tooOften(limit: LimitClass, { size }: Buckets, retryAfterSeconds: number): DomainError {
  const { what, setting } = CLASSES[limit];
  return new DomainError(
    'too_many_requests',
    `There were too many ${what}: expected ${size.perSecond} a second, and ${size.burst} at once ` +
      `(${setting}). Send the same request again after ${retryAfterSeconds} s.`,
    { retryAfterSeconds },
  );
}
