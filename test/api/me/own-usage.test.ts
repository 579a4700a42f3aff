/** Usage by a customer's token: the ledger's, of the period that is named, and live. */
import { createCustomerTokens } from '../../../src/links/signed-link';
import type { DashboardView } from '../../../src/dashboard/view';
import { drainLedger } from '../../../src/ingest/sealing';
import { startTestApi } from '../../support/api/api';
import type { TestApi } from '../../support/api/api';
import { fillDashboard } from '../../support/api/dashboard-case';
import { serverSentEvents } from '../../support/network/server-sent-events';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await fillDashboard(api);
});
afterAll(() => api.close());

const tokenOf = (customer: string, seconds = 60): string =>
  createCustomerTokens({ STRIPE_WEBHOOK_SECRET: 'whsec_test' }).sign({
    ...{ subject: customer, expiresAt: new Date(Date.now() + seconds * 1000) },
  });

const ask = (path: string, key: string, signal?: AbortSignal) =>
  api.request(`/v1/me/${path}`, { key, ...(signal && { signal }) });

test('usage is what the ledger has', async () => {
  const view = (await (await ask('usage', tokenOf('ada'))).json()) as DashboardView;
  const { rows } = await api.pool.query<{ tokens: string }>(
    `select sum(input + output)::text as tokens from usage_events where customer = 'ada'`,
  );
  expect(view.customer).toBe('ada');
  expect(String(view.billing?.usedTokens)).toBe(rows[0]?.tokens);
});

test('a period is named as everywhere, and there may be none yet', async () => {
  const previous = await ask('usage?period=previous', tokenOf('ada'));
  const view = (await previous.json()) as DashboardView;
  expect(view.billing?.period.start).toBe('2026-01-01T00:00:00Z');
  expect(await (await ask('usage', tokenOf('new'))).json()).toMatchObject({ billing: null });
  expect((await ask('usage?period=soon', tokenOf('ada'))).status).toBe(422);
});

test('whoever follows is told at once, and of each change, until the token ends', async () => {
  const leaving = new AbortController();
  const response = await ask('events', tokenOf('ada', 4), leaving.signal);
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const events = serverSentEvents(response);
  const used = async (): Promise<number | undefined> => {
    for (;;) {
      const { value, done } = await events.next();
      if (done) throw new Error('The stream ended without a view');
      if (value.event === 'view')
        return (JSON.parse(value.data) as DashboardView).billing?.usedTokens;
    }
  };
  const before = Number(await used());
  await api.postUsage({
    ...{ id: 'own-1', customer: 'ada', model: 'gpt-4o-mini', tokens: { input: 500 } },
    occurredAt: '2026-02-14T12:00:00Z',
  });
  await drainLedger(api.pool, 'ada');
  expect(await used()).toBe(before + 500);
  const rest: string[] = [];
  for await (const { event } of events) rest.push(event);
  expect(rest.at(-1)).toBe('expired');
});
