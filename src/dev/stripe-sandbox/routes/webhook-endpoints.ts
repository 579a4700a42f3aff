/** Webhook endpoints. The signing secret is in the answer to create, and nowhere else. */
import { newId, randomText } from '../identifiers';
import type { WebhookEndpoint } from '../objects-webhooks';
import { assertVersion } from '../protocol/credentials';
import { invalid } from '../protocol/fault';
import { page } from '../protocol/listing';
import { stored } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';
import { accountNow } from '../world';

const URL = '/v1/webhook_endpoints';

const FIELDS = {
  description: p.unsettable(p.text),
  enabled_events: p.listOf(p.filled),
  metadata: p.metadata,
  url: p.filled,
};

export const WEBHOOK_ENDPOINT_ROUTES = [
  route(
    `POST ${URL}`,
    { ...FIELDS, api_version: p.filled, connect: p.bool },
    ({ world, params }) => {
      assertUrl(params.url ?? '');
      assertVersion(params.api_version, 'api_version');
      const endpoint: WebhookEndpoint = {
        id: newId('we'),
        object: 'webhook_endpoint',
        api_version: params.api_version ?? null,
        application: null,
        connect: params.connect ?? false,
        created: accountNow(world),
        description: params.description ?? null,
        enabled_events: params.enabled_events ?? [],
        livemode: false,
        metadata: p.mergeMetadata({}, params.metadata),
        secret: `whsec_${randomText(32)}`,
        status: 'enabled',
        url: params.url ?? '',
      };
      world.store.put('webhook_endpoint', endpoint);
      return { ...present(world, endpoint), secret: endpoint.secret };
    },
    ['enabled_events', 'url'],
  ),
  route(`GET ${URL}`, p.PAGE, ({ world, params }) =>
    page(URL, world.store.all('webhook_endpoint'), params, (one) => present(world, one)),
  ),
  route(`GET ${URL}/:id`, {}, ({ world, path }) =>
    present(world, stored(world, 'webhook_endpoint', path.id)),
  ),
  route(`POST ${URL}/:id`, { ...FIELDS, disabled: p.bool }, ({ world, params, path }) => {
    const endpoint = stored(world, 'webhook_endpoint', path.id);
    if (params.url !== undefined) assertUrl(params.url);
    endpoint.url = params.url ?? endpoint.url;
    endpoint.enabled_events = params.enabled_events ?? endpoint.enabled_events;
    endpoint.metadata = p.mergeMetadata(endpoint.metadata, params.metadata);
    if (params.description !== undefined) endpoint.description = params.description;
    if (params.disabled !== undefined) endpoint.status = params.disabled ? 'disabled' : 'enabled';
    world.store.put('webhook_endpoint', endpoint);
    return present(world, endpoint);
  }),
  route(`DELETE ${URL}/:id`, {}, ({ world, path }) => {
    const endpoint = stored(world, 'webhook_endpoint', path.id);
    world.store.remove('webhook_endpoint', endpoint.id);
    return { id: endpoint.id, object: 'webhook_endpoint', deleted: true };
  }),
];

export function assertUrl(url: string): void {
  if (URL_SHAPE.test(url)) return;
  throw invalid(`Invalid URL: ${url}. Expected http:// or https://.`, { param: 'url' });
}

const URL_SHAPE = /^https?:\/\/\S+$/;
