/** Goal: what was refused, and then is not to be done any more, is told no more. */
import { HOUR } from './calendar';
import { useStage } from './on-stage';

const on = useStage();
beforeEach(() => on.stage.clear());

test('a threshold that could not be told of, and under another plan is not reached', async () => {
  const life = await on.aLife();
  life.troubles.refusals.set('notify', 403);
  await life.use(85_000);
  expect(life.state().exceptions).toMatchObject([{ kind: 'stripe_refused' }]);
  await life.changePlan('pro', 'now');
  await life.to(life.now + HOUR);
  expect(life.state().exceptions).toEqual([]);
});

test('an upgrade that was refused, of a customer who leaves', async () => {
  const life = await on.aLife({ autoUpgrade: true });
  life.troubles.outages.add('changePlan');
  await life.use(300_000);
  await life.to(life.now + 60);
  expect(life.state().exceptions).toMatchObject([{ kind: 'record_refused' }]);
  await life.change({ action: 'cancel', when: 'period_end' });
  await life.to(life.now + HOUR);
  expect(life.state().exceptions).toEqual([]);
});
