/** The stream behind the customer's page: what is sent, to whom, and that it ends. */
import { createDashboardLinks } from '../../../src/links/signed-link';
import type { DashboardView } from '../../../src/dashboard/view';
import { drainLedger } from '../../../src/ingest/sealing';
import type { TestApi } from '../../support/api/api';
import { startTestApi } from '../../support/api/api';
import { fillDashboard, linkTo } from '../../support/api/dashboard-case';
import { serverSentEvents } from '../../support/network/server-sent-events';

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
  await fillDashboard(api);
});
afterEach(() => api.close());

interface Sent {
  readonly event: string;
  readonly view: DashboardView;
}

interface Stream {
  readonly response: Response;
  /** The next event of this name. */
  next(event: string): Promise<Sent>;
  close(): void;
}

async function follow(link: string): Promise<Stream> {
  const leaving = new AbortController();
  const response = await fetch(link.replace('/dashboard?', '/dashboard/events?'), {
    signal: leaving.signal,
  });
  const events = serverSentEvents(response);
  const next = async (event: string): Promise<Sent> => {
    for (;;) {
      const { value, done } = await events.next();
      if (done) throw new Error(`The stream ended without an event ${event}`);
      if (value.event === event) return { event, view: JSON.parse(value.data) as DashboardView };
    }
  };
  return { response, next, close: () => leaving.abort() };
}

const usage = (id: string, tokens: number) => ({
  ...{ id, customer: 'ada', model: 'gpt-4o-mini', tokens: { input: tokens } },
  occurredAt: '2026-02-14T12:00:00Z',
});

test('who opens it gets the page as it is, then as it changes', async () => {
  const stream = await follow(await linkTo(api, 'ada'));
  expect(stream.response.headers.get('content-type')).toBe('text/event-stream');
  expect((await stream.next('view')).view.billing?.usedTokens).toBe(150_000);
  await api.postUsage(usage('s1', 500));
  await drainLedger(api.pool, 'ada');
  expect((await stream.next('view')).view.billing?.usedTokens).toBe(150_500);
  stream.close();
});

test('a change of the customer’s standing is sent as much as usage', async () => {
  const stream = await follow(await linkTo(api, 'ada'));
  await stream.next('view');
  await api.pool.query(
    `update customers set billing_status = 'past_due', updated_at = now() where customer = 'ada'`,
  );
  const { view } = await stream.next('view');
  expect(view.billing?.access.reasons.map(({ code }) => code)).toContain('payment_past_due');
  stream.close();
});

test('a page where nothing happens hears that it is still so', async () => {
  const stream = await follow(await linkTo(api, 'ada'));
  await stream.next('alive');
  stream.close();
});

test('another customer’s usage is sent to nobody else', async () => {
  const stream = await follow(await linkTo(api, 'new'));
  expect((await stream.next('view')).view).toEqual({
    ...{ customer: 'new', customerName: 'new', billing: null },
  });
  await api.postUsage(usage('s2', 500));
  await drainLedger(api.pool, 'ada');
  const { event } = await Promise.race([stream.next('view'), stream.next('alive')]);
  expect(event).toBe('alive');
  stream.close();
});

test('the first period appears on a page that waits for it', async () => {
  const stream = await follow(await linkTo(api, 'new'));
  await stream.next('view');
  await api.pool.query(
    `insert into billing_periods
     select 'new', period_start, period_end, plan, terms, status, null, statement
       from billing_periods where customer = 'ada'`,
  );
  expect((await stream.next('view')).view.billing?.planName).toBe('Starter');
  stream.close();
});

test('a page that can not be read leaves the others live', async () => {
  const link = await linkTo(api, 'ada');
  const broken = await follow(`${link}&period=nonsense`);
  const stream = await follow(link);
  await stream.next('view');
  await api.postUsage(usage('s3', 500));
  await drainLedger(api.pool, 'ada');
  expect((await stream.next('view')).view.billing?.usedTokens).toBe(150_500);
  broken.close();
  stream.close();
});

test('the stream of a link that expires says so and ends', async () => {
  const stream = await follow(await linkTo(api, 'ada', { expiresInSeconds: 1 }));
  await stream.next('expired');
  await expect(stream.next('view')).rejects.toThrow('ended');
});

test.each([
  ['without a link', () => '/dashboard/events'],
  ['with a link of nobody’s', () => '/dashboard/events?token=abc.def'],
  ['with a link of another secret', () => `/dashboard/events?token=${othersToken()}`],
])('%s there is no stream', async (_how, path) => {
  expect((await fetch(api.url + path())).status).toBe(403);
});

const othersToken = () =>
  createDashboardLinks({ STRIPE_WEBHOOK_SECRET: 'whsec_other' }).sign({
    subject: 'ada',
    expiresAt: new Date(Date.now() + 60_000),
  });

test('an API that stops ends its streams, so that it does stop', async () => {
  const stream = await follow(await linkTo(api, 'ada'));
  await stream.next('view');
  await api.stop();
  await expect(stream.next('view')).rejects.toThrow();
});
