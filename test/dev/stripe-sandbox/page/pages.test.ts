/** The sandbox's pages: what is on them, that nothing harmful can be, and that their forms work. */
import {
  advance,
  customerOnClock,
  meterAndPrices,
  startEndpoint,
  startStand,
} from '../../../support/sandbox/stand';
import { START, until } from '../../../support/sandbox/stand';
import type { Stand } from '../../../support/sandbox/stand';

let stand: Stand;
beforeEach(async () => {
  stand = await startStand({ draftPauseMs: 0, webhookRetryDelaysMs: [] });
});
afterEach(() => stand.close());

const at = (path: string, init: RequestInit = {}) =>
  fetch(`${stand.sandbox.url}${path}`, { redirect: 'manual', ...init });
const text = async (path: string) => (await at(path)).text();
/** Posts what a form of the page holds; answers where the browser is sent. */
async function submit(action: string, fields: Record<string, string>, headers = {}) {
  const body = new URLSearchParams({ then: '/_sandbox/view/faults', ...fields });
  const answer = await at(action, { method: 'POST', body, headers });
  return { status: answer.status, to: readable(answer.headers.get('location')) };
}

const readable = (address: string | null) =>
  decodeURIComponent((address ?? '').replaceAll('+', ' '));

async function subscribed() {
  const { stripe } = stand;
  const { clock, customer } = await customerOnClock(stripe);
  const { items } = await meterAndPrices(stripe, { eventName: 'shown', baseCents: 2900 });
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items });
  return { clock, customer, subscription };
}

test('the first page counts objects by kind and shows clocks, events and deliveries', async () => {
  const { clock } = await subscribed();
  expect((await at('/')).headers.get('location')).toBe('/_sandbox/');
  const page = await text('/_sandbox/');
  for (const seen of ['kind=customer', 'kind=invoice', clock.id, 'invoice.paid', '2026-01-15'])
    expect(page).toContain(seen);
});

test.each(['/_sandbox/', '/_sandbox/view/faults', '/_sandbox/view/object?id=none', '/p/session/x'])(
  'nothing from elsewhere and nothing inline can run on %s',
  async (path) => {
    const answer = await at(path);
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).not.toContain('unsafe');
    const page = await answer.text();
    expect(page).not.toMatch(/<script(?! src)|<style|style=|onclick|https?:\/\//);
  },
);

test('what customers are called is text, never markup', async () => {
  const name = '<script>alert("1")</script>&\'';
  const { id } = await stand.stripe.customers.create({ name });
  for (const path of ['/_sandbox/view/objects?kind=customer', `/_sandbox/view/object?id=${id}`]) {
    const page = await text(path);
    expect(page).not.toContain('<script>alert');
    expect(page).toContain('&lt;script&gt;alert(');
  }
});

test('an object’s JSON links to what it names', async () => {
  const { customer, subscription } = await subscribed();
  const page = await text(`/_sandbox/view/object?id=${String(subscription.latest_invoice)}`);
  expect(page).toContain(`href="/_sandbox/view/object?id=${customer.id}">${customer.id}</a>`);
  expect(page).toContain(`href="/_sandbox/view/object?id=${subscription.id}"`);
  expect(page).toContain('invoice.payment_succeeded');
  expect((await at('/_sandbox/view/object?id=in_none')).status).toBe(404);
});

test('the search goes to an id, and lists what contains a part of one', async () => {
  const { id } = await stand.stripe.customers.create({ email: 'ada@example.com' });
  const exact = await at(`/_sandbox/view/search?q=${id}`);
  expect(exact.headers.get('location')).toBe(`/_sandbox/view/object?id=${id}`);
  expect(await text('/_sandbox/view/search?q=ADA@exam')).toContain(id);
});

test('a clock is made, moved by its buttons, and says what is due next', async () => {
  const { clock, subscription } = await subscribed();
  const periodEnd = Number(subscription.items.data[0]?.current_period_end);
  const page = await text('/_sandbox/view/clocks');
  expect(page).toContain('2026-02-15 12:00:00');
  expect(page).toContain('renews');
  const now = async () => {
    await until('a ready clock', async () => {
      const { status } = await stand.stripe.testHelpers.testClocks.retrieve(clock.id);
      return status === 'ready';
    });
    return (await stand.stripe.testHelpers.testClocks.retrieve(clock.id)).frozen_time;
  };
  const move = (fields: Record<string, string>) =>
    submit('/_sandbox/clocks/advance', { clock: clock.id, ...fields });
  expect(await move({ by: 'period_end' })).toMatchObject({ status: 303 });
  expect(await now()).toBe(periodEnd);
  expect(await text('/_sandbox/view/clocks')).toContain('is finalized');
  await move({ by: 'hour' });
  expect(await now()).toBe(periodEnd + 3600);
  await move({ to: '2026-02-20T08:30' });
  expect(await now()).toBe(Date.UTC(2026, 1, 20, 8, 30) / 1000);
  expect((await move({ to: '2026-01-01T00:00' })).to).toContain('wrong=Test clocks only move forw');
  expect(
    await submit('/_sandbox/clocks', { name: 'Mine', frozen_time: '2026-03-01T00:00' }),
  ).toEqual({ status: 303, to: expect.stringContaining('said=Done: clock_') as string });
});

