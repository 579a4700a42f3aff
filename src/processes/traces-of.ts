/** Config → traces. The SDK is loaded only where there is somebody to send to. */
import type { Logger } from 'pino';
import type { Config } from '../config';
import type { Traces } from '../traces/start-traces';

type TracesConfig = Pick<
  Config,
  'OTEL_EXPORTER_OTLP_ENDPOINT' | 'OTEL_SERVICE_NAME' | 'OTEL_TRACES_SAMPLER_ARG'
>;

export async function tracesOf(config: TracesConfig, log: Logger): Promise<Traces | undefined> {
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined) return undefined;
  const { startTraces } = await import('../traces/start-traces.js');
  return startTraces({
    endpoint,
    serviceName: config.OTEL_SERVICE_NAME,
    ratio: config.OTEL_TRACES_SAMPLER_ARG,
    onTrouble: (message) => log.warn({ endpoint, message }, 'traces can not be sent'),
  });
}
