/** Goal: the subscription is read once for all that was told of it before, and no news is lost. */
import { ApplicationFailure } from '@temporalio/common';
import type { StripeEventHint } from '../../src/core/state/remembered';
import type { Life } from './life';
import { useStage } from './on-stage';

const on = useStage();
beforeEach(() => on.stage.clear());

const told = (objectId: string): StripeEventHint => ({
  ...{ id: `evt_${objectId}`, type: 'customer.subscription.created', objectId, created: 1 },
});
const READING = 'readSubscription';

/** A run that begins with news of its subscription, and of another one of the customer's. */
async function begun(onReading: (life: Life, readings: number) => void = () => undefined) {
  const life = await on.aLife();
  let readings = 0;
  life.troubles.disturb = (activity, when) => {
    if (activity !== READING || when !== 'before') return;
    readings += 1;
    onReading(life, readings);
  };
  const state = life.state();
  const stripeEvents = [told(String(state.subscriptionId)), told('sub_other')];
  life.restart({ ...state, stripeEvents });
  await life.temporal.settle();
  return { life, readings: () => readings };
}

test('what Stripe told of subscriptions before a reading is done with that reading', async () => {
  const { life, readings } = await begun();
  expect(readings()).toBe(1);
  expect(life.state().stripeEvents).toEqual([]);
});

test('what it tells during the reading is read again', async () => {
  const { life, readings } = await begun((one, count) => {
    if (count === 1) one.temporal.signal(one.workflowId, 'stripeEvent', told('sub_third'));
  });
  expect(readings()).toBe(2);
  expect(life.state().stripeEvents).toEqual([]);
});

test('nothing is forgotten where the reading is refused', async () => {
  const { life } = await begun(() => {
    throw ApplicationFailure.nonRetryable('HTTP 403, for good', 'stripe_permission');
  });
  const waiting = life.state().stripeEvents.map(({ objectId }) => objectId);
  expect(waiting.sort()).toEqual([String(life.state().subscriptionId), 'sub_other'].sort());
});
