/** Goal: a developer's stack hears of snapshot and thin events, under secrets that it keeps. */
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
const counts = async () => {
  const stripe = createStripe({ secretKey, apiBase: sandbox.url });
  const endpoints = await stripe.webhookEndpoints.list();
  const destinations = await stripe.v2.core.eventDestinations.list({
    include: ['webhook_endpoint.url'],
  });
  return {
    endpoints: endpoints.data.map(({ url }) => url),
    destinations: destinations.data.map((one) => one.webhook_endpoint?.url),
  };
};

test('both are made once, moved with the address, and made anew at another Stripe', async () => {
  const first = await ensureWebhookEndpoint(access(), URL, undefined);
  expect([first.secret, first.thin.secret]).toEqual([
    expect.stringMatching(/^whsec_/),
    expect.stringMatching(/^whsec_/),
  ]);
  expect(await ensureWebhookEndpoint(access(), `${URL}?2`, first)).toEqual(first);
  expect(await counts()).toEqual({ endpoints: [`${URL}?2`], destinations: [`${URL}?2`] });

  // As an earlier version saved it.
  const { thin, ...withoutThin } = first;
  const completed = await ensureWebhookEndpoint(access(), URL, withoutThin);
  expect(completed).toMatchObject(withoutThin);
  expect(completed.thin.id).not.toBe(thin.id);

  const elsewhere = await ensureWebhookEndpoint(access('https://api.stripe.com'), URL, first);
  expect(elsewhere.id).not.toBe(first.id);
  expect(elsewhere.thin.id).not.toBe(first.thin.id);
});
