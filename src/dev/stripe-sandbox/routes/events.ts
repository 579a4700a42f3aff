/** Events, as they were when they happened, for 30 days. */
import type { StripeObject } from '../objects';
import type { StripeEvent } from '../objects-webhooks';
import { invalid, missing } from '../protocol/fault';
import { pageOf } from '../protocol/listing';
import { stored } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';
import type { World } from '../world';

const URL = '/v1/events';
const KEPT_MS = 30 * 86_400_000;
const MOST_TYPES = 20;

export const EVENT_ROUTES = [
  route(
    `GET ${URL}`,
    { ...p.PAGE, delivery_success: p.bool, type: p.text, types: p.listOf(p.text) },
    ({ world, params }) => {
      const { type, types, delivery_success: succeeded } = params;
      if (type !== undefined && types !== undefined)
        throw invalid('You may pass either `type` or `types`, but not both.', { param: 'types' });
      if (types && types.length > MOST_TYPES)
        throw invalid(`\`types\` takes at most ${MOST_TYPES} names.`, { param: 'types' });
      const isAsked = (one: StripeEvent): boolean =>
        isKeptEvent(world, one) &&
        (type === undefined || isOfType(one.type, type)) &&
        (types === undefined || types.includes(one.type)) &&
        (succeeded === undefined || succeeded === (one.pending_webhooks === 0));
      return pageOf(world, 'event', {}, { url: URL, params, isAsked });
    },
  ),
  route(`GET ${URL}/:id`, {}, ({ world, path }) => {
    const event = stored(world, 'event', path.id);
    if (!isKeptEvent(world, event)) throw missing('event', event.id);
    return present(world, event);
  }),
];

/** Real time decides, as the events of test clocks may lie years ahead. */
export function isKeptEvent(world: World, event: StripeObject): boolean {
  return world.settings.realNowMs() - Number(event.happenedAtMs ?? 0) < KEPT_MS;
}

/** `invoice.*` is every event of invoices. */
function isOfType(type: string, pattern: string): boolean {
  return pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern;
}
