/** Goal: a developer's stack hears of all that Stripe tells, under secrets that it keeps. */
import type { StripeSandbox } from '../../src/dev/stripe-sandbox/server';
import { startStripeSandbox } from '../../src/dev/stripe-sandbox/server';
import { ensureWebhookEndpoint } from '../../src/dev/webhook-endpoint';
import { createStripe } from '../../src/stripe/client';

const URL = 'http://127.0.0.1:1/webhooks/stripe';
const secretKey = 'sk_test_stack';

let sandbox: StripeSandbox;
beforeAll(async () => {
  sandbox = await startStripeSandbox();
});
afterAll(() => sandbox.close());

const access = (account = 'sandbox') => ({ account, apiBase: sandbox.url, secretKey });
const isPlatforms = ({ enabled_events: events }: { enabled_events: string[] }) =>
  events.includes('*');
const counts = async () => {
  const stripe = createStripe({ secretKey, apiBase: sandbox.url });
  const endpoints = await stripe.webhookEndpoints.list();
  const destinations = await stripe.v2.core.eventDestinations.list({
    include: ['webhook_endpoint.url'],
  });
  return {
    endpoints: endpoints.data.filter(isPlatforms).map(({ url }) => url),
    connect: endpoints.data.filter((one) => !isPlatforms(one)).map(({ url }) => url),
    destinations: destinations.data.map((one) => one.webhook_endpoint?.url),
  };
};

test('all are made once, moved with the address, and made anew at another Stripe', async () => {
  const first = await ensureWebhookEndpoint(access(), URL, undefined);
  expect([first.secret, first.thin.secret, first.connect.secret]).toEqual([
    expect.stringMatching(/^whsec_/),
    expect.stringMatching(/^whsec_/),
    expect.stringMatching(/^whsec_/),
  ]);
  expect(await ensureWebhookEndpoint(access(), `${URL}?2`, first)).toEqual(first);
  const moved = [`${URL}?2`];
  expect(await counts()).toEqual({ endpoints: moved, connect: moved, destinations: moved });

  // As an earlier version saved it.
  const { thin, connect, ...alone } = first;
  const completed = await ensureWebhookEndpoint(access(), URL, alone);
  expect(completed).toMatchObject(alone);
  expect(completed.thin.id).not.toBe(thin.id);
  expect(completed.connect.id).not.toBe(connect.id);

  const elsewhere = await ensureWebhookEndpoint(access('https://api.stripe.com'), URL, first);
  expect(elsewhere.id).not.toBe(first.id);
  expect(elsewhere.thin.id).not.toBe(first.thin.id);
  expect(elsewhere.connect.id).not.toBe(first.connect.id);
});
