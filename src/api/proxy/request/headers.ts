/** Which headers pass, either way. What belongs to one connection, or to us, stays. */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { HEADER_PREFIX } from '../../../sdk/headers';
import { KEY_HEADERS, presentedKey } from '../../presented-key';
import type { KeyHeader } from '../route';

/** RFC 9110, 7.6.1; and what Node writes itself. */
const HOP_BY_HOP = [
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade', 'expect', 'host', 'http2-settings'],
];
/** Who asks is nobody's business at the provider. */
const OURS = [...KEY_HEADERS, 'cookie', 'cookie2', 'forwarded', 'via', 'x-real-ip'];
/** They would choose which of our accounts pays, where the key is ours. */
const ACCOUNTS = ['openai-organization', 'openai-project'];
/** The provider's own names the usage where a response has no id: a caller must not choose it. */
const PROVIDERS = ['x-request-id'];
const OUR_PREFIX = 'x-forwarded-';
/** These promise things about a host that is not ours, or set cookies of it. */
const THEIRS = ['set-cookie', 'strict-transport-security', 'alt-svc'];

export interface Credentials {
  /** It is the text that the caller presented. */
  readonly secret: string;
  /** Instead of it; undefined: the caller's own goes on, where it was. */
  readonly upstreamKey: string | undefined;
  /** The provider looks for it there. */
  readonly keyHeader: KeyHeader;
}

export function headersToProvider(
  headers: IncomingHttpHeaders,
  { secret, upstreamKey, keyHeader }: Credentials,
): OutgoingHttpHeaders {
  const accounts = upstreamKey === undefined ? [] : ACCOUNTS;
  const passingHeaders = without(headers, [...OURS, ...PROVIDERS, ...accounts]);
  for (const [name, value] of Object.entries(passingHeaders)) {
    // Wherever else a client puts its key.
    const isSecret = upstreamKey !== undefined && String(value).includes(secret);
    if (isSecret || name.startsWith(OUR_PREFIX)) delete passingHeaders[name];
  }
  if (upstreamKey !== undefined)
    return { ...passingHeaders, [keyHeader]: asIn(keyHeader, upstreamKey) };
  // A provider that is given two keys might take the one that we did not look at.
  const { header = keyHeader } = presentedKey(headers) ?? {};
  return { ...passingHeaders, [header]: asIn(header, secret) };
}

const asIn = (header: KeyHeader, key: string): string =>
  header === 'authorization' ? `Bearer ${key}` : key;

export const headersToCaller = (headers: IncomingHttpHeaders): OutgoingHttpHeaders =>
  without(headers, THEIRS);

function without(
  headers: IncomingHttpHeaders,
  droppedNames: readonly string[],
): OutgoingHttpHeaders {
  const connectionHeaders = (headers.connection ?? '').toLowerCase().split(/[\s,]+/);
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) =>
        !name.startsWith(HEADER_PREFIX) &&
        ![HOP_BY_HOP, droppedNames, connectionHeaders].some((names) => names.includes(name)),
    ),
  );
}
