/** Goal: a worker keeps as many workflows as its memory takes, and tells no more than is asked. */
import { cachedWorkflowsOf } from '../../src/processes/workflow-threads';
import { startProduct } from '../support/stack/product';
import type { Product } from '../support/stack/product';

const GIGABYTE = 2 ** 30;

let product: Product;
afterEach(() => product?.stop());

/** What Temporal's UI shows of where the workflow of a new customer waits. */
async function stackTrace(environment: Record<string, string>): Promise<unknown> {
  product = await startProduct(environment);
  await product.api.put('/v1/customers/acme', { email: 'a@example.com', plan: 'starter' });
  return product.temporal.workflow.getHandle('billing:acme').query('__stack_trace');
}

test('where each promise was made is not noted, and the query says so', async () => {
  await expect(stackTrace({})).rejects.toThrow('stack traces are not enabled on this worker');
});

test('operators who look for a fault have it noted', async () => {
  const trace = await stackTrace({ WORKFLOW_STACK_TRACES: 'on' });
  expect(trace).toMatch(/workflows\/[\w-]+\.ts:\d+/);
});

test.each([
  [4, 1_365],
  [2, 682],
  [0.25, 100],
])('with a heap of %d GB a worker keeps %d workflows', (gigabytes, workflows) => {
  expect(cachedWorkflowsOf(gigabytes * GIGABYTE)).toBe(workflows);
});
