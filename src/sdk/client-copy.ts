/**
 * A copy of a client that calls another `fetch`, with all that the client was given: OpenAI's and
 * Anthropic's are generated alike. Its own way of copying, where it has one, loses what a subclass
 * keeps to itself.
 */
import { meteredFetch } from './metered-fetch';
import type { MeterOptions } from './metered-fetch';
import { TollkeeperError, messageOf } from './tollkeeper-error';

/** OpenAI's client of versions 4 to 7, any class made from it, and its Azure sister. */
export interface OpenAICompatible {
  readonly baseURL: string;
}

/** Anthropic's client, and its sisters at Amazon and Google. */
export type AnthropicCompatible = OpenAICompatible;

export function meteredCopy<Client extends OpenAICompatible>(
  client: Client,
  options: MeterOptions,
): Client {
  // The client's own, if it was given one.
  const { fetch: own } = client as unknown as { fetch?: unknown };
  const fetch =
    typeof own === 'function'
      ? (own as typeof globalThis.fetch)
      : globalThis.fetch.bind(globalThis);
  return copyWithFetch(client, meteredFetch(fetch, options));
}

type Fields = Record<string, unknown>;
type Constructor = new (options: Fields) => object;

/** Throws `meter_failed` where a client can't be copied: `meteredFetch` meters those. */
export function copyWithFetch<Client extends OpenAICompatible>(
  client: Client,
  fetch: typeof globalThis.fetch,
): Client {
  const fields = client as unknown as Fields;
  try {
    const copy = made(client, fields, { ...ownOptions(fields), fetch });
    carryOver(fields, copy as Fields);
    return copy as Client;
  } catch (cause) {
    throw new TollkeeperError(
      'meter_failed',
      `This client can't be copied (${messageOf(cause)}): make it with ` +
        '`fetch: meteredFetch(fetch, { tollkeeper, customer })` instead.',
      { cause },
    );
  }
}

function made(client: object, fields: Fields, options: Fields): object {
  const { withOptions, _options: ownOptions } = fields;
  if (typeof withOptions === 'function')
    return (withOptions as (options: Fields) => object).call(client, options);
  // Version 4 can't copy itself.
  const { apiKey, baseURL, organization, project, timeout, maxRetries } = fields;
  const own = { apiKey, baseURL, organization, project, timeout, maxRetries };
  const Class = client.constructor as Constructor;
  return new Class({ ...(ownOptions as Fields | undefined), ...own, ...options });
}

/** What sisters of a client take, and do not hand on to the client that they are made from. */
function ownOptions({ apiVersion, deploymentName, baseURL, region, projectId }: Fields): Fields {
  // Google's does not begin without them.
  if (typeof region === 'string' && projectId !== undefined) return { region, projectId };
  if (typeof apiVersion !== 'string') return {};
  return {
    ...{ apiVersion, baseURL, endpoint: undefined },
    ...(typeof deploymentName === 'string' && { deployment: deploymentName }),
  };
}

/** Whatever else was set on the client. Its resources know the copy, which has made its own. */
function carryOver(fields: Fields, copy: Fields): void {
  for (const [name, value] of Object.entries(fields)) {
    const isResource = typeof value === 'object' && value !== null && '_client' in value;
    if (isResource || name === 'fetch' || name === '_options' || copy[name] === value) continue;
    copy[name] = value;
  }
}
