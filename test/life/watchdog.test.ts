/**
 * Goal: a run whose end something holds up continues as new all the same, says so, and what hung is
 * done by the next one.
 */
import { DAY, HOUR } from './calendar';
import { useStage } from './on-stage';

const on = useStage();
beforeEach(() => on.stage.clear());

const GRANT = { id: 'goodwill', tokens: 1_000_000, expiresAt: null, reason: 'a test' };

test('a handler that hangs for a day ends no run late: the month is billed, and it is told', async () => {
  const life = await on.aLife();
  await life.use(1_100_000);
  const { end } = await life.period();
  await life.to(end + 30 * 60);
  const { runs = 0 } = life.temporal.executions.get(life.workflowId) ?? {};
  life.troubles.hangs.set('recordGrant', DAY * 1000);
  void life.temporal.update(life.workflowId, 'grantTokens', 'hangs', GRANT).catch(() => undefined);
  await life.to(end + 2 * HOUR);
  // Paid, the period is put away and the run ends; it waits three minutes for the handler.
  expect(life.temporal.told).toContainEqual({ kind: 'run_cut_short', subject: life.customer });
  expect(life.temporal.executions.get(life.workflowId)?.runs).toBeGreaterThan(runs);
  expect(life.state()).toMatchObject({ exceptions: [], archived: [{ phase: 'paid' }] });
  await life.grant('goodwill', GRANT.tokens);
  await life.use(1_100_000);
  await life.renew();
  const [latest] = await life.invoices();
  // 100,000 are included, 1,000,000 granted.
  expect([latest?.status, latest?.total]).toEqual(['paid', 2900]);
});

test('a run that comes to rest by itself is not told of', async () => {
  const life = await on.aLife();
  await life.use(1_100_000);
  await life.renew();
  expect(life.temporal.told.filter(({ kind }) => kind === 'run_cut_short')).toEqual([]);
});

test('a cancellation that waits for a recount ends with its run, and the next run carries it out', async () => {
  const life = await on.aLife();
  await life.use(1_100_000);
  await life.to(life.now + DAY);
  life.troubles.hangs.set('recountLedger', DAY * 1000);
  await life.grant('goodwill', 400_000);
  expect(life.state().recount).not.toBeNull();
  const cancel = { action: 'cancel', when: 'now' };
  const asked = life.temporal.update(life.workflowId, 'changeSubscription', 'asked', cancel).then(
    () => 'done',
    ({ type }: { type?: string }) => type,
  );
  await life.temporal.settle();
  const { runs = 0 } = life.temporal.executions.get(life.workflowId) ?? {};
  // As many as end a run.
  for (let signal = 0; signal < 1_000; signal += 1)
    life.temporal.signal(life.workflowId, 'usageRecorded', { batches: [] });
  await life.temporal.advanceTo(life.temporal.now + 60_000);
  // Its sender asks the next run, by the same key (src/temporal/updates.ts).
  expect(await asked).toBe('run_ended');
  expect(life.temporal.executions.get(life.workflowId)?.runs).toBe(runs + 1);
  expect(life.temporal.told).not.toContainEqual(expect.objectContaining({ kind: 'run_cut_short' }));
  await life.change({ action: 'cancel', when: 'now' });
  await life.to(life.now + DAY);
  const [last] = await life.invoices();
  // 100,000 are included, 400,000 given.
  expect([last?.status, last?.total]).toEqual(['paid', 180]);
  expect(life.state()).toMatchObject({ billingStatus: 'ended', exceptions: [] });
});
