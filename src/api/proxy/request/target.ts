/**
 * Says where a request goes at the provider, and what of it is metered, by one reading of its path.
 */
import { DomainError } from '../../../core/errors';
import { endpointOf } from '../../../sdk/metered-call';
import type { Endpoint } from '../../../sdk/metered-call';
import type { Dialect, Route } from '../route';

export interface Target {
  readonly url: URL;
  readonly method: string;
  /** undefined means that nothing is paid for by tokens. */
  readonly endpoint: Endpoint | undefined;
  /** The parts of the path below ours, in lower case. */
  readonly segments: readonly string[];
  /** The same as they came: ids are told apart by their capitals. */
  readonly parts: readonly string[];
}

/**
 * A path that the provider could read in another way than we do is refused, because a call would
 * pass unmetered. Throws `invalid_request`.
 */
export function targetOf(
  requestUrl: string,
  method: string,
  { prefix, upstreamUrl }: Pick<Route, 'prefix' | 'upstreamUrl'>,
): Target {
  const pathBelow = requestUrl.slice(prefix.length);
  const end = pathBelow.indexOf('?');
  const path = end < 0 ? pathBelow : pathBelow.slice(0, end);
  const search = end < 0 ? '' : pathBelow.slice(end);
  const parts = path
    .split('/')
    .slice(1)
    .map((part) => decoded(part, prefix));
  if (parts.at(-1) === '') parts.pop();
  const isPlain = parts.every((part) => !/^\.{0,2}$|[/\\#;?\u0000-\u001f]/.test(part));
  if (!isPlain || /[\\#]/.test(path)) throw unreadable(prefix);
  const url = new URL(`${upstreamUrl.replace(/\/+$/, '')}${path}${search}`);
  const segments = parts.map((part) => part.toLowerCase());
  const endpoint = endpointOf(`/${segments.join('/')}`, method);
  return { url, method, parts, segments, endpoint };
}

/**
 * With a key of the operator's only what is metered goes on, and what costs nothing and tells of
 * nobody: the rest reads and changes what is other customers', and is billed to nobody. Throws
 * `forbidden`.
 */
export function requirePassing(
  { endpoint, method, segments }: Target,
  { route, passesAll }: { readonly route: Route; readonly passesAll: boolean },
  isOfBatch: boolean,
): void {
  const path = `${method} ${route.prefix}/${segments.join('/')}`;
  if (segments.some((segment) => /^organizations?$/.test(segment)))
    throw new DomainError('forbidden', `${path} is about the provider's account: it never passes.`);
  if (endpoint !== undefined || isOfBatch || isFree(route.dialect, method, segments)) return;
  if (route.upstreamKey === undefined || passesAll) return;
  throw new DomainError(
    'forbidden',
    `${path} is not metered, and goes on by the operator's key only where OPENAI_PASS is all.`,
  );
}

function isFree(dialect: Dialect, method: string, segments: readonly string[]): boolean {
  if (method === 'GET') return segments[0] === 'models' && segments.length <= 2;
  const isCount = segments.join('/') === 'messages/count_tokens';
  return dialect === 'anthropic' && method === 'POST' && isCount;
}

function decoded(segment: string, prefix: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw unreadable(prefix);
  }
}

const unreadable = (prefix: string): DomainError =>
  new DomainError(
    'invalid_request',
    `The path is not a plain one: expected ${prefix}/ and a path of the provider's API.`,
  );