test('a fault that the form orders refuses calls, and is on the page until cleared', async () => {
  const ordered = await submit('/_sandbox/faults', {
    path: '/v1/customers',
    object: '',
    method: 'POST',
    status: '503',
    mode: 'before',
    times: 'always',
    probability: '',
    delayMs: '',
    shouldRetry: '',
  });
  expect(ordered.to).toContain('/_sandbox/view/faults?said=Done');
  await expect(stand.stripe.customers.create({})).rejects.toMatchObject({ statusCode: 503 });
  expect(await text('/_sandbox/view/faults')).toContain('/v1/customers');
  await submit('/_sandbox/faults/clear', {});
  await stand.stripe.customers.create({});
  const wrong = await submit('/_sandbox/faults', { path: '/v1/', times: 'often', status: '500' });
  expect(wrong.to).toContain('wrong=times is "often": expected a whole number');
});

test('webhook faults, failing payments and seeds are ordered by forms', async () => {
  const { customer } = await subscribed();
  const dropped = { webhooks: 'drop', types: 'invoice.paid, invoice.created', endpoint: '' };
  expect((await submit('/_sandbox/faults', dropped)).to).toContain('said=');
  const failing = { customer: customer.id, code: 'insufficient_funds' };
  expect((await submit('/_sandbox/fail-next-payment', failing)).to).toContain('said=');
  expect((await submit('/_sandbox/seed', { seed: '7' })).to).toContain('said=');
  const { data } = (await stand.control('GET', 'faults')) as { data: unknown[] };
  expect(data).toMatchObject([{ webhooks: 'drop', types: ['invoice.paid', 'invoice.created'] }]);
  expect(await text('/_sandbox/view/faults')).toContain('next payment fails');
});

test('a state is kept, restored and forgotten by forms', async () => {
  const { id } = await stand.stripe.customers.create({});
  const kept = /snap_\w+/.exec((await submit('/_sandbox/snapshot', {})).to)?.[0];
  expect(await text('/_sandbox/view/faults')).toContain(String(kept));
  await submit('/_sandbox/reset', {});
  expect((await stand.stripe.customers.list()).data).toEqual([]);
  await submit('/_sandbox/restore', { snapshot: String(kept) });
  expect((await stand.stripe.customers.retrieve(id)).id).toBe(id);
  expect(await (await at('/_sandbox/snapshot')).json()).toMatchObject({ snapshot: { format: 1 } });
});

test('deliveries show their attempts and are sent again', async () => {
  const endpoint = await startEndpoint(stand.stripe, (attempt) => (attempt === 1 ? 500 : 200));
  const { secret } = await stand.stripe.webhookEndpoints.create({
    url: endpoint.url,
    enabled_events: ['customer.created'],
  });
  endpoint.secret.value = String(secret);
  await stand.stripe.customers.create({});
  await until('the failure', async () => (await stand.deliveries())[0]?.status === 'failed');
  const page = await text('/_sandbox/view/deliveries');
  expect(page).toContain(endpoint.url);
  const event = /name="event" value="(\w+)"/.exec(page)?.[1];
  await submit('/_sandbox/deliveries/resend', { event: String(event) });
  await until('it again', () => endpoint.events.length === 1);
  await endpoint.close();
});

test('events are listed by the beginning of their type', async () => {
  await subscribed();
  const page = await text('/_sandbox/view/events?type=invoice.');
  expect(page).toContain('invoice.finalized');
  expect(page).not.toContain('customer.created');
});

test('pages of other hosts cannot give orders', async () => {
  const { id } = await stand.stripe.customers.create({});
  const foreign = await submit('/_sandbox/reset', {}, { origin: 'http://evil.example' });
  expect(foreign.status).toBe(403);
  expect((await stand.stripe.customers.retrieve(id)).id).toBe(id);
  const own = await submit('/_sandbox/seed', { seed: '1' }, { origin: stand.sandbox.url });
  expect(own.status).toBe(303);
});

test('a form never sends the browser to another host', async () => {
  for (const then of ['//evil.example/', 'http://evil.example/', '/\\evil.example'])
    expect((await submit('/_sandbox/seed', { seed: '1', then })).to).toMatch(/^\/_sandbox\/\?/);
});

test('a dispute is opened and a connected account changed by forms', async () => {
  await subscribed();
  const [charge] = (await stand.stripe.charges.list()).data;
  const opened = await submit('/_sandbox/disputes', {
    charge: String(charge?.id),
    reason: 'duplicate',
  });
  expect(opened.to).toContain('said=Done: du_');
  expect((await stand.stripe.disputes.list()).data).toMatchObject([{ reason: 'duplicate' }]);
  const account = await stand.stripe.accounts.create({
    country: 'US',
    controller: {
      losses: { payments: 'application' },
      fees: { payer: 'application' },
      stripe_dashboard: { type: 'none' },
      requirement_collection: 'application',
    },
    capabilities: { transfers: { requested: true } },
  });
  await submit('/_sandbox/accounts', {
    account: account.id,
    currently_due: 'external_account',
    transfers: 'inactive',
    payouts_enabled: 'false',
  });
  expect(await stand.stripe.accounts.retrieve(account.id)).toMatchObject({
    payouts_enabled: false,
    requirements: { currently_due: ['external_account'] },
  });
});

test('a subscription that ends says so among what is due', async () => {
  const { subscription, clock } = await subscribed();
  await stand.stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
  expect(await text('/_sandbox/view/clocks')).toMatch(/ends/);
  await advance(stand.stripe, clock.id, START + 32 * 86_400);
  expect(await text('/_sandbox/view/clocks')).toContain('Nothing is due.');
});
