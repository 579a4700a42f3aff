/** Whoever asks too often is told 429 and when to come again; nobody else notices. */
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { startTestApi } from '../../support/api/api';
import type { TestApi } from '../../support/api/api';

const logged: string[] = [];
const write = (line: unknown, _encoding: unknown, done: () => void) => {
  logged.push(String(line));
  done();
};
const EVENT = { id: 'a', customer: 'ada', model: 'm', tokens: { input: 1 } };

let api: TestApi;
beforeEach(async () => {
  logged.length = 0;
  api = await startTestApi({
    log: pino(new Writable({ write })),
    heldMs: 0,
    config: {
      STRIPE_WEBHOOK_SECRET: 'whsec_test',
      LIMIT_USAGE_PER_SECOND: 1,
      LIMIT_READS_PER_SECOND: 1,
      LIMIT_WRITES_PER_SECOND: 1,
      LIMIT_VISITS_PER_SECOND: 1,
      LIMIT_REFUSALS_PER_SECOND: 1,
    },
  });
  await api.addCustomer('ada');
});
afterEach(() => api.close());

/** Seconds pass while they are asked: the bucket of ten is empty before the hundredth. */
async function untilRefused(ask: () => Promise<Response>): Promise<readonly Response[]> {
  const answers: Response[] = [];
  while (answers.length < 100 && answers.at(-1)?.status !== 429) answers.push(await ask());
  return answers;
}
const from = (address: string) => ({ 'x-forwarded-for': address });

test('a key has its own share, and is told where it stands', async () => {
  const answers = await untilRefused(() => api.postUsage(EVENT));
  expect(answers[0]?.status).toBe(202);
  expect(answers[0]?.headers.get('ratelimit-policy')).toBe('"usage";q=10;w=10');
  expect(answers[0]?.headers.get('ratelimit')).toBe('"usage";r=9;t=1');
  expect(answers.length).toBeGreaterThan(10);
  const refusal = answers.at(-1) as Response;
  expect(refusal.headers.get('retry-after')).toBe('1');
  expect(refusal.headers.get('ratelimit')).toBe('"usage";r=0;t=1');
  expect(refusal.headers.get('content-type')).toContain('application/problem+json');
  expect(await refusal.json()).toMatchObject({ code: 'too_many_requests', retryAfterSeconds: 1 });
  const other = await api.request('/v1/usage', {
    ...{ method: 'POST', key: api.keys.admin, body: JSON.stringify(EVENT) },
    headers: { 'content-type': 'application/json' },
  });
  expect(other.status).toBe(202);
});

test('a large body weighs as much as many small ones', async () => {
  const metadata = { note: 'x'.repeat(850) };
  const { headers } = await api.postUsage({ ...EVENT, metadata });
  expect(headers.get('ratelimit')).toBe('"usage";r=6;t=4');
});

test('one that comes in chunks is weighed when it was read', async () => {
  const body = new ReadableStream({
    start: (controller) => {
      controller.enqueue(new TextEncoder().encode(JSON.stringify(EVENT)));
      controller.enqueue(new TextEncoder().encode(' '.repeat(100_000)));
      controller.close();
    },
  });
  const init = { method: 'POST', key: api.keys.ingest, body, duplex: 'half' };
  expect((await api.request('/v1/usage', init as RequestInit)).status).toBe(202);
  expect((await api.postUsage(EVENT)).status).toBe(429);
});

test('reading, changing and usage have each a share of their own', async () => {
  const { read, admin } = api.keys;
  await untilRefused(() => api.request('/v1/customers/ada', { key: read }));
  const write = await api.request('/v1/customers/ada/grants', {
    ...{ method: 'POST', key: admin, body: '{}', headers: { 'content-type': 'application/json' } },
  });
  expect(write.headers.get('ratelimit')).toContain('"writes"');
  expect(write.status).toBe(422);
  expect((await api.request('/v1/customers/ada', { key: admin })).status).toBe(200);
});

test('a key that has used up its share is refused whatever it asks for', async () => {
  const { read: key } = api.keys;
  expect((await api.request('/v1/nothing', { key, headers: from('203.0.113.9') })).status).toBe(
    404,
  );
  await untilRefused(() => api.request('/v1/customers/ada', { key }));
  const refusal = await api.request('/v1/nothing', { key, headers: from('203.0.113.9') });
  expect(refusal.status).toBe(429);
  expect(refusal.headers.get('ratelimit')).toBe('"reads";r=0;t=1');
  expect(refusal.headers.get('x-content-type-options')).toBe('nosniff');
});

test('an address that tries keys is refused before any is looked up, and a known key is not', async () => {
  expect((await api.postUsage(EVENT, from('203.0.113.7'))).status).toBe(202);
  const tryOne = () =>
    api.request('/v1/customers/ada', { key: `tk_${Math.random()}`, headers: from('203.0.113.7') });
  const answers = await untilRefused(tryOne);
  expect(answers[0]?.status).toBe(401);
  expect(answers.at(-1)?.status).toBe(429);
  expect((await api.postUsage(EVENT, from('203.0.113.7'))).status).toBe(202);
  const elsewhere = { key: 'tk_none', headers: from('203.0.113.8') };
  expect((await api.request('/v1/customers/ada', elsewhere)).status).toBe(401);
});

test('wrong keys are in the log, a flood in one line, and in the metrics', async () => {
  const tryOne = () => api.request('/v1/customers/ada', { key: 'tk_secret-guess' });
  await untilRefused(tryOne);
  const warnings = logged.filter((line) => line.includes('wrong keys'));
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain('127.0.0.1');
  expect(logged.join('')).not.toContain('guess');
  const metrics = await (await api.request('/metrics', { key: api.keys.read })).text();
  expect(metrics).toMatch(/tollkeeper_refused_requests_total\{reason="wrong_key"\} \d\d/);
  expect(metrics).toMatch(/tollkeeper_refused_requests_total\{reason="refusals"\} 1/);
});

test('pages are limited by address, and whether the process lives may be asked as one likes', async () => {
  const answers = await untilRefused(() =>
    api.request('/dashboard', { headers: from('2001:db8::1') }),
  );
  expect(answers.at(-1)?.status).toBe(429);
  const sameNetwork = { headers: from('2001:db8:0:0:9:9:9:9') };
  expect((await api.request('/v1/nothing', sameNetwork)).status).toBe(429);
  expect((await api.request('/dashboard', { headers: from('2001:db8:0:1::1') })).status).toBe(200);
  const alive = await Promise.all(
    Array.from({ length: 50 }, () => api.request('/healthz', { headers: from('2001:db8::1') })),
  );
  expect(new Set(alive.map(({ status }) => status))).toEqual(new Set([200]));
});

test('an address that signs wrongly is refused before its body is read', async () => {
  const post = () =>
    api.request('/webhooks/stripe', {
      ...{ method: 'POST', body: '{}' },
      headers: { 'stripe-signature': 't=1,v1=00', ...from('203.0.113.9') },
    });
  const answers = await untilRefused(post);
  expect(answers[0]?.status).toBe(400);
  expect(answers.at(-1)?.status).toBe(429);
  expect((await post()).status).toBe(429);
});
