/** Which payments an invoice had. Read-only: they are made by collecting it. */
import { pageOf } from '../protocol/listing';
import { stored } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';

export const PAYMENT_ROUTES = [
  route(
    'GET /v1/invoice_payments',
    {
      ...p.PAGE,
      invoice: p.text,
      payment: p.object({ type: p.oneOf('payment_intent'), payment_intent: p.filled }, ['type']),
      status: p.oneOf('canceled', 'open', 'paid'),
    },
    ({ world, params }) => {
      const { invoice, payment, status } = params;
      const intent = payment?.payment_intent;
      const values = { invoice, payment_intent: intent, status };
      return pageOf(world, 'invoice_payment', values, { url: '/v1/invoice_payments', params });
    },
  ),
  route('GET /v1/invoice_payments/:id', {}, ({ world, path }) =>
    present(world, stored(world, 'invoice_payment', path.id)),
  ),
];
