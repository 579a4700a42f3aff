/** What a span tells of one call, by every convention there is, and what it leaves open. */
import { readAttributes, readSpan } from '../../../../src/api/usage/otlp/span';
import { readSpanEvent } from '../../../../src/api/usage/otlp/span-event';
import { aCall, aSpan, attributesOf } from '../../../support/otlp/spans';
import type { PlainAttributes } from '../../../support/otlp/spans';

const CUSTOMER = 'tollkeeper.customer';

const read = (span: unknown, resource: PlainAttributes = {}) =>
  readSpanEvent(readSpan({ span, resource: readAttributes(attributesOf(resource)) }), CUSTOMER);

function eventOf(span: unknown, resource: PlainAttributes = {}) {
  const result = read(span, resource);
  return result.kind === 'call' ? result.event : result.kind;
}

const ofAda = { 'tollkeeper.customer': 'ada' };
const G = 'gen_ai.usage.';
const model = { 'gen_ai.request.model': 'm' };
const chat = { 'gen_ai.operation.name': 'chat', ...model, ...ofAda };
const openInference = { 'openinference.span.kind': 'LLM', 'llm.model_name': 'm', ...ofAda };
const aiSdk = { 'ai.operationId': 'ai.generateText.doGenerate', 'ai.model.id': 'm', ...ofAda };

test.each<[string, PlainAttributes, object]>([
  [
    'GenAI: caches and reasoning are within',
    {
      ...chat,
      ...{ [`${G}input_tokens`]: 1_000, [`${G}output_tokens`]: 200 },
      ...{ [`${G}cache_read.input_tokens`]: 600, [`${G}cache_creation.input_tokens`]: 100 },
      [`${G}reasoning.output_tokens`]: 150,
    },
    { input: 300, cacheRead: 600, cacheWrite: 100, output: 50, reasoning: 150 },
  ],
  [
    'GenAI before its names were changed',
    { ...chat, [`${G}prompt_tokens`]: 10, [`${G}completion_tokens`]: 20 },
    { input: 10, output: 20 },
  ],
  [
    'counts as decimal numbers, as some languages have them',
    { ...chat, [`${G}input_tokens`]: '10', [`${G}output_tokens`]: '20' },
    { input: 10, output: 20 },
  ],
  [
    'a cache that is larger than its prompt is beside it',
    {
      ...chat,
      [`${G}input_tokens`]: 20,
      [`${G}output_tokens`]: 5,
      [`${G}cache_read_input_tokens`]: 900,
    },
    { input: 20, output: 5, cacheRead: 900 },
  ],
  [
    'the total tells that the cache is beside',
    {
      ...chat,
      ...{ [`${G}input_tokens`]: 500, [`${G}output_tokens`]: 5 },
      ...{ [`${G}cache_read_input_tokens`]: 400, [`${G}total_tokens`]: 905 },
    },
    { input: 500, output: 5, cacheRead: 400 },
  ],
  [
    'OpenLLMetry before GenAI had conventions',
    {
      ...{ 'llm.request.type': 'chat', 'llm.request.model': 'm', ...ofAda },
      ...{ 'llm.usage.prompt_tokens': 7, 'llm.usage.completion_tokens': 8 },
      'llm.usage.total_tokens': 15,
    },
    { input: 7, output: 8 },
  ],
  [
    'OpenInference',
    {
      ...openInference,
      ...{ 'llm.token_count.prompt': 100, 'llm.token_count.completion': 60 },
      ...{ 'llm.token_count.total': 160, 'llm.token_count.prompt_details.cache_read': 40 },
      'llm.token_count.completion_details.reasoning': 50,
    },
    { input: 60, cacheRead: 40, output: 10, reasoning: 50 },
  ],
  [
    'the AI SDK 6',
    {
      ...aiSdk,
      ...{ 'ai.usage.inputTokens': 100, 'ai.usage.outputTokens': 50, 'ai.usage.totalTokens': 150 },
      ...{ 'ai.usage.inputTokenDetails.cacheReadTokens': 30, 'ai.usage.cachedInputTokens': 30 },
      ...{ 'ai.usage.reasoningTokens': 20, [`${G}input_tokens`]: 100, [`${G}output_tokens`]: 50 },
    },
    { input: 70, cacheRead: 30, output: 30, reasoning: 20 },
  ],
  [
    'the AI SDK 5 with Anthropic, whose caches are beside',
    {
      ...aiSdk,
      ...{ 'ai.usage.inputTokens': 20, 'ai.usage.outputTokens': 5, 'ai.usage.totalTokens': 25 },
      'ai.usage.cachedInputTokens': 1_000,
    },
    { input: 20, cacheRead: 1_000, output: 5 },
  ],
  [
    'embeddings have what was asked only',
    { ...chat, 'gen_ai.operation.name': 'embeddings', [`${G}input_tokens`]: 9 },
    { input: 9 },
  ],
  [
    "the AI SDK's embeddings",
    { 'ai.operationId': 'ai.embed.doEmbed', 'ai.model.id': 'm', 'ai.usage.tokens': 9, ...ofAda },
    { input: 9 },
  ],
])('%s', (_convention, attributes, tokens) => {
  expect(eventOf(aSpan(attributes))).toMatchObject({ customer: 'ada', model: 'm', tokens });
});

