/** API v2, as far as meters need it: event destinations for thin events, and those events. */
import { newId, randomText } from '../identifiers';
import type { EventDestination } from '../objects-v2';
import { invalid, missing } from '../protocol/fault';
import * as p from '../protocol/params';
import { route } from '../protocol/router';
import { emitThin, INCLUDES, showDestination, showThin } from '../thin-events';
import { accountNow } from '../world';
import type { World } from '../world';
import { isKeptEvent } from './events';
import { assertUrl } from './webhook-endpoints';

const URL = '/v2/core/event_destinations';
/** What this sandbox ever says thinly. Stripe says most of its events so, too. */
const THIN_TYPES = [
  'v1.billing.meter.error_report_triggered',
  'v1.billing.meter.no_meter_found',
] as const;

const INCLUDE = p.listOf(p.oneOf(...INCLUDES));
const PAGE_V2 = { limit: p.positive, page: p.text };
const TERMS = {
  description: p.text,
  enabled_events: p.listOf(p.oneOf('*', ...THIN_TYPES)),
  include: INCLUDE,
  metadata: p.metadata,
  name: p.filled,
};

export const EVENT_DESTINATION_ROUTES = [
  route(
    `POST ${URL}`,
    {
      ...TERMS,
      event_payload: p.oneOf('snapshot', 'thin'),
      type: p.oneOf('webhook_endpoint', 'amazon_eventbridge', 'azure_event_grid'),
      webhook_endpoint: p.object({ url: p.filled }, ['url']),
    },
    ({ world, params }) => {
      assertDone(params.event_payload === 'thin', 'event_payload', 'thin');
      assertDone(params.type === 'webhook_endpoint', 'type', 'webhook_endpoint');
      const url = params.webhook_endpoint?.url;
      if (url === undefined) {
        throw invalid('Missing required param: webhook_endpoint.', {
          code: 'parameter_missing',
          param: 'webhook_endpoint',
        });
      }
      assertUrl(url);
      const now = accountNow(world);
      const destination = world.store.put('v2.core.event_destination', {
        id: newId('ed_test'),
        object: 'v2.core.event_destination',
        created: now,
        updated: now,
        name: params.name ?? '',
        description: params.description ?? '',
        enabled_events: params.enabled_events ?? [],
        metadata: p.mergeMetadata({}, params.metadata),
        status: 'enabled',
        url,
        secret: `whsec_${randomText(32)}`,
      });
      return showDestination(destination, params.include);
    },
    ['enabled_events', 'event_payload', 'name', 'type'],
  ),
  route(`GET ${URL}`, { ...PAGE_V2, include: INCLUDE }, ({ world, params }) => {
    const destinations = world.store.all('v2.core.event_destination').reverse();
    return pageV2(URL, destinations, params, (one) => showDestination(one, params.include));
  }),
  route(`GET ${URL}/:id`, { include: INCLUDE }, ({ world, params, path }) =>
    showDestination(destinationOf(world, path.id), params.include),
  ),
  route(
    `POST ${URL}/:id`,
    { ...TERMS, webhook_endpoint: p.object({ url: p.filled }, ['url']) },
    ({ world, params, path }) => {
      const { include, metadata, webhook_endpoint: endpoint, ...terms } = params;
      if (endpoint?.url !== undefined) assertUrl(endpoint.url);
      const destination = destinationOf(world, path.id);
      const update = {
        ...terms,
        metadata: p.mergeMetadata(destination.metadata, metadata),
        url: endpoint?.url ?? destination.url,
        updated: accountNow(world),
      };
      return showDestination(put(world, { ...destination, ...update }), include);
    },
  ),
  ...(['enable', 'disable'] as const).map((verb) =>
    route(`POST ${URL}/:id/${verb}`, { include: INCLUDE }, ({ world, params, path }) => {
      const status = verb === 'enable' ? ('enabled' as const) : ('disabled' as const);
      const destination = { ...destinationOf(world, path.id), status };
      return showDestination(put(world, destination), params.include);
    }),
  ),
  route(`POST ${URL}/:id/ping`, {}, ({ world, path }) => {
    const destination = destinationOf(world, path.id);
    const { id, object: type } = destination;
    const related = { id, type, url: `${URL}/${id}` };
    const ping = { type: 'v2.core.event_destination.ping', related, data: {} };
    return showThin(emitThin(world, ping, destination));
  }),
  route(`DELETE ${URL}/:id`, {}, ({ world, path }) => {
    const { id, object } = destinationOf(world, path.id);
    world.store.remove('v2.core.event_destination', id);
    return { id, object };
  }),
  route(`GET /v2/core/events`, { ...PAGE_V2, object_id: p.text }, ({ world, params }) => {
    const events = world.store
      .all('v2.core.event')
      .filter((one) => isKeptEvent(world, one))
      .filter((one) => (params.object_id ?? one.related_object?.id) === one.related_object?.id)
      .reverse();
    return pageV2('/v2/core/events', events, params, showThin);
  }),
  route(`GET /v2/core/events/:id`, {}, ({ world, path }) => {
    const event = world.store.get('v2.core.event', path.id ?? '');
    if (event && isKeptEvent(world, event)) return showThin(event);
    throw missing('event', path.id ?? '');
  }),
];

function assertDone(isDone: boolean, param: string, done: string): void {
  if (isDone) return;
  throw invalid(`The sandbox only does event destinations with ${param}=${done}.`, { param });
}

function destinationOf(world: World, id: string | undefined): EventDestination {
  const destination = world.store.get('v2.core.event_destination', id ?? '');
  if (destination) return destination;
  throw missing('event destination', id ?? '');
}

function put(world: World, destination: EventDestination): EventDestination {
  return world.store.put('v2.core.event_destination', destination);
}

/** Lists of API v2 name their neighbours by address; ours count from the newest. */
function pageV2<T>(
  url: string,
  orderedObjects: readonly T[],
  { limit = 20, page = '0' }: { limit?: number; page?: string },
  show: (object: T) => unknown,
): Record<string, unknown> {
  if (limit < 1 || limit > 100)
    throw invalid(`Invalid limit: expected 1 to 100, got ${limit}.`, { param: 'limit' });
  if (!/^\d{1,9}$/.test(page)) throw invalid(`Invalid page: ${page}.`, { param: 'page' });
  const firstIndex = Number(page);
  const address = (start: number): string => `${url}?limit=${limit}&page=${start}`;
  return {
    data: orderedObjects.slice(firstIndex, firstIndex + limit).map(show),
    next_page_url: orderedObjects.length > firstIndex + limit ? address(firstIndex + limit) : null,
    previous_page_url: firstIndex > 0 ? address(Math.max(0, firstIndex - limit)) : null,
  };
}
