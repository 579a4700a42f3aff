/** A sandbox on a free port, the real stripe package against it, and small steps for the tests. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Stripe from 'stripe';
import { startStripeSandbox } from '../../../src/dev/stripe-sandbox/server';
import type { StripeSandboxOptions } from '../../../src/dev/stripe-sandbox/server';

export const API_VERSION = '2026-10-28.endive';
/** 2026-01-15 12:00:00 UTC. */
export const START = Date.UTC(2026, 0, 15, 12) / 1000;

/** The sandbox takes milliseconds; Stripe itself takes seconds to advance a clock. */
const AT_STRIPE_S = 120;

export type Stand = Awaited<ReturnType<typeof startStand>>;

export async function startStand(options: StripeSandboxOptions = {}) {
  const sandbox = await startStripeSandbox(options);
  return { sandbox, ...clientOf(sandbox), close: () => sandbox.close() };
}

export function clientOf(sandbox: { url: string; port: number }) {
  const stripe = new Stripe('sk_test_sandbox', {
    apiVersion: API_VERSION,
    host: '127.0.0.1',
    port: sandbox.port,
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
  });
  const control = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${sandbox.url}/_sandbox/${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return response.json();
  };
  const deliveries = async () =>
    ((await control('GET', 'deliveries')) as { data: DeliveryRow[] }).data;
  return { stripe, control, deliveries };
}

export interface DeliveryRow {
  eventType: string;
  status: string;
  attempts: { status: number | null; error: string | null }[];
}

export async function until(
  what: string,
  holds: () => Promise<boolean> | boolean,
  patienceS = 10,
): Promise<void> {
  const deadline = Date.now() + patienceS * 1000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Waited ${patienceS} s in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Advances in as many steps as Stripe's limit asks for, and waits until the clock is ready. */
export async function advance(stripe: Stripe, clockId: string, to: number): Promise<void> {
  await stripe.testHelpers.testClocks.advance(clockId, { frozen_time: to });
  const isReady = async () =>
    (await stripe.testHelpers.testClocks.retrieve(clockId)).status === 'ready';
  await until('a ready clock', isReady, AT_STRIPE_S);
}

export async function customerOnClock(stripe: Stripe, frozenTime = START, card = 'pm_card_visa') {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: frozenTime });
  const customer = await stripe.customers.create({ test_clock: clock.id });
  const method = await stripe.paymentMethods.attach(card, { customer: customer.id });
  await stripe.customers.update(customer.id, {
    invoice_settings: { default_payment_method: method.id },
  });
  return { clock, customer };
}

export async function meterAndPrices(
  stripe: Stripe,
  terms: { eventName: string; baseCents?: number; centsPerToken?: string },
) {
  const meter = await stripe.billing.meters.create({
    display_name: terms.eventName,
    event_name: terms.eventName,
    default_aggregation: { formula: 'sum' },
  });
  const product = await stripe.products.create({ name: terms.eventName });
  const shared = { product: product.id, currency: 'usd' };
  const items: { price: string }[] = [];
  if (terms.baseCents) {
    const base = await stripe.prices.create({
      ...shared,
      unit_amount: terms.baseCents,
      recurring: { interval: 'month' },
    });
    items.push({ price: base.id });
  }
  if (terms.centsPerToken) {
    const overage = await stripe.prices.create({
      ...shared,
      unit_amount_decimal: Stripe.Decimal.from(terms.centsPerToken),
      recurring: { interval: 'month', usage_type: 'metered', meter: meter.id },
    });
    items.push({ price: overage.id });
  }
  return { meter, product, items };
}

export function report(
  stripe: Stripe,
  eventName: string,
  customer: string,
  value: string | number,
  more: { timestamp?: number; identifier?: string } = {},
) {
  return stripe.billing.meterEvents.create({
    event_name: eventName,
    payload: { stripe_customer_id: customer, value: String(value) },
    ...more,
  });
}

/** What Stripe refuses a call with. */
export async function refusal(call: Promise<unknown>) {
  try {
    await call;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeError) return error;
    throw error;
  }
  throw new Error('The call was accepted: expected a refusal.');
}

/** An endpoint that keeps what it verified; `answer` decides each status. */
export async function startEndpoint(stripe: Stripe, answer: (attempt: number) => number = okay) {
  const events: Stripe.Event[] = [];
  const secret = { value: '' };
  let attempts = 0;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      attempts += 1;
      response.statusCode = answer(attempts);
      const signature = String(request.headers['stripe-signature']);
      if (response.statusCode === 200)
        events.push(stripe.webhooks.constructEvent(body, signature, secret.value));
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { url: `http://127.0.0.1:${port}/hook`, events, secret, close, attempts: () => attempts };
}

function okay(): number {
  return 200;
}
