/** Goal: what is refused for good keeps nothing else from being followed. */
import { ApplicationFailure } from '@temporalio/common';
import { HOUR } from './calendar';
import type { Life } from './life';
import { useStage } from './on-stage';

const on = useStage();
beforeEach(() => on.stage.clear());

/** Each time, and no retry mends it. */
function refuse(life: Life, refused: string): void {
  life.troubles.disturb = (activity, when) => {
    if (activity === refused && when === 'before')
      throw ApplicationFailure.nonRetryable('HTTP 403, for good', 'stripe_permission');
  };
}

const isPaid = async (life: Life) => (await life.invoices())[0]?.status === 'paid';

test('a draft is closed at once, though a dozen charges before it can not be read', async () => {
  const life = await on.aLife();
  await life.use(150_000);
  const { end } = await life.period();
  await life.to(end - 60, 'never');
  refuse(life, 'readMoneyBack');
  for (let number = 1; number <= 12; number += 1) {
    const [id, objectId] = [`evt_${number}`, `ch_${number}`];
    const hint = { id, type: 'charge.refunded', objectId, created: 1 };
    life.temporal.signal(life.workflowId, 'stripeEvent', hint);
  }
  await life.temporal.settle();
  await life.to(end + 60, 'never');
  await life.catchUp();
  expect(life.state().periods[0]?.phase).toBe('reconciled');
  expect(life.state().exceptions.filter(({ subject }) => subject.startsWith('ch_'))).toHaveLength(
    12,
  );
  await life.to(end + 2 * HOUR);
  expect(await isPaid(life)).toBe(true);
});

test('Stripe is followed, though what the API shows can not be recorded', async () => {
  const life = await on.aLife();
  await life.use(150_000);
  refuse(life, 'recordPeriods');
  // A run begins by recording.
  life.restart(life.state());
  await life.renew();
  expect(await isPaid(life)).toBe(true);
  expect(life.state().archived).toMatchObject([{ phase: 'paid', usedTokens: 150_000 }]);
  expect(life.state().exceptions).toEqual(
    expect.arrayContaining([expect.objectContaining({ subject: 'periods' })]),
  );
});

test('a workflow begun again that could not be read is read when somebody says retry', async () => {
  const life = await on.aLife();
  refuse(life, 'readSubscription');
  await life.lose();
  expect(life.state().billingStatus).toBe('pending');
  const [refused] = life.state().exceptions;
  expect(refused?.kind).toBe('stripe_refused');
  life.troubles.disturb = () => undefined;
  await life.ask('resolveException', {
    ...{ exception: 'stripe_refused', subject: refused?.subject, kind: 'retry' },
    ...{ reason: 'the key may read it now', by: 'grace' },
  });
  await life.to(life.now + 60);
  expect(life.state()).toMatchObject({ billingStatus: 'active', exceptions: [] });
});

test('a reading that was refused is told no more once news have the subscription read', async () => {
  const life = await on.aLife({ trialDays: 33 });
  life.troubles.refusals.set('readSubscription', 403);
  await life.lose();
  expect(life.state().exceptions).toMatchObject([{ subject: 'subscription' }]);
  const { subscriptionId: objectId } = life;
  const hint = { id: 'evt_1', type: 'customer.subscription.updated', objectId, created: 1 };
  life.temporal.signal(life.workflowId, 'stripeEvent', hint);
  await life.to(life.now + HOUR);
  expect(life.state().exceptions).toEqual([]);
});