test('a call is known by its trace and its span, and was made when the span began', () => {
  const span = aCall({
    'gen_ai.response.id': 'chatcmpl-8d2f',
    'gen_ai.response.model': 'gpt-4o-mini-1',
  });
  expect(eventOf(span)).toEqual({
    id: `span:${span.traceId}:${span.spanId}`,
    customer: 'ada',
    model: 'gpt-4o-mini',
    tokens: { input: 120, output: 30 },
    occurredAt: new Date(Number(span.startTimeUnixNano) / 1e6).toISOString(),
    metadata: {
      ...{ endpoint: 'otlp', reportedModel: 'gpt-4o-mini-1', responseId: 'chatcmpl-8d2f' },
    },
  });
});

test('the tier that served a call, its provider and its audio tokens are kept', () => {
  const span = aCall({
    ...{ 'openai.response.service_tier': 'flex', 'gen_ai.provider.name': 'openai' },
    ...{ 'gen_ai.usage.audio.input_tokens': 100, 'gen_ai.usage.audio.output_tokens': 20 },
  });
  expect(eventOf(span)).toMatchObject({
    tokens: { input: 120, output: 30 },
    metadata: { serviceTier: 'flex', provider: 'openai', audioInput: 100, audioOutput: 20 },
  });
});

test.each<[string, PlainAttributes]>([
  ['the span', { 'tollkeeper.customer': 'bo' }],
  ["OpenLLMetry's association", { 'traceloop.association.properties.tollkeeper.customer': 'bo' }],
  ["the AI SDK's metadata", { 'ai.telemetry.metadata.tollkeeper.customer': 'bo' }],
])('the customer of %s goes before that of the resource', (_where, attributes) => {
  const others = { 'gen_ai.operation.name': 'chat', ...model };
  const span = aSpan({
    ...others,
    ...attributes,
    [`${G}input_tokens`]: 1,
    [`${G}output_tokens`]: 1,
  });
  expect(eventOf(span, { 'tollkeeper.customer': 'ada' })).toMatchObject({ customer: 'bo' });
  const without = aSpan({ ...others, [`${G}input_tokens`]: 1, [`${G}output_tokens`]: 1 });
  expect(eventOf(without, { 'tollkeeper.customer': 'ada' })).toMatchObject({ customer: 'ada' });
});

