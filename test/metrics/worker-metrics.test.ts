/**
 * Goal: a worker that was given ports tells what only the workflows know, how its calls to Stripe
 * end, and what Temporal's SDK measures; and what operators ask Temporal is answered.
 */
import { BILLING_TASK_QUEUE, recordUsageSignal } from '../../workflows/contract';
import { freePort } from '../../src/dev/free-port';
import { readText } from '../docs/documents';
import { eventually } from '../support/stack/eventually';
import { startProduct } from '../support/stack/product';
import type { Product } from '../support/stack/product';

let product: Product;
let metricsUrl: string;
let temporalMetricsUrl: string;
beforeAll(async () => {
  const [port, temporalPort] = [await freePort(), await freePort()];
  metricsUrl = `http://127.0.0.1:${port}`;
  temporalMetricsUrl = `http://127.0.0.1:${temporalPort}/metrics`;
  product = await startProduct({
    ...{ LOG_LEVEL: 'silent', METRICS_PORT: String(port) },
    TEMPORAL_METRICS_ADDRESS: `127.0.0.1:${temporalPort}`,
  });
  await product.api.put('/v1/customers/ada', { email: 'ada@example.com', plan: 'starter' });
}, 120_000);
afterAll(() => product.stop());

const read = async (url: string) =>
  (await fetch(url, { headers: { authorization: `Bearer ${product.adminKey}` } })).text();

test('open exceptions and dunning cases are counted by kind and step', async () => {
  const ada = product.temporal.workflow.getHandle('billing:ada');
  await ada.signal(recordUsageSignal, { events: [{ id: 'bad' } as never] });
  const text = await eventually(
    () => read(`${metricsUrl}/metrics`),
    (seen) => seen.includes('tollkeeper_open_exceptions{kind="usage_rejected"} 1'),
    60_000,
  );
  expect(text).toContain('tollkeeper_open_exceptions{kind="invoice_differs"} 0');
  expect(text).toContain('tollkeeper_dunning_cases{step="day 0 notify"} 0');
  expect(text).toContain('tollkeeper_dunning_cases{step="other"} 0');
}, 90_000);

test('how long usage waits for a worker is seen by the worker, and told by the API', async () => {
  const tokens = { input: 1_000, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
  const second = Math.floor(Date.now() / 1000);
  await product.api.recordUsage('ada', [{ id: 'waits', model: 'gpt-4o-mini', tokens, second }]);
  const text = await eventually(
    () => read(`${product.apiUrl}/metrics`),
    (seen) => /^tollkeeper_report_wait_seconds \d/m.test(seen),
    60_000,
  );
  // As often as `FORWARD_INTERVAL_MS` has it: nothing waits.
  const [, asked = ''] = /^tollkeeper_report_interval_asked_seconds (.*)$/m.exec(text) ?? [];
  expect(Number(asked)).toBeGreaterThan(0);
  expect(text).toContain(`tollkeeper_report_interval_seconds ${asked}\n`);
}, 90_000);

test('calls to Stripe are counted by how they end, by worker and API alike', async () => {
  await product.stripe.customers.retrieve('cus_none').catch(() => undefined);
  for (const url of [`${metricsUrl}/metrics`, `${product.apiUrl}/metrics`]) {
    const text = await read(url);
    expect(text).toMatch(/tollkeeper_stripe_calls_total\{outcome="ok"\} [1-9]/);
    expect(text).toMatch(/tollkeeper_stripe_calls_total\{outcome="refused"\} [1-9]/);
    expect(text).toMatch(/tollkeeper_stripe_call_seconds_count [1-9]/);
  }
});

test("the Temporal SDK's metrics are where they were asked for, and what the dashboard shows", async () => {
  const shown = readText('docs/grafana/tollkeeper.json').match(/\btemporal_\w+/g) ?? [];
  expect(shown.length).toBeGreaterThan(1);
  await eventually(
    async () => {
      const text = await read(temporalMetricsUrl);
      return shown.filter((name) => !text.includes(`${name}{`));
    },
    (missing) => missing.length === 0,
  );
});

test('it says there that it lives, and serves nothing else', async () => {
  expect((await fetch(`${metricsUrl}/healthz`)).status).toBe(200);
  expect((await fetch(`${metricsUrl}/v1/usage`)).status).toBe(404);
});

test('every saved query of the guide is one that Temporal answers', async () => {
  const [, table = ''] = readText('docs/guides/operate/temporal-ui.md').split(
    '| saved query | filter | shows |',
  );
  const rows = table.slice(0, table.indexOf('\n\n')).matchAll(/^\| [^|`]+ \| `([^`]+)` \|/gm);
  const filters = [...rows].map(([, filter]) => String(filter));
  expect(filters.length).toBeGreaterThan(8);
  const counts = () =>
    Promise.all(
      filters.map(async (filter) => (await product.temporal.workflow.count(filter)).count),
    );
  // ada, by her exception and by her plan.
  await eventually(counts, (found) => found.filter((count) => count > 0).join() === '1,1');
});

test('workflow tasks that fail, and runs that somebody ended, are counted where alerts look', async () => {
  const { workflow } = product.temporal;
  const unknown = await workflow.start('nothing of ours', {
    ...{ workflowId: 'billing:eve', taskQueue: BILLING_TASK_QUEUE, args: [] },
  });
  const failed = await eventually(
    () => read(temporalMetricsUrl),
    (seen) => /^temporal_workflow_task_execution_failed\{[^}]*\} [2-9]/m.test(seen),
    60_000,
  );
  expect(readText('docs/alerts.yml')).toContain('(temporal_workflow_task_execution_failed[');
  expect(failed).toContain('# TYPE temporal_workflow_task_execution_failed counter');
  await unknown.terminate('a test');
  await workflow.getHandle('billing:ada').terminate('a test');
  const text = await eventually(
    () => read(`${metricsUrl}/metrics`),
    (seen) => seen.includes('tollkeeper_ended_workflows{type="billing",status="Terminated"} 1'),
    60_000,
  );
  expect(text).toContain('tollkeeper_ended_workflows{type="payout",status="Failed"} 0');
  // From the first scrape: of a counter that is not there yet no alert sees the first increase.
  expect(text).toContain('tollkeeper_runs_cut_short_total 0');
}, 150_000);
