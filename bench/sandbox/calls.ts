/** Calls of Stripe's API as the product makes them, over kept connections, and their rates. */
import { Agent, request } from 'node:http';

export interface Calls {
  prepare(): Promise<void>;
  customers(): number;
  createCustomer: () => Promise<void>;
  readonly simple: Readonly<Record<string, () => Promise<void>>>;
  /** Gives how many of them were answered in a second. */
  rate(times: number, call: () => Promise<void>): Promise<number>;
  close(): void;
}

interface Found {
  id: string;
}

interface Made {
  customer: string;
  subscription: string;
}

const METER = 'bench_tokens';

export function callsOn(port: number, connections: number): Calls {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const stripe = (method: string, path: string, form = {}) => ask(agent, port, method, path, form);
  const made: Made[] = [];
  let items: Record<string, string> = {};
  let reported = 0;
  const any = (): Made => made[Math.floor(Math.random() * made.length)] as Made;
  const read = async (path: string): Promise<void> => void (await stripe('GET', path));
  return {
    prepare: async () => {
      // Stripe's own limit is not what is measured here.
      const limits = { method: 'POST', body: JSON.stringify({ callsPerSecond: 1_000_000 }) };
      await fetch(`http://127.0.0.1:${port}/_sandbox/lag`, limits);
      items = await makeItems(stripe);
    },
    customers: () => made.length,
    createCustomer: async () => {
      const order = {
        ...{ email: `bench-${made.length}@example.com`, payment_method: 'pm_card_visa' },
        'invoice_settings[default_payment_method]': 'pm_card_visa',
      };
      const customer = await stripe('POST', '/v1/customers', order);
      const subscription = await stripe('POST', '/v1/subscriptions', {
        ...{ customer: customer.id, ...items, collection_method: 'charge_automatically' },
        payment_behavior: 'allow_incomplete',
      });
      made.push({ customer: customer.id, subscription: subscription.id });
    },
    simple: {
      'read a customer': () => read(`/v1/customers/${any().customer}`),
      'read a subscription': () => read(`/v1/subscriptions/${any().subscription}`),
      'list her invoices': () => read(`/v1/invoices?customer=${any().customer}&limit=10`),
      'find by e-mail': () => {
        const email = `bench-${Math.floor(Math.random() * made.length)}@example.com`;
        return read(`/v1/customers?email=${encodeURIComponent(email)}`);
      },
      'newest customers': () => read('/v1/customers?limit=1'),
      'report usage': async () => {
        reported += 1;
        await stripe('POST', '/v1/billing/meter_events', {
          ...{ event_name: METER, identifier: `bench-${reported}` },
          ...{
            'payload[stripe_customer_id]': (made[reported % made.length] as Made).customer,
            'payload[value]': '7',
          },
        });
      },
    },
    rate: (times, call) => rateOf(connections, Math.round(times), call),
    close: () => agent.destroy(),
  };
}

async function rateOf(
  connections: number,
  times: number,
  call: () => Promise<void>,
): Promise<number> {
  const startMs = performance.now();
  let rest = times;
  const one = async (): Promise<void> => {
    while (rest > 0) {
      rest -= 1;
      await call();
    }
  };
  await Promise.all(Array.from({ length: connections }, one));
  return times / ((performance.now() - startMs) / 1000);
}

type Ask = (method: string, path: string, form?: Record<string, string>) => Promise<Found>;

async function makeItems(stripe: Ask): Promise<Record<string, string>> {
  const product = await stripe('POST', '/v1/products', { name: 'Bench' });
  const meter = await stripe('POST', '/v1/billing/meters', {
    ...{ display_name: 'Tokens', event_name: METER, 'default_aggregation[formula]': 'sum' },
    ...{ 'customer_mapping[type]': 'by_id', 'value_settings[event_payload_key]': 'value' },
    'customer_mapping[event_payload_key]': 'stripe_customer_id',
  });
  const terms = { product: product.id, currency: 'usd', 'recurring[interval]': 'month' };
  const base = await stripe('POST', '/v1/prices', { ...terms, unit_amount: '2900' });
  const usage = await stripe('POST', '/v1/prices', {
    ...{ ...terms, unit_amount_decimal: '0.0003', 'recurring[usage_type]': 'metered' },
    'recurring[meter]': meter.id,
  });
  return { 'items[0][price]': base.id, 'items[1][price]': usage.id };
}

function ask(
  agent: Agent,
  port: number,
  method: string,
  path: string,
  form: Record<string, string>,
): Promise<Found> {
  const body = method === 'POST' ? new URLSearchParams(form).toString() : '';
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: 'Bearer sk_test_bench',
      ...(body !== '' && { 'content-type': 'application/x-www-form-urlencoded' }),
      'content-length': Buffer.byteLength(body),
    };
    const call = request({ agent, port, host: '127.0.0.1', method, path, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        if (answer.statusCode === 200) resolve(JSON.parse(text) as Found);
        else reject(new Error(`${method} ${path}: ${answer.statusCode} ${text}`));
      });
    });
    call.once('error', reject);
    call.end(body);
  });
}
