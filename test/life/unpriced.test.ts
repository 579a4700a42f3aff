/** Goal: usage that no rate prices is told until somebody decides, and is billed to nobody. */
import type { Catalog } from '../../src/core/plans/catalog';
import type { Statement } from '../../src/core/invoices/statement';
import { linesOf } from './at-stripe';
import type { Life } from './life';
import { useStage } from './on-stage';
import { sell, starterWith } from './selling';

const on = useStage();
beforeEach(() => on.stage.clear());

/** Starter without a rate for ordinary models. */
const withoutStandard = (): Catalog =>
  starterWith(on.stage.catalog, { rates: ['overage_premium'] });

async function soldFrom(catalog: Catalog, when: 'now' | 'period_end', life: Life): Promise<void> {
  const catalogVersion = await sell(life, catalog);
  await life.ask('changePlan', { planId: 'starter', when, catalogVersion });
  await life.catchUp();
}

/** 50,000 tokens over the allowance, of a model that the plan as sold has no price for. */
async function aLifeWithUnpricedUsage(): Promise<Life> {
  const life = await on.aLife();
  await soldFrom(withoutStandard(), 'period_end', life);
  await life.renew();
  await life.use(150_000);
  return life;
}

const told = (life: Life) =>
  life.state().exceptions.map(({ kind, message }) => [kind, message.split(' ')[0]]);

const writeOff = (life: Life) =>
  life.ask('resolveException', {
    ...{ exception: 'usage_unpriced', subject: life.state().exceptions[0]?.subject },
    ...{ kind: 'write_off', reason: 'a model of a trial of ours', by: 'grace' },
  });

test('usage that no rate prices is told with its tokens, and is on no invoice', async () => {
  const life = await aLifeWithUnpricedUsage();
  expect(told(life)).toEqual([['usage_unpriced', '50000']]);
  await life.renew();
  const invoices = await life.invoices();
  const renewal = invoices.find((one) => one.billing_reason === 'subscription_cycle');
  expect(renewal && linesOf(renewal)).toEqual([['1 × Starter', 2900]]);
  expect(told(life)).toEqual([['usage_unpriced', '50000']]);
});

test('written off it is told no more, and what comes after is told again', async () => {
  const life = await aLifeWithUnpricedUsage();
  await writeOff(life);
  expect(told(life)).toEqual([]);
  const statements = life.temporal.query<Statement[]>(life.workflowId, 'statement');
  expect(statements.at(-1)).toMatchObject({ unpricedTokens: 50_000, writtenOffTokens: 50_000 });
  await life.use(7);
  expect(told(life)).toEqual([['usage_unpriced', '7']]);
});

test('moved to a version with a rate for it, it is priced, billed and told no more', async () => {
  const life = await aLifeWithUnpricedUsage();
  await soldFrom(on.stage.catalog, 'now', life);
  expect(told(life)).toEqual([]);
  await life.use(1_000_000);
  await life.renew();
  const invoices = await life.invoices();
  const renewal = invoices.find((one) => one.billing_reason === 'subscription_cycle');
  expect(renewal && linesOf(renewal)).toEqual([
    ['1 × Starter', 2900],
    ['1050000 × Tokens over the allowance', 315],
  ]);
});
