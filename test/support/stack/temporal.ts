/** Connections to the two Temporal servers of the global setup. */
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { SEARCH_ATTRIBUTES } from '../../../src/temporal/connect';
import { createNamespace } from './namespace';

/**
 * Its own server with its own clock: one a test file, and its time is shared by all tests of it.
 */
export async function timeSkippingEnvironment(): Promise<TestWorkflowEnvironment> {
  const path = fromGlobalSetup('TEST_TIME_SKIPPING_SERVER');
  const env = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
  await env.connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: SEARCH_ATTRIBUTES,
  });
  return env;
}

/**
 * The dev server: real continue-as-new, children and visibility, but no skipping of time. What an
 * earlier file left behind, and its timers, are in a namespace of their own.
 */
export async function devServerEnvironment(): Promise<TestWorkflowEnvironment> {
  const address = fromGlobalSetup('TEST_TEMPORAL_ADDRESS');
  const namespace = await createNamespace(address, 'workflows');
  return TestWorkflowEnvironment.createFromExistingServer({ address, namespace });
}

function fromGlobalSetup(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(
    `${name} is not set: a test with Temporal belongs to the integration project, whose global ` +
      'setup starts it (jest.config.js).',
  );
}
