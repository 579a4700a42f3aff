/** What invoice payments leave behind: invoice payments, payment intents, charges. Read-only. */
import type { StripeObject } from '../objects';
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
      const found = world.store
        .all('invoice_payment')
        .filter((one) => invoice === undefined || one.invoice === invoice)
        .filter((one) => status === undefined || one.status === status)
        .filter(
          (one) => intent === undefined || (one.payment as PaymentOf).payment_intent === intent,
        );
      return page('/v1/invoice_payments', found, params, (one) => present(world, one));
    },
  ),
  route('GET /v1/invoice_payments/:id', {}, ({ world, path }) =>
    present(world, stored(world, 'invoice_payment', path.id)),
  ),
  route('GET /v1/payment_intents', { ...p.PAGE, customer: p.text }, ({ world, params }) =>
    page(
      '/v1/payment_intents',
      world.store.all('payment_intent').filter(isOf(params.customer)),
      params,
      (one) => present(world, one),
    ),
  ),
  route('GET /v1/payment_intents/:id', { client_secret: p.text }, ({ world, path }) =>
    present(world, stored(world, 'payment_intent', path.id)),
  ),
  route(
    'GET /v1/charges',
    { ...p.PAGE, customer: p.text, payment_intent: p.text },
    ({ world, params }) => {
      const { customer, payment_intent: intent } = params;
      const charges = world.store
        .all('charge')
        .filter(isOf(customer))
        .filter((one) => intent === undefined || one.payment_intent === intent);
      return page('/v1/charges', charges, params, (one) => present(world, one));
    },
  ),
  route('GET /v1/charges/:id', {}, ({ world, path }) =>
    present(world, stored(world, 'charge', path.id)),
  ),
];

function isOf(customer: string | undefined): (one: StripeObject) => boolean {
  return (one) => customer === undefined || one.customer === customer;
}
