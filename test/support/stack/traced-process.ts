/**
 * A process with all that API and worker load, and one span that failed. Tells as JSON how much it
 * has loaded of OpenTelemetry besides the API, and the messages in which spans come to us as usage.
 */
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import '../../../src/processes/api';
import { loadConfig } from '../../../src/config';
import { createServices } from '../../../src/processes/services';
import '../../../src/processes/worker';

async function run(): Promise<void> {
  const services = await createServices(loadConfig());
  const span = trace.getTracer('test').startSpan('the only span', { kind: SpanKind.SERVER });
  // As Temporal's interceptors do with what was thrown.
  span.recordException(new TypeError('a-secret-message'));
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'a-secret-message' });
  span.end();
  await services.close();
  const loaded = Object.keys(require.cache).filter((file) =>
    /@opentelemetry\/(?!api\/|otlp-transformer\/)|interceptors-opentelemetry/.test(file),
  );
  process.stdout.write(JSON.stringify({ loaded: loaded.length }), () => process.exit(0));
}

void run();
