/**
 * The same tests, in the sandbox and at Stripe itself. Those at Stripe run when STRIPE_SECRET_KEY
 * is a key of a test account or sandbox of yours; without one they are counted as not run.
 */
import Stripe from 'stripe';
import { API_VERSION, startStand } from './stand';

/** What a test may know of the place it runs in: the official client, and no more. */
export interface Place {
  stripe: Stripe;
  close(): Promise<void>;
}

const { STRIPE_SECRET_KEY: key, STRIPE_API_BASE: apiBase } = process.env;
/** With an address of its own, the key is a stand-in's and not Stripe's. */
const realKey = apiBase ? undefined : key || undefined;
/** Calls a second, out of the 25 that Stripe allows a test account. */
const CALLS_PER_SECOND = 10;

export function describeInBoth(what: string, tests: (start: () => Promise<Place>) => void): void {
  describe(`${what}, in the sandbox`, () => tests(startStand));
  const place = realKey === undefined ? describe.skip : describe;
  place(`${what}, at Stripe itself`, () => tests(() => startAtStripe(String(realKey))));
}

/** Names of meters and lookup keys are for ever at Stripe: each run needs new ones. */
let names = 0;
const run = Date.now().toString(36);
export const unique = (name: string): string => `${name}_${run}_${(names += 1)}`;

async function startAtStripe(secretKey: string): Promise<Place> {
  if (!/^[sr]k_test_/.test(secretKey)) {
    throw new Error(
      `STRIPE_SECRET_KEY begins with ${secretKey.slice(0, 8)}…: these tests create and delete ` +
        'things, so they take keys that begin with sk_test_ or rk_test_ only.',
    );
  }
  const stripe = new Stripe(secretKey, {
    apiVersion: API_VERSION,
    // A refusal for our haste is waited out; anything else is the test's to see.
    maxNetworkRetries: 3,
    httpClient: inNoHurry(Stripe.createNodeHttpClient()),
  });
  const startedAt = Math.floor(Date.now() / 1000) - 5;
  return { stripe, close: () => tidyUp(stripe, startedAt) };
}

type HttpClient = ReturnType<typeof Stripe.createNodeHttpClient>;

function inNoHurry(client: HttpClient): HttpClient {
  let turn = Promise.resolve();
  const gap = 1000 / CALLS_PER_SECOND;
  return {
    getClientName: () => client.getClientName(),
    makeRequest: async (...request) => {
      const mine = turn;
      turn = mine.then(() => new Promise((resolve) => setTimeout(resolve, gap)));
      await mine;
      return client.makeRequest(...request);
    },
  };
}

/** Customers go with their clocks; what can't be deleted at Stripe is taken out of use. */
async function tidyUp(stripe: Stripe, since: number): Promise<void> {
  for await (const clock of stripe.testHelpers.testClocks.list({ limit: 100 }))
    if (clock.created >= since) await stripe.testHelpers.testClocks.del(clock.id);
  for await (const price of stripe.prices.list({ created: { gte: since }, active: true }))
    await stripe.prices.update(price.id, { active: false });
  for await (const product of stripe.products.list({ created: { gte: since }, active: true }))
    await stripe.products.update(product.id, { active: false });
  for await (const meter of stripe.billing.meters.list({ status: 'active', limit: 100 }))
    if (meter.created >= since) await stripe.billing.meters.deactivate(meter.id);
}
