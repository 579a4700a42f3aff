/** Signals reach `billing:{customer}` on a real server, whether it runs already or not. */
import { Client, Connection } from '@temporalio/client';
import { createBillingStarter, createWorkflowSignals } from '../../src/temporal/signals';

let connection: Connection;
let temporal: Client;

beforeAll(async () => {
  connection = await Connection.connect({ address: process.env.TEST_TEMPORAL_ADDRESS });
  temporal = new Client({ connection });
});

afterAll(() => connection.close());

test('the first signal starts the workflow, the next ones join it', async () => {
  const customer = `signals-${process.pid}-${Date.now()}`;
  const deps = { temporal, config: { SIGNALS_PER_RUN_MAX: 7 } };
  const signals = createWorkflowSignals(deps);
  await signals.signalUsage(customer, { batches: [{ sequence: 1, lines: [] }] });
  const hint = { id: 'evt_1', type: 'invoice.paid', objectId: 'in_1', created: 1 };
  await signals.signalStripeEvent(customer, hint);
  await createBillingStarter(deps)(customer);

  const handle = temporal.workflow.getHandle(`billing:${customer}`);
  const { events = [] } = await handle.fetchHistory();
  const names = (events ?? []).flatMap(
    (event) => event.workflowExecutionSignaledEventAttributes?.signalName ?? [],
  );
  expect(names).toEqual(['usageRecorded', 'stripeEvent']);
  const started = events?.[0]?.workflowExecutionStartedEventAttributes;
  expect(started?.taskQueue?.name).toBe('billing');
  expect(started?.priority?.fairnessKey).toBe(customer);
  expect(JSON.parse(Buffer.from(started?.input?.payloads?.[0]?.data ?? []).toString())).toEqual({
    customer,
    signalsPerRunMax: 7,
  });
  await handle.terminate('test is over');
});
