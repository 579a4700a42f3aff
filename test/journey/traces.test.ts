/**
 * Goal: one request can be followed to Stripe's call in one trace, and nothing secret is in it.
 * Method: API and worker as programs of their own, which send to a collector of this test.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createStripe } from '../../src/stripe/client';
import { startDevelopmentStack } from '../support/stack/development-stack';
import type { DevelopmentStack } from '../support/stack/development-stack';
import { eventually } from '../support/stack/eventually';
import { startOtlpCollector } from '../support/stack/otlp-collector';
import type { OtlpCollector, ReceivedSpan } from '../support/stack/otlp-collector';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const TRACEPARENT = `00-${TRACE_ID}-b7ad6b7169203331-01`;

let dir: string;
let stack: DevelopmentStack;
let collector: OtlpCollector;
let sent: { readonly status: number };

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tollkeeper-traces-'));
  collector = await startOtlpCollector();
  stack = await startDevelopmentStack(dir, [], { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  const customer = { email: 'ada@example.com', plan: 'pay_as_you_go' };
  await call('PUT', '/v1/customers/ada', customer);
  sent = await call(
    'POST',
    '/v1/usage',
    { id: 'call-1', customer: 'ada', model: 'gpt-4o-mini', tokens: { input: 1_234 } },
    { traceparent: TRACEPARENT },
  );
}, 200_000);

afterAll(async () => {
  await stack.end('SIGINT');
  await collector.close();
  rmSync(dir, { recursive: true, force: true });
}, 60_000);

const call = (method: string, path: string, body: unknown, more = {}): Promise<Response> =>
  fetch(stack.info.apiUrl + path, {
    method,
    headers: {
      authorization: `Bearer ${stack.info.adminKey}`,
      'content-type': 'application/json',
      ...more,
    },
    body: JSON.stringify(body),
  });

/** What a person does at Stripe's dashboard, of which only a webhook tells. */
async function changeAtStripe(): Promise<void> {
  const { stripeSecretKey: secretKey, stripeApiBase } = stack.info;
  const stripe = createStripe({ secretKey, apiBase: stripeApiBase ?? undefined });
  const { data } = await stripe.subscriptions.list({ limit: 1 });
  await stripe.subscriptions.update(String(data[0]?.id), { metadata: { seen: 'by a person' } });
}

const spanNamed = (name: string, isIt = (_span: ReceivedSpan) => true) =>
  eventually(
    async () => collector.spans.find((span) => span.name === name && isIt(span)),
    (span) => span !== undefined,
    60_000,
  ) as Promise<ReceivedSpan>;

const inTrace = ({ traceId }: ReceivedSpan) => hex(traceId) === TRACE_ID;
const hex = (base64: string) => Buffer.from(base64, 'base64').toString('hex');

/** From a span up to the one that nobody else here is the parent of. */
function ancestors(span: ReceivedSpan): string[] {
  const parent = collector.spans.find(({ spanId }) => spanId === span.parentSpanId);
  return [span.name, ...(parent ? ancestors(parent) : [])];
}

test('a usage event is followed from its request to the meter event at Stripe', async () => {
  expect(sent.status).toBe(202);
  const atStripe = await spanNamed('POST /v1/billing/meter_events', inTrace);
  // Two processes send their spans, each in parts: a parent's may come after its child's.
  const line = await eventually(
    () => ancestors(atStripe),
    (names) => names.includes('POST /v1/usage'),
    60_000,
  );
  expect(line).toEqual([
    'POST /v1/billing/meter_events',
    'RunActivity:reportUsage',
    'SignalWithStartWorkflow:billing',
    'forward usage',
    'POST /v1/usage',
  ]);
  expect(atStripe.attributes).toMatchObject({
    'http.response.status_code': '200',
    'stripe.meter_event.identifier': expect.stringMatching(/^sub_.*:payg_standard:1$/) as string,
    'stripe.request_id': expect.stringMatching(/^req_/) as string,
  });
});

test('the workflow that decided is in the trace, with its run', async () => {
  const taken = await spanNamed('billing takes usageRecorded', inTrace);
  expect(taken.attributes).toMatchObject({
    temporalWorkflowId: 'billing:ada',
    run_id: expect.stringMatching(/./) as string,
  });
});

test('a webhook of Stripe’s is followed to what the workflow reads at Stripe', async () => {
  // News that came with the first usage may be read in the usage's trace: this one comes alone.
  await spanNamed('POST /v1/billing/meter_events', inTrace);
  await changeAtStripe();
  const read = await spanNamed('GET /v1/subscriptions', (span) =>
    ancestors(span).includes('POST /webhooks/stripe'),
  );
  expect(ancestors(read).slice(-3)).toEqual([
    'SignalWithStartWorkflow:billing',
    'forward Stripe event',
    'POST /webhooks/stripe',
  ]);
});

test('a request is named by its route, a refused one by its problem', async () => {
  const path = '/v1/customers/nobody/dashboard-link?token=a-secret-query';
  expect((await call('POST', path, {})).status).toBe(404);
  const span = await spanNamed('POST /v1/customers/:customer/dashboard-link');
  expect(span.attributes).toMatchObject({
    'http.response.status_code': '404',
    'error.type': 'customer_not_found',
  });
});

test('keys, secrets, queries, addresses and bodies are in no span', async () => {
  await spanNamed('POST /v1/billing/meter_events', inTrace);
  const all = Buffer.concat(collector.bytes).toString('latin1');
  const { adminKey, ingestKey, stripeSecretKey, stripeWebhookSecret } = stack.info;
  const secrets = [adminKey, ingestKey, stripeSecretKey, stripeWebhookSecret];
  const told = [...secrets, 'a-secret-query', 'ada@example.com'].filter((text) =>
    all.includes(text),
  );
  expect(told).toEqual([]);
});

test('a collector that fails costs no usage and no answer', async () => {
  collector.status = 503;
  const { requests } = collector;
  const event = { id: 'call-2', customer: 'ada', model: 'gpt-4o-mini', tokens: { input: 1 } };
  expect((await call('POST', '/v1/usage', event)).status).toBe(202);
  await eventually(
    async () => collector.requests,
    (count) => count > requests,
    30_000,
  );
  const read = async () =>
    (await (
      await fetch(`${stack.info.apiUrl}/v1/customers/ada/usage`, {
        headers: { authorization: `Bearer ${stack.info.adminKey}` },
      })
    ).json()) as { usedTokens: number };
  await eventually(read, ({ usedTokens }) => usedTokens === 1_235);
});
