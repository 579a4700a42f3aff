/** Events, as they were when they happened. */
import { page } from '../protocol/listing';
import { stored } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';

const URL = '/v1/events';

export const EVENT_ROUTES = [
  route(
    `GET ${URL}`,
    { ...p.PAGE, delivery_success: p.bool, type: p.text, types: p.listOf(p.text) },
    ({ world, params }) => {
      const { type, types, delivery_success: succeeded } = params;
      const events = world.store
        .all('event')
        .filter((one) => type === undefined || one.type === type)
        .filter((one) => types === undefined || types.includes(one.type))
        .filter((one) => succeeded === undefined || succeeded === (one.pending_webhooks === 0));
      return page(URL, events, params, (one) => present(world, one));
    },
  ),
  route(`GET ${URL}/:id`, {}, ({ world, path }) => present(world, stored(world, 'event', path.id))),
];
