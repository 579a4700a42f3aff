/** Records histories of payouts, as recording.ts does of billing and dunning. */
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { payoutWorkflowId } from '../../src/core/ids';
import { startPayouts } from '../support/vendors/payout-run';
import { PayoutWorld } from '../support/vendors/payout-world';
import { devServerEnvironment } from '../support/stack/temporal';
import { recordHistory } from './record-history';

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await devServerEnvironment();
});
afterAll(() => env.teardown());

test('a share that waits for its account, is transferred, and partly reversed', async () => {
  const world = new PayoutWorld(env);
  const payouts = await startPayouts(env, world);
  world.account.isActive = false;
  const charge = await world.sell();
  const first = await payouts.payOut(charge);
  await first.until(({ waitsFor }) => waitsFor === 'account');
  world.account.isActive = true;
  await first.tell();
  await first.result();
  world.change(charge, { refundedCents: 1_000 });
  await (await payouts.payOut(charge)).result();
  await recordHistory(env, { name: 'payout', workflowId: payoutWorkflowId(charge), runs: 2 });
  await payouts.stop();
});
