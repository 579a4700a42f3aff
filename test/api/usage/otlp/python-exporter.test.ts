/**
 * Goal: OpenTelemetry's exporter for Python is understood, and sends again what it was told to.
 * Method: the newest from PyPI, as a program of its own, to the API over a real database.
 */
import { join } from 'node:path';
import { startOtlpApi } from '../../../support/otlp/otlp-api';
import type { OtlpApi } from '../../../support/otlp/otlp-api';
import { pythonWith, runPython } from '../../../support/sdk/python';

const PACKAGES = ['opentelemetry-sdk', 'opentelemetry-exporter-otlp-proto-http'];
const SCRIPT = join(__dirname, '..', '..', '..', 'support', 'otlp', 'export_spans.py');
const INSTALL_MS = 300_000;

let api: OtlpApi;
let python: string;
beforeAll(async () => {
  const install = (pip: (packages: readonly string[]) => Promise<unknown>) => pip(PACKAGES);
  python = await pythonWith('OpenTelemetry for Python', PACKAGES, install);
  api = await startOtlpApi();
}, INSTALL_MS);
afterAll(() => api.close());
beforeEach(() => api.pool.query('truncate usage_events cascade'));

const exportTo = (url: string, compression: string) =>
  runPython(python, [SCRIPT], {
    OTEL_EXPORTER_OTLP_ENDPOINT: `${url}/otlp`,
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${api.keys.ingest}`,
    OTEL_EXPORTER_OTLP_COMPRESSION: compression,
  });

test.each(['none', 'gzip'])('a call that it sends, compressed by %s, is recorded', async (by) => {
  expect(await exportTo(api.url, by)).toContain('exported: True');
  expect(await api.recorded()).toMatchObject([{ customer: 'ada', input: 120, output: 30 }]);
});

test('a call that it sends again counts once', async () => {
  const gateway = await api.impatientGateway();
  expect(await exportTo(gateway.url, 'gzip')).toContain('exported: True');
  expect(gateway.requests()).toBe(2);
  expect(await api.recorded()).toHaveLength(1);
  gateway.close();
});
