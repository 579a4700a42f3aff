/**
 * Goal: a call counts once, however many spans tell of it, in whatever order they come.
 * Method: spans as frameworks and clients make them, in one request and in several.
 */
import { startOtlpApi, usageIdOf } from '../../../support/otlp/otlp-api';
import type { OtlpApi } from '../../../support/otlp/otlp-api';
import { aCall, aSpan, newId } from '../../../support/otlp/spans';
import type { PlainAttributes, PlainSpan } from '../../../support/otlp/spans';

let api: OtlpApi;
beforeAll(async () => {
  api = await startOtlpApi();
});
afterAll(() => api.close());
beforeEach(() => api.pool.query('truncate usage_events cascade'));

const within = ({ traceId, spanId }: PlainSpan) => ({ traceId, parentSpanId: spanId });

test('one call that is sent twice, or by two exporters, counts once', async () => {
  const call = aCall();
  expect(await api.send(call, call)).toEqual({ rejected: 0 });
  expect(await api.send(call)).toEqual({ rejected: 0 });
  expect(await api.recorded()).toHaveLength(1);
});

test("one call has a framework's span around it, which does not count", async () => {
  const framework = aCall();
  const client = aCall({}, within(framework));
  expect(await api.send(framework, client)).toMatchObject({ rejected: 0 });
  expect(await api.recordedIds()).toEqual([usageIdOf(client)]);
});

test.each<[string, (framework: PlainSpan, client: PlainSpan) => PlainSpan[]]>([
  ['its client', (framework, client) => [client, framework]],
  ['the framework', (framework, client) => [framework, client]],
])('one call counts once, whichever comes first: %s', async (_first, inOrder) => {
  const framework = aCall();
  const client = aCall({ 'gen_ai.response.model': 'gpt-4o-mini-1' }, within(framework));
  const [first, second] = inOrder(framework, client) as [PlainSpan, PlainSpan];
  await api.send(first);
  expect(await api.send(second)).toMatchObject({
    rejected: 0,
    errorMessage: expect.stringContaining('1 were ignored') as string,
  });
  for (const span of [first, second]) await api.send(span);
  expect(await api.recordedIds()).toEqual([usageIdOf(first)]);
});

test('one call counts once where other spans are between the two', async () => {
  const framework = aCall();
  const between = aSpan({ 'http.request.method': 'POST' }, within(framework));
  const client = aCall({}, within(between));
  await api.send(client, between, framework);
  expect(await api.recordedIds()).toEqual([usageIdOf(client)]);
});

test('one call that an agent makes within a call is another call', async () => {
  const call = aCall();
  const tool = aCall({ 'gen_ai.operation.name': 'execute_tool' }, within(call));
  const inner = aCall({}, within(tool));
  await api.send(inner, tool, call);
  expect(await api.recorded()).toHaveLength(2);
});

test('one call of which two instrumentations tell by its response counts once', async () => {
  const traceId = newId(16);
  const id = { 'gen_ai.response.id': `chatcmpl-${newId(12)}` };
  await api.send(aCall(id, { traceId }));
  expect(await api.send(aCall(id, { traceId: newId(16) }))).toMatchObject({ rejected: 0 });
  expect(await api.recorded()).toHaveLength(1);
});

test.each<[string, PlainAttributes, Record<string, unknown>]>([
  ['an id that is short', { 'gen_ai.response.id': 'chatcmpl-7' }, {}],
  [
    'the id later',
    { 'gen_ai.response.id': 'chatcmpl-0000000000000' },
    {
      startTimeUnixNano: `${Date.now() + 60_000}000000`,
      endTimeUnixNano: `${Date.now() + 61_000}000000`,
    },
  ],
  [
    'the id for more tokens',
    { 'gen_ai.response.id': 'chatcmpl-1111111111111', 'gen_ai.usage.output_tokens': 31 },
    {},
  ],
])('one call of a server that uses %s again is another call', async (_what, attributes, change) => {
  await api.send(aCall({ 'gen_ai.response.id': String(attributes['gen_ai.response.id']) }));
  await api.send(aCall(attributes, change));
  expect(await api.recorded()).toHaveLength(2);
});

test('one call is told by the span around it where its own does not say whose it was', async () => {
  const framework = aCall();
  const client = aCall({ 'tollkeeper.customer': '' }, within(framework));
  expect(await api.send(client, framework)).toMatchObject({ rejected: 0 });
  expect(await api.recordedIds()).toEqual([usageIdOf(framework)]);
});
