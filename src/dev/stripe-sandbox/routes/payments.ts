/** Which payments an invoice had. Read-only: they are made by collecting it. */
import { page } from '../protocol/listing';
import { stored } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';

interface PaymentOf {
  payment_intent?: string;
}

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
      const payments = world.store
        .all('invoice_payment')
        .filter((one) => invoice === undefined || one.invoice === invoice)
        .filter((one) => status === undefined || one.status === status)
        .filter(
          (one) => intent === undefined || (one.payment as PaymentOf).payment_intent === intent,
        );
      return page('/v1/invoice_payments', payments, params, (one) => present(world, one));
    },
  ),
  route('GET /v1/invoice_payments/:id', {}, ({ world, path }) =>
    present(world, stored(world, 'invoice_payment', path.id)),
  ),
];
