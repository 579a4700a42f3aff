/** Checkout sessions: made, read, listed, expired. Their page is page/checkout-view.ts. */
import { expireSession } from '../checkout/expiry';
import { makeSession, SESSION_FIELDS } from '../checkout/making-sessions';
import { shownLines } from '../checkout/session-lines';
import { pageInOrder, pageOf } from '../protocol/listing';
import { stored } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';

const URL = '/v1/checkout/sessions';

export const CHECKOUT_SESSION_ROUTES = [
  route(
    `POST ${URL}`,
    SESSION_FIELDS,
    ({ world, params, origin }) => {
      const session = makeSession(world, params, origin);
      // Stripe tells nobody of a session that begins.
      return present(world, world.store.put('checkout.session', session));
    },
    ['success_url'],
  ),
  route(
    `GET ${URL}`,
    {
      ...p.PAGE,
      customer: p.text,
      status: p.oneOf('complete', 'expired', 'open'),
      subscription: p.text,
    },
    ({ world, params }) => {
      const { customer, status, subscription } = params;
      const values = { customer, subscription, status };
      return pageOf(world, 'checkout.session', values, { url: URL, params });
    },
  ),
  route(`GET ${URL}/:id`, {}, ({ world, path }) =>
    present(world, stored(world, 'checkout.session', path.id)),
  ),
  route(`GET ${URL}/:id/line_items`, p.PAGE, ({ world, params, path }) => {
    const session = stored(world, 'checkout.session', path.id);
    const lines = shownLines(world, session) as { id: string; object: string }[];
    return pageInOrder(`${URL}/${session.id}/line_items`, lines, params, (line) => line);
  }),
  route(`POST ${URL}/:id/expire`, {}, ({ world, path }) => {
    const session = stored(world, 'checkout.session', path.id);
    expireSession(world, session);
    return present(world, session);
  }),
];
