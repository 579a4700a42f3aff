/**
 * Goal: an operator changes a plan, cancels and resumes by command, sees the figures before
 * anything is done, and nothing is done without a yes.
 */
import {
  cancelSubscription,
  changeCustomerPlan,
  resumeSubscription,
} from '../../../src/cli/operator/customer-change';
import { customerText, readCustomer } from '../../../src/cli/operator/customer';
import type { ChangingDeps } from '../../../src/cli/operator/operator';
import { createBillingStarter } from '../../../src/temporal/signals';
import { pushCatalog } from '../../../src/stripe/catalog-push';
import { loadCatalog } from '../../../src/stripe/catalog-file';
import { createBillingUpdates } from '../../../src/temporal/updates';
import { eventually } from '../../support/stack/eventually';
import { startProduct } from '../../support/stack/product';
import type { Product } from '../../support/stack/product';

let product: Product;
let deps: ChangingDeps;
beforeAll(async () => {
  product = await startProduct({ LOG_LEVEL: 'silent' });
  const { temporal, api } = product;
  const starter = createBillingStarter({ temporal, config: { SIGNALS_PER_RUN_MAX: 1_000 } });
  const updates = createBillingUpdates(temporal, starter);
  deps = { ...product, catalog: await loadCatalog('catalog.yaml'), updates };
  await api.put('/v1/customers/ada', { email: 'ada@example.com', plan: 'starter' });
  await eventually(
    () => api.get<{ billingStatus: string }>('/v1/customers/ada'),
    (row) => row?.billingStatus === 'active',
  );
  const second = Math.floor(Date.now() / 1000);
  const tokens = { input: 600_000 };
  await api.recordUsage('ada', [{ id: 'a1', model: 'gpt-4o-mini', tokens, second }]);
  await eventually(
    () => readCustomer(deps, 'ada'),
    ({ workflow }) => workflow.answered && workflow.appliedSequence === 1,
  );
}, 120_000);
afterAll(() => product.stop());

const asked: string[] = [];
const answering = (isYes: boolean) => async (question: string) => {
  asked.push(question);
  return isYes;
};
const planOf = async () => (await readCustomer(deps, 'ada')).plan;

test('a change of plan says what is due and what usage comes to, and waits for a yes', async () => {
  const outcome = await changeCustomerPlan(deps, 'ada', { plan: 'pro' }, answering(false));
  expect(outcome).toEqual({ done: false, message: 'Nothing was done.' });
  expect(await planOf()).toBe('starter');
  const question = asked.at(-1);
  expect(question).toMatch(/plan +starter, then pro now/);
  expect(question).toMatch(/base price +\$70\.00 due now/);
  // 600,000 less 100,000 of Starter and less 500,000 of Pro, at $3.00 a million.
  expect(question).toMatch(/500,000 tokens over, \$1\.50 as it is/);
  expect(question).toMatch(/100,000 tokens over, \$0\.30 after the change/);
});

test('to the prices of today: old and new are shown, and it waits for a yes', async () => {
  const catalog = {
    ...deps.catalog,
    plans: deps.catalog.plans.map((plan) =>
      plan.id === 'starter' ? { ...plan, monthlyPriceCents: 3900, includedTokens: 50_000 } : plan,
    ),
  };
  await pushCatalog(deps.stripe, catalog);
  const move = { plan: 'starter', version: 'current' } as const;
  const outcome = await changeCustomerPlan({ ...deps, catalog }, 'ada', move, answering(false));
  expect(outcome.done).toBe(false);
  const question = asked.at(-1);
  expect(question).toMatch(/plan +starter, then starter with the next period/);
  expect(question).toMatch(/prices before +\$29\.00 a month, 100,000 included, .*standard 3\.00/);
  expect(question).toMatch(/prices after +\$39\.00 a month, 50,000 included, .*standard 3\.00/);
  await pushCatalog(deps.stripe, deps.catalog);
});

test('with a yes the plan is changed', async () => {
  const outcome = await changeCustomerPlan(deps, 'ada', { plan: 'pro' }, answering(true));
  expect(outcome).toMatchObject({ done: true });
  expect(outcome.message).toMatch(/^ada is on pro from \d{4}-/);
  expect(await planOf()).toBe('pro');
});

test('what is no change, or no plan, is refused before anybody is asked', async () => {
  const before = asked.length;
  const refused = (plan: string) =>
    expect(changeCustomerPlan(deps, 'ada', { plan }, answering(true))).rejects;
  await refused('pro').toThrow('ada is on pro already');
  await refused('gold').toThrow('The catalog has no plan "gold"');
  await expect(cancelSubscription(deps, 'nobody', 'now', answering(true))).rejects.toThrow(
    'There is no customer "nobody"',
  );
  expect(asked).toHaveLength(before);
});

test('a cancellation says what will be invoiced, is shown, and is taken back', async () => {
  await cancelSubscription(deps, 'ada', 'period_end', answering(false));
  expect(asked.at(-1)).toMatch(/overage so far +\$0\.30[^]*ends with the period/);
  expect((await readCustomer(deps, 'ada')).cancelAt).toBeNull();

  const canceled = await cancelSubscription(deps, 'ada', 'period_end', answering(true));
  expect(canceled.message).toMatch(/^The subscription of ada ends at /);
  expect(customerText(await readCustomer(deps, 'ada'))).toMatch(/\nends +\d{4}-/);

  expect(await resumeSubscription(deps, 'ada', answering(true))).toEqual({
    done: true,
    message: 'The subscription of ada goes on.',
  });
  expect((await readCustomer(deps, 'ada')).cancelAt).toBeNull();
});

test('a cancellation at once ends the subscription', async () => {
  const { message } = await cancelSubscription(deps, 'ada', 'now', answering(true));
  expect(message).toBe('The subscription of ada is ended.');
  await expect(
    changeCustomerPlan(deps, 'ada', { plan: 'starter' }, answering(true)),
  ).rejects.toThrow("it can't be changed");
});
