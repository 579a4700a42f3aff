/** Goal: the SDK and the real API understand each other: usage, rejections, questions, refusals. */
import { TollkeeperClient } from '../../src/sdk';
import type { TollkeeperError } from '../../src/sdk';
import { startTestApi } from '../support/api/api';
import type { TestApi } from '../support/api/api';
import { eventually } from '../support/stack/eventually';
import { usageOf } from '../support/sdk/spool-case';

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
  await api.addCustomer('ada');
});

afterAll(() => api.close());

function open(apiKey: string) {
  const errors: TollkeeperError[] = [];
  const onError = (error: TollkeeperError) => void errors.push(error);
  return { client: new TollkeeperClient({ baseUrl: api.url, apiKey, onError }), errors };
}

test('usage is counted once, and that of an unknown customer is told', async () => {
  const { client, errors } = open(api.keys.ingest);
  const occurredAt = new Date();
  const call = { ...usageOf('real-1'), occurredAt };
  await client.recordUsage([call, call, { ...usageOf('real-2', 'nobody'), occurredAt }]);
  await client.close();
  const { rows } = await api.pool.query(`select id from usage_events where id like 'real-%'`);
  expect(rows).toEqual([{ id: 'real-1' }]);
  expect(errors).toMatchObject([
    {
      code: 'usage_rejected',
      rejections: [{ event: { id: 'real-2' }, code: 'customer_not_found' }],
    },
  ]);
});

test('access is what the API advises', async () => {
  const { client } = open(api.keys.read);
  expect(await client.access('ada')).toEqual({ state: 'ok', reasons: [] });
  await client.close();
});

test('a question that the API refuses says which, and why', async () => {
  const { client } = open(api.keys.read);
  await expect(client.usage('nobody', { period: 'previous' })).rejects.toMatchObject({
    code: 'request_failed',
    status: 404,
    problem: 'customer_not_found',
    message: expect.stringContaining('/v1/customers/nobody/usage?period=previous answered 404'),
  });
  await client.close();
});

test('with a key that may not record, usage waits for a better one', async () => {
  const { client, errors } = open(api.keys.read);
  await client.recordUsage(usageOf('real-3'));
  await eventually(
    () => errors,
    ({ length }) => length > 0,
  );
  await client.close({ timeoutMs: 200 });
  // It may have been tried more than once by then.
  const codes = new Set(errors.map(({ code }) => code));
  expect([...codes]).toEqual(['send_failed', 'unsent_at_close']);
  expect(errors[0]?.status).toBe(403);
});
