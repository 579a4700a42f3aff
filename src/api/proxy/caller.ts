/** Who calls a model, by which provider, and who pays for it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { DomainError } from '../../core/errors';
import { API_KEY_PREFIX } from '../../db/api-keys';
import type { ApiKey } from '../../db/api-keys';
import type { UsageRecorder } from '../../sdk/usage-recorder';
import type { MadeBatches } from './batches/made-batches';
import type { OwnResponses } from './own-responses';
import type { Pacer } from './pacer';
import type { Route } from './route';
import type { Upstream } from './upstream';

export interface Proxy {
  readonly route: Route;
  readonly upstream: Upstream;
  readonly recorder: UsageRecorder;
  /** What is not metered goes on, too, with our key. */
  readonly passesAll: boolean;
  /** Throws for a model that is not passed on; undefined: all are. */
  readonly requireModel: ((model: string) => void) | undefined;
  readonly pacer: Pacer;
  /** undefined: whoever calls may read whatever their key at the provider may. */
  readonly ownResponses: OwnResponses | undefined;
  readonly madeBatches: MadeBatches;
}

export interface Caller {
  readonly key: ApiKey;
  readonly secret: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Ends what goes on at the provider. */
  readonly hangUp: AbortController;
}

/** Throttled or unpaid, everybody is served, if slower: whose subscription ended is not billed. */
export function payerOf(
  { upstreamKey, keySetting }: Route,
  { key, secret }: Pick<Caller, 'key' | 'secret'>,
): string {
  const { customer, billingStatus } = key;
  if (customer === null) throw new DomainError('forbidden', 'The API key is of no customer.');
  if (billingStatus === 'ended') {
    const message = `The subscription of ${customer} has ended: no model is called for it.`;
    throw new DomainError('subscription_ended', message);
  }
  if (upstreamKey !== undefined || !secret.startsWith(API_KEY_PREFIX)) return customer;
  throw new DomainError(
    'forbidden',
    'The provider would not know this API key: it was made by Tollkeeper, which has no key of ' +
      `the provider's to use instead (${keySetting}). Register the provider's own by ` +
      'tollkeeper keys create --existing.',
  );
}