test.each<[string, PlainAttributes, string]>([
  ['of nobody', { 'tollkeeper.customer': '' }, 'expected the attribute tollkeeper.customer'],
  ['with a count that is none', { [`${G}input_tokens`]: -5 }, '"-5", which is no whole number'],
  ['with half a token', { [`${G}output_tokens`]: 1.5 }, '1.5, which is no whole number'],
  [
    'whose counts contradict each other',
    { [`${G}prompt_tokens`]: 121 },
    'gen_ai.usage.input_tokens is 120, but gen_ai.usage.prompt_tokens is 121',
  ],
  ['without tokens', { [`${G}input_tokens`]: 0, [`${G}output_tokens`]: 0 }, 'tells no tokens'],
  [
    'of an operation that nobody knows',
    { 'gen_ai.operation.name': 'divine' },
    'gen_ai.operation.name is "divine", which is not known',
  ],
  ['of a customer too long', { 'tollkeeper.customer': 'a'.repeat(201) }, 'customer is'],
])('a call %s is refused, with what was seen', (_what, attributes, message) => {
  expect(eventOf(aCall(attributes))).toMatchObject({
    code: 'invalid_usage_event',
    message: expect.stringContaining(message),
  });
});

test('tokens of a span that does not say what it is are told, and not counted', () => {
  const span = aSpan({ ...ofAda, [`${G}input_tokens`]: 5, [`${G}output_tokens`]: 5 });
  expect(eventOf(span)).toMatchObject({ message: expect.stringContaining('not what it is') });
});

test.each<[string, PlainAttributes]>([
  ['an agent', { 'gen_ai.operation.name': 'invoke_agent' }],
  ['a chain', { 'openinference.span.kind': 'CHAIN' }],
  ['a workflow', { 'traceloop.span.kind': 'workflow' }],
  ['a tool', { 'gen_ai.operation.name': 'execute_tool' }],
  ['a function of the AI SDK around its call', { 'ai.operationId': 'ai.streamText' }],
])('the tokens of %s are those of the calls in it', (_what, marks) => {
  const others = { ...model, ...ofAda };
  const tokens = { [`${G}input_tokens`]: 5, [`${G}output_tokens`]: 5 };
  expect(eventOf(aSpan({ ...others, ...tokens, ...marks }))).toBe('around');
  expect(eventOf(aSpan({ ...others, ...marks }))).toBe('other');
});

describe('what no attribute tells', () => {
  const asked = JSON.stringify([
    { role: 'user', parts: [{ type: 'text', content: 'a'.repeat(40) }] },
  ]);
  const answer = JSON.stringify([{ role: 'assistant', parts: [{ content: 'b'.repeat(20) }] }]);

  test('is estimated by the text that is recorded, and marked', () => {
    const span = aSpan({
      ...chat,
      'gen_ai.input.messages': asked,
      'gen_ai.output.messages': answer,
    });
    expect(eventOf(span)).toMatchObject({
      tokens: { input: 10, output: 5 },
      metadata: { estimated: 'true' },
    });
  });

  test('is estimated where OpenLLMetry has the text in parts', () => {
    const span = aSpan({
      ...chat,
      ...{ 'gen_ai.prompt.0.role': 'user', 'gen_ai.prompt.0.content': 'a'.repeat(40) },
      'gen_ai.completion.0.content': 'b'.repeat(20),
    });
    expect(eventOf(span)).toMatchObject({ tokens: { input: 10, output: 5 } });
  });

  test('is nothing where the call failed', () => {
    const failed = { status: { code: 2 } };
    expect(eventOf(aSpan({ ...chat, 'gen_ai.input.messages': asked }, failed))).toBe('failed');
  });

  test('and what a call has told counts though it failed', () => {
    expect(eventOf(aCall({}, { status: { code: 2 } }))).toMatchObject({
      tokens: { input: 120, output: 30 },
    });
  });
});

test.each<[string, Record<string, unknown>]>([
  ['no trace', { traceId: '' }],
  ['a trace of nothing but zeros', { traceId: '0'.repeat(32) }],
  ['an id in base64', { spanId: 'W6/gkRX0Yfg=' }],
  ['a time that is none', { startTimeUnixNano: 'soon' }],
])('a span with %s is none', (_what, change) => {
  expect(() => read(aCall({}, change))).toThrow(/^It is no span of OTLP: \w+ is .*: expected/);
});
