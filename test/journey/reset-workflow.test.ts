/** Goal: a run that an operator resets to an earlier point costs no token and counts none twice. */
import { statusQuery } from '../../workflows/contract';
import { eventually } from '../support/stack/eventually';
import { sumMeters } from '../support/stripe/meter-sum';
import { startProduct } from '../support/stack/product';
import type { Product } from '../support/stack/product';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
}, 120_000);
afterAll(() => product.stop());

const handle = () => product.temporal.workflow.getHandle('billing:phoenix');
const state = () => handle().query(statusQuery);

let calls = 0;
async function use(tokens: number): Promise<void> {
  calls += 1;
  const second = Math.floor(Date.now() / 1000);
  const call = { id: `call-${calls}`, model: 'gpt-4o-mini', tokens: { input: tokens }, second };
  await product.api.recordUsage('phoenix', [call]);
}

const reported = (tokens: number) =>
  eventually(state, ({ periods }) => {
    const rate = periods[0]?.rates.payg_standard;
    return rate?.reportedTokens === tokens && rate.inFlight === null;
  });

test('reset to before its last reports, a run goes on from what Stripe has, to the token', async () => {
  await product.api.put('/v1/customers/phoenix', {
    ...{ email: 'phoenix@example.com', plan: 'pay_as_you_go' },
  });
  await eventually(state, ({ periods }) => periods.length > 0);
  await use(100);
  await reported(100);
  const { events } = await handle().fetchHistory();
  const point = events?.filter((event) => event.workflowTaskCompletedEventAttributes).at(-1);
  await use(20);
  await reported(120);
  await use(3);
  await reported(123);

  const { runId } = await handle().describe();
  const { workflowService, options } = product.temporal;
  await workflowService.resetWorkflowExecution({
    namespace: options.namespace,
    workflowExecution: { workflowId: 'billing:phoenix', runId },
    workflowTaskFinishEventId: point?.eventId,
    ...{ reason: 'a test', requestId: 'reset-once' },
  });
  // The signals since come again, at once: its next report is of other tokens than before.
  await reported(123);
  await use(7);
  const { periods, stripeCustomerId, exceptions } = await reported(130);
  const { start, end } = periods[0] ?? { start: 0, end: 0 };
  const meter = 'tollkeeper_payg_standard';
  expect(await sumMeters(product.stripe, meter, String(stripeCustomerId), { start, end })).toBe(
    130,
  );
  expect(exceptions).toEqual([]);
});
