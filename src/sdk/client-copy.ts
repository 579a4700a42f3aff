/**
 * A copy of a client of OpenAI's package that calls another `fetch`, with all that the client was
 * given. Its own way of copying, where it has one, loses what a subclass keeps to itself.
 */
import { TollkeeperError, messageOf } from './tollkeeper-error';

/** The official client of versions 4 to 7, any class made from it, and its Azure sister. */
export interface OpenAICompatible {
  readonly baseURL: string;
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
    const copy = made(client, fields, { ...azureOptions(fields), fetch });
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

/** What the Azure client takes, and does not hand on to the client that it is made from. */
function azureOptions({ apiVersion, deploymentName, baseURL }: Fields): Fields {
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
