/**
 * Temporal's runtime, one for the process and installed before any connection is made: what tests
 * provoke on purpose is logged by the workflow or as a warning, and neither is shown.
 */
import { DefaultLogger, Runtime } from '@temporalio/worker';

Runtime.install({
  logger: new DefaultLogger('ERROR', (entry) => {
    if (entry.meta?.sdkComponent !== 'workflow') process.stderr.write(`${entry.message}\n`);
  }),
  telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } },
});
