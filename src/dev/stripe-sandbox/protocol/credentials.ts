/** Who asks, and in which version of the API: a test key, and a version whose shapes we answer. */
import type { IncomingMessage } from 'node:http';
import { assertSession } from '../meter-event-sessions';
import { API_VERSION } from '../world';
import type { World } from '../world';
import { invalid, StripeFault } from './fault';

/**
 * The versions whose shapes are the same for every object here. Between them Stripe only added
 * fields and routes that the sandbox does not have.
 */
export const ANSWERED_VERSIONS: readonly string[] = ['2026-09-30.endive', API_VERSION];
const VERSION_SHAPE = /^\d{4}-\d{2}-\d{2}(\.[a-z]+)?$/;

/** The stream has a host of its own at Stripe, and takes the tokens of its sessions only. */
const STREAM = '/v2/billing/meter_event_stream';

export function assertCaller(world: World, request: IncomingMessage, pathname: string): void {
  const key = presentedKey(request);
  if (pathname === STREAM) assertSession(world, key ?? '');
  else assertTestKey(key);
}

function presentedKey(request: IncomingMessage): string | undefined {
  const authorization = header(request, 'authorization') ?? '';
  const [scheme, value = ''] = authorization.split(' ');
  const isBasic = scheme?.toLowerCase() === 'basic';
  return isBasic ? Buffer.from(value, 'base64').toString().split(':')[0] : value;
}

function assertTestKey(key: string | undefined): void {
  if (key?.startsWith('sk_test_')) return;
  const excerpt = key ? `${key.slice(0, 8)}…` : 'none';
  throw new StripeFault(401, {
    type: 'invalid_request_error',
    message: `Invalid API Key provided: ${excerpt}. The sandbox takes keys that begin with sk_test_.`,
  });
}

/** A version that does not exist is refused as at Stripe; an old one, because we can't speak it. */
export function assertVersion(version: string | undefined, param?: string): void {
  if (version === undefined || ANSWERED_VERSIONS.includes(version)) return;
  const isVersion = VERSION_SHAPE.test(version);
  throw invalid(
    isVersion
      ? `The sandbox answers in the shape of ${ANSWERED_VERSIONS.join(' and ')} only, ` +
          `not of ${version}.`
      : `Invalid Stripe API version: ${version}. Expected the form of ${API_VERSION}.`,
    param === undefined ? {} : { param },
  );
}

export function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
