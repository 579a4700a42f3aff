/** Goal: what was recorded before its invoice was finalized is billed, however late we were. */
import { beginReplay, replayBatch, replayedPeriod } from '../../src/core/proof/replay';
import type { Statement } from '../../src/core/invoices/statement';
import { linesOf } from './at-stripe';
import { DAY, HOUR } from './calendar';
import type { Life } from './life';
import { useStage } from './on-stage';
import { sell, starterWith } from './selling';
import type { PeriodState } from '../../src/core/state/period-state';

const on = useStage();
beforeEach(() => on.stage.clear());

const aLife = () => on.aLife({ plan: 'pay_as_you_go' });

/** Recorded as it happened, or later; sealing stood still until now. */
async function useUnsealed(
  life: Life,
  tokens: number,
  recordedFrom: number,
  second = recordedFrom,
): Promise<void> {
  const usual = { second, model: 'gpt-4o-mini', tokenType: 'input' } as const;
  const batch = { ...life.books.seal([{ ...usual, tokens }]), recordedFrom };
  life.books.batches[life.books.batches.length - 1] = batch;
  life.temporal.signal(life.workflowId, 'usageRecorded', { batches: [batch] });
  await life.temporal.settle();
}

/** Starter, sold without an allowance and with late usage given up, in its first whole month. */
async function aLifeThatWritesOff(): Promise<Life> {
  const life = await on.aLife();
  const change = { lateUsage: 'write_off', includedTokens: 0 } as const;
  const catalogVersion = await sell(life, starterWith(on.stage.catalog, change));
  await life.ask('changePlan', { planId: 'starter', when: 'period_end', catalogVersion });
  await life.renew();
  return life;
}

const writtenOff = (life: Life) =>
  [...life.books.written.keys()].filter((key) => key.startsWith('late:'));

test('acknowledged before midnight and sealed after the invoice left, it is on the next invoice', async () => {
  const life = await aLife();
  const { end } = await life.period();
  await life.to(end + 2 * HOUR);
  await useUnsealed(life, 5_000_000, end - 600);
  await life.to(life.now + HOUR);
  expect(writtenOff(life)).toEqual([]);
  await life.renew();
  const [invoice] = await life.invoices();
  expect(invoice && linesOf(invoice).map(([, cents]) => cents)).toEqual([1000]);
  expect(life.state().exceptions).toEqual([]);
});

test('a plan that gives up what comes late bills it all the same: it came in time', async () => {
  const life = await aLifeThatWritesOff();
  const { end } = await life.period();
  await life.to(end + 2 * HOUR);
  await useUnsealed(life, 5_000_000, end - 600);
  await life.to(life.now + HOUR);
  expect(writtenOff(life)).toEqual([]);
  await life.renew();
  const [invoice] = await life.invoices();
  expect(invoice && linesOf(invoice).map(([, cents]) => cents)).toEqual([2900, 1500]);
  expect(life.state().exceptions).toEqual([]);
});

test('what its app sends after the invoice has left it gives up, with its value', async () => {
  const life = await aLifeThatWritesOff();
  const { end } = await life.period();
  await life.to(end + 2 * HOUR);
  await useUnsealed(life, 5_000_000, life.now, end - 600);
  await life.to(life.now + HOUR);
  expect(writtenOff(life)).toHaveLength(1);
  await life.renew();
  const [invoice] = await life.invoices();
  expect(invoice && linesOf(invoice).map(([, cents]) => cents)).toEqual([2900]);
});

test('verified, it is late as it was for the workflow, though sealed before that was on record', async () => {
  const life = await aLife();
  const { start, end } = await life.period();
  await life.use(1_000_000);
  await life.to(end + 2 * HOUR);
  await useUnsealed(life, 5_000_000, end - 600);
  await life.to(life.now + HOUR);
  const told = life.books.statements.get(start) as Statement;
  const { countedUpTo } = told;
  const { terms } = life.state().archived[0] as PeriodState;
  // On record a while after the batch was sealed.
  const known = { start, end, terms, closedAt: life.now, ...(countedUpTo && { countedUpTo }) };
  const replay = life.books.batches
    .map((batch) => ({ ...batch, sealedAt: 0 }))
    .reduce(replayBatch, beginReplay(life.customer, 'active', [known]));
  const rates = replayedPeriod(replay, start)?.rates ?? {};
  expect(
    told.rates.map(({ rateId, tokens }) => [rateId, rates[rateId]?.tokens ?? 0, tokens]),
  ).toContainEqual(['payg_standard', 1_000_000, 1_000_000]);
});

test('where the subscription has ended an operator decides, and only then is it given up', async () => {
  const life = await aLife();
  await life.to(life.now + 10 * DAY);
  const second = life.now - 600;
  await life.change({ action: 'cancel', when: 'now' });
  await life.catchUp();
  await useUnsealed(life, 1_500_000, second);
  await life.to(life.now + HOUR);
  expect(writtenOff(life)).toEqual([]);
  const [exception] = life.state().exceptions;
  expect(exception).toMatchObject({ kind: 'usage_uninvoiced' });
  expect(exception?.message).toContain('1500000 billable tokens');
  await life.ask('resolveException', {
    ...{ exception: 'usage_uninvoiced', subject: exception?.subject, kind: 'write_off' },
    ...{ reason: 'goodwill', by: 'grace' },
  });
  await life.to(life.now + HOUR);
  expect(writtenOff(life)).toHaveLength(1);
  expect(life.state().exceptions).toEqual([]);
});
