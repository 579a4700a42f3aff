/**
 * Ten clients that do their worst, each from an address of its own, until they are stopped. Each
 * comes several times as often as its limit lets it, and is paced: what comes over a network has
 * a bandwidth, and takes none of the service's processor before it arrives.
 */
import { setMaxListeners } from 'node:events';
import { drip, flood } from './flood';
import type { Count, Shot } from './flood';

export interface Target {
  /** The process that takes usage, and the one that answers the rest; they may be the same. */
  readonly usageUrl: string;
  readonly otherUrl: string;
  /** Keys that the abusers have been given; each is of the customer `mallory`. */
  readonly ingestKey: string;
  readonly readKey: string;
  readonly proxyKey: string;
  /** Links to a page, and to the portal. */
  readonly pageLink: string;
  readonly portalLink: string;
}

interface Abuser {
  readonly perSecond: number;
  /** So many of them a second its limit lets through. */
  readonly allowedPerSecond: number;
  readonly shot: (target: Target) => Shot;
}

/** An operator's choice for a machine of two processors, on which all of it runs. */
const PER_SECOND = { usage: 500, reads: 50, visits: 50, proxy: 50 };

export const LIMITS: Readonly<Record<string, string>> = {
  LIMIT_USAGE_PER_SECOND: String(PER_SECOND.usage),
  LIMIT_READS_PER_SECOND: String(PER_SECOND.reads),
  LIMIT_VISITS_PER_SECOND: String(PER_SECOND.visits),
  LIMIT_PROXY_PER_SECOND: String(PER_SECOND.proxy),
};

const MEGABYTES = Buffer.from('x'.repeat(1_950_000));
const TOO_LARGE = Buffer.from('x'.repeat(3_900_000));
const DUPLICATES = Buffer.from(
  JSON.stringify({
    events: Array.from({ length: 1_000 }, (_, index) => ({
      ...{ id: `again-${index}`, customer: 'mallory', model: 'm', tokens: { input: 1 } },
    })),
  }),
);
const DEEP = Buffer.from(`{"id":"d","x":${'['.repeat(500_000)}${']'.repeat(500_000)}}`);
const UPLOAD = Buffer.from(JSON.stringify({ model: 'm', input: 'x'.repeat(1_950_000) }));
const post = (path: string, body: Buffer, key?: string): Shot => ({
  ...{ method: 'POST', path, body },
  ...(key !== undefined && { key }),
});

export const ABUSERS: Readonly<Record<string, Abuser>> = {
  'unknown keys': {
    ...{ perSecond: 300, allowedPerSecond: 10 },
    shot: () => ({ path: '/v1/customers/ada', key: `tk_${Math.random()}` }),
  },
  'batches of duplicates': {
    ...{ perSecond: 80, allowedPerSecond: PER_SECOND.usage / Math.ceil(DUPLICATES.length / 256) },
    shot: ({ ingestKey }) => post('/v1/usage', DUPLICATES, ingestKey),
  },
  'webhooks of megabytes': {
    ...{ perSecond: 10, allowedPerSecond: 10 / Math.ceil(MEGABYTES.length / 65_536) },
    shot: () => ({
      ...post('/webhooks/stripe', MEGABYTES),
      headers: { 'stripe-signature': 't=1,v1=0' },
    }),
  },
  'live pages': {
    ...{ perSecond: 300, allowedPerSecond: PER_SECOND.visits },
    shot: ({ pageLink }) => ({ path: pageLink.replace('/dashboard?', '/dashboard/events?') }),
  },
  'audit exports': {
    ...{ perSecond: 600, allowedPerSecond: PER_SECOND.reads },
    shot: ({ readKey }) => ({ path: '/v1/customers/mallory/audit', key: readKey }),
  },
  'openings of the portal': {
    ...{ perSecond: 300, allowedPerSecond: PER_SECOND.visits },
    shot: ({ portalLink }) => ({ path: portalLink }),
  },
  'JSON that is too large': {
    ...{ perSecond: 5, allowedPerSecond: PER_SECOND.usage / Math.ceil(TOO_LARGE.length / 256) },
    shot: ({ ingestKey }) => post('/v1/usage', TOO_LARGE, ingestKey),
  },
  'deep nesting': {
    ...{ perSecond: 10, allowedPerSecond: PER_SECOND.usage / Math.ceil(DEEP.length / 256) },
    shot: ({ ingestKey }) => post('/v1/usage', DEEP, ingestKey),
  },
  'uploads to models': {
    ...{ perSecond: 20, allowedPerSecond: PER_SECOND.proxy / Math.ceil(UPLOAD.length / 16_384) },
    shot: ({ proxyKey }) => post('/openai/v1/chat/completions', UPLOAD, proxyKey),
  },
};

const USAGE = /^\/(v1\/usage|api\/v1\/events)\/?$/;

/** Which process a gateway leads it to. */
const urlFor = ({ usageUrl, otherUrl }: Target, path: string): string =>
  USAGE.test(path.split('?')[0] ?? '') ? usageUrl : otherUrl;

const SLOW_BODIES = 'slow bodies';
const SLOW_CONNECTIONS = 400;
const CONNECTIONS_MAX = 600;

export const ABUSES: readonly string[] = [...Object.keys(ABUSERS), SLOW_BODIES];

/** Answers by kind and status, once `stopping` says so. */
export async function abuse(
  target: Target,
  stopping: AbortSignal,
  names: readonly string[],
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  setMaxListeners(0, stopping);
  const counting =
    (name: string): Count =>
    (what) => {
      const line = `${name}: ${what}`;
      counts.set(line, (counts.get(line) ?? 0) + 1);
    };
  await Promise.all(
    names.map((name, index) => {
      const abuser = ABUSERS[name];
      if (!abuser) {
        const { usageUrl: url, ingestKey: key } = target;
        return drip({ url, key, connections: SLOW_CONNECTIONS }, counting(name), stopping);
      }
      const { perSecond, shot } = abuser;
      const address = `203.0.113.${index + 1}`;
      const shotAt = () => {
        const fired = shot(target);
        return { ...fired, url: urlFor(target, fired.path) };
      };
      return flood(
        { address, perSecond, connectionsMax: CONNECTIONS_MAX, shot: shotAt },
        counting(name),
        stopping,
      );
    }),
  );
  return counts;
}
