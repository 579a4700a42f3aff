/** Goal: tracing is not there while it is off, and tells no words of what went wrong. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LEADING_AWAY } from '../support/stack/development-stack';
import { startOtlpCollector } from '../support/stack/otlp-collector';
import type { OtlpCollector } from '../support/stack/otlp-collector';

const ROOT = join(__dirname, '..', '..');

let collector: OtlpCollector;
beforeEach(async () => {
  collector = await startOtlpCollector();
});
afterEach(() => collector.close());

async function runProcess(environment: Readonly<Record<string, string>>) {
  const ours = Object.entries(process.env).filter(([name]) => !LEADING_AWAY.test(name));
  const program = [require.resolve('tsx/cli'), join(ROOT, 'test/support/stack/traced-process.ts')];
  const { stdout } = await promisify(execFile)(process.execPath, program, {
    cwd: ROOT,
    env: {
      ...Object.fromEntries(ours),
      LOG_LEVEL: 'silent',
      DATABASE_URL: 'postgres://127.0.0.1:1/nowhere',
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      STRIPE_SECRET_KEY: 'sk_test_none',
      STRIPE_WEBHOOK_SECRET: 'whsec_none',
      ...environment,
    },
  });
  return JSON.parse(stdout) as { loaded: number };
}

test('off, nothing of the SDK is loaded, and nothing is sent', async () => {
  expect(await runProcess({})).toEqual({ loaded: 0 });
  expect(collector.requests).toBe(0);
});

test('on, a process that ends has sent its last span', async () => {
  const { loaded } = await runProcess({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  expect(loaded).toBeGreaterThan(0);
  expect(collector.spans.map(({ name }) => name)).toEqual(['the only span']);
});

test('that something failed is sent, and of what kind, but not in which words', async () => {
  await runProcess({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  const all = Buffer.concat(collector.bytes).toString('latin1');
  expect(all).toContain('TypeError');
  expect(all).not.toContain('a-secret-message');
});

test('what the sampler leaves out is not sent', async () => {
  const none = { OTEL_TRACES_SAMPLER_ARG: '0' };
  await runProcess({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...none });
  expect(collector.spans).toEqual([]);
});
