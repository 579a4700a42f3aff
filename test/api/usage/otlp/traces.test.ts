/**
 * Goal: what OpenTelemetry's exporters send of calls of models is in the ledger, or told.
 * Method: the exporters of Node, and requests as others make them, to the API over a real database.
 */
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { startTracedApp } from '../../../support/otlp/exporters';
import type { Protocol } from '../../../support/otlp/exporters';
import { startOtlpApi, usageIdOf } from '../../../support/otlp/otlp-api';
import type { OtlpApi } from '../../../support/otlp/otlp-api';
import { aCall, aSpan } from '../../../support/otlp/spans';
import type { PlainAttributes } from '../../../support/otlp/spans';

let api: OtlpApi;
beforeAll(async () => {
  api = await startOtlpApi();
});
afterAll(() => api.close());
beforeEach(() => api.pool.query('truncate usage_events cascade'));

const CALL = {
  ...{ 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4o-mini' },
  ...{ 'gen_ai.usage.input_tokens': 120, 'gen_ai.usage.output_tokens': 30 },
};

describe.each<[Protocol, boolean]>([
  ['http/protobuf', false],
  ['http/protobuf', true],
  ['http/json', false],
  ['http/json', true],
])("Node's exporter by %s, with gzip: %s", (protocol, gzip) => {
  const settings = (more = {}) => ({
    ...{ endpoint: `${api.url}/otlp`, key: api.keys.ingest, protocol, gzip, ...more },
  });

  test('has calls recorded, and an agent around them passed over', async () => {
    const app = startTracedApp(settings({ resource: { 'tollkeeper.customer': 'bo' } }));
    const agent = app.call('invoke_agent', {
      ...{ ...CALL, 'gen_ai.operation.name': 'invoke_agent' },
      'gen_ai.usage.input_tokens': 240,
    });
    app.call('chat', { ...CALL, 'tollkeeper.customer': 'ada' }, agent.inside).end();
    app.call('chat', CALL, agent.inside).end();
    app.call('GET', { 'http.request.method': 'GET' }, agent.inside).end();
    agent.end();
    await app.flush();
    const rows = await api.recorded();
    expect(rows.map(({ customer }) => customer).sort()).toEqual(['ada', 'bo']);
    for (const row of rows)
      expect(row).toMatchObject({ model: 'gpt-4o-mini', input: 120, output: 30 });
    expect(app.told.join()).toContain(
      '2 were recorded, 0 were recorded before, 0 were rejected, 1',
    );
    await app.close();
  });

  test('is told of a call of nobody', async () => {
    const app = startTracedApp(settings());
    app.call('chat', CALL).end();
    await app.flush();
    expect(await api.recorded()).toEqual([]);
    expect(app.told.join()).toContain('does not say whose call it was');
    await app.close();
  });

  test('sends again what was told to wait, and it counts once', async () => {
    const gateway = await api.impatientGateway();
    const app = startTracedApp({ ...settings(), endpoint: `${gateway.url}/otlp` });
    app.call('chat', { ...CALL, 'tollkeeper.customer': 'ada' }).end();
    await app.flush();
    expect(await api.recorded()).toHaveLength(1);
    await app.close();
    gateway.close();
  });
});

test('a call that can not be counted rejects only itself, and says why', async () => {
  const good = aCall();
  const answer = await api.send(
    ...[good, aCall({ 'tollkeeper.customer': 'nobody' }), aCall({ 'tollkeeper.customer': '' })],
    ...[{ traceId: 'none' }, 7, aCall({ 'gen_ai.usage.input_tokens': 'many' })],
  );
  expect(answer).toMatchObject({
    rejected: 5,
    errorMessage: expect.stringMatching(
      /1 were recorded, .* 5 were rejected.*customer_not_found: There is no customer "nobody"/,
    ),
  });
  expect(await api.recordedIds()).toEqual([usageIdOf(good)]);
});

test('spans that have nothing to do with models are taken without a word', async () => {
  expect(await api.send(aSpan({ 'db.system': 'postgresql' }))).toEqual({ rejected: 0 });
  expect((await api.post({})).answer).toEqual({});
});

test('whatever is among them, good calls are recorded, and each other one is told', async () => {
  const faulty = fc.oneof(
    fc.jsonValue(),
    fc
      .constantFrom<PlainAttributes>(
        { 'tollkeeper.customer': 'nobody' },
        { 'tollkeeper.customer': '\u0000' },
        { 'gen_ai.usage.input_tokens': -1 },
        { 'gen_ai.usage.output_tokens': 1e13 },
        { 'gen_ai.request.model': 'x'.repeat(300) },
        { 'gen_ai.usage.prompt_tokens': 7 },
      )
      .map((change) => aCall(change)),
    fc
      .record({ startTimeUnixNano: fc.constantFrom('1000000000', '-1', '9'.repeat(20)) })
      .map((change) => aCall({}, change)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(faulty, { maxLength: 8 }), fc.nat(8), async (faults, at) => {
      await api.pool.query('truncate usage_events cascade');
      const good = aCall();
      const { rejected } = await api.send(...faults.slice(0, at), good, ...faults.slice(at));
      expect(await api.recordedIds()).toEqual([usageIdOf(good)]);
      expect(rejected).toBe(faults.length);
    }),
    { numRuns: 40 },
  );
});

describe('a request that is no good', () => {
  test.each<[string, unknown, Record<string, string>, number, number]>([
    ['no JSON', '{', {}, 400, 3],
    ['no object', '[]', {}, 400, 3],
    ['no list', { resourceSpans: {} }, {}, 400, 3],
    ['no gzip', '{}', { 'content-encoding': 'gzip' }, 400, 3],
    ['another compression', '{}', { 'content-encoding': 'zstd' }, 415, 3],
    ['another type', '{}', { 'content-type': 'text/plain' }, 415, 3],
    ['a body over 2 MiB', ' '.repeat(2 * 1024 * 1024 + 1), {}, 413, 3],
    ['too many values', `{"a":[${'1,'.repeat(200_001)}1]}`, {}, 413, 3],
  ])('(%s) is refused in words of OTLP', async (_what, body, headers, status, code) => {
    const refused = await api.post(body, headers);
    expect(refused).toMatchObject({ status, answer: { code } });
    expect(refused.answer.message).toMatch(/^[a-z_]+: .{20}/);
  });

  test('unpacks to no more than its bound', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '));
    expect(await api.post(bomb, { 'content-encoding': 'gzip' })).toMatchObject({ status: 413 });
  });

  test('is refused in protobuf where it came in protobuf', async () => {
    const type = 'application/x-protobuf';
    const { status, type: answeredType } = await api.post(Buffer.from([0xff]), {
      'content-type': type,
    });
    expect([status, answeredType]).toEqual([400, type]);
  });

  test('by no key, or by one for reading, is refused as everywhere', async () => {
    expect(await api.post({}, {}, 'tk_none')).toMatchObject({ status: 401, answer: { code: 16 } });
    expect(await api.post({}, {}, api.keys.read)).toMatchObject({
      status: 403,
      answer: { code: 7 },
    });
  });
});

test('what was ignored and what was rejected is in the metrics', async () => {
  const framework = aCall();
  await api.send(
    framework,
    aCall({}, { traceId: framework.traceId, parentSpanId: framework.spanId }),
    aCall({ 'tollkeeper.customer': 'nobody' }),
  );
  const metrics = await (await api.request('/metrics', { key: api.keys.read })).text();
  expect(metrics).toMatch(/tollkeeper_ignored_spans_total [1-9]/);
  expect(metrics).toMatch(/tollkeeper_usage_events_total\{result="rejected"\} [1-9]/);
});
