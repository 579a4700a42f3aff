/** Who uses what in a drill: six customers on test clocks, of whom every token is known. */
import { createApiClient } from '../../../src/demo/client';
import type { DemoCustomer, DemoUsage } from '../../../src/demo/scenario';
import { onboardVendors } from '../../../src/demo/vendors';
import { CHANGED_PLAN, CHANGER } from './plan-changes';
import type { Stage } from '../stage';

const CUSTOMERS_PER_CLOCK = 3;

/** Each plan once, one who changes it month by month, and whoever buys of vendors. */
export const PEOPLE: readonly (readonly [string, string])[] = [
  ...([
    ['ada', 'pay_as_you_go'],
    ['bo', 'starter'],
    ['cy', 'pro'],
  ] as const),
  ...([
    ['dana', 'enterprise'],
    ['eve', 'starter'],
    [CHANGER, 'starter'],
  ] as const),
];
export type Script = Omit<DemoCustomer, 'periods'> & { readonly periods: DemoUsage[][] };

/** Nothing is broken yet while customers and vendors come. */
export async function prepare(stage: Stage) {
  const { stripe, pool, info } = stage;
  const api = createApiClient(info);
  await onboardVendors({ api, stripe, pool, onProgress: () => undefined });
  const start = Math.floor(Date.now() / 1000);
  const clocks = await Promise.all(
    ['one', 'two'].map((name) =>
      stripe.testHelpers.testClocks.create({ frozen_time: start, name: `drill ${name}` }),
    ),
  );
  for (const [index, [name, plan]] of PEOPLE.entries())
    await api.put(`/v1/customers/${name}`, {
      ...{ email: `${name}@example.com`, name, plan },
      testClock: clocks[Math.floor(index / CUSTOMERS_PER_CLOCK)]?.id,
    });
  const customers = PEOPLE.map(([name, plan]) => {
    const script: Script = { name, plan: name === CHANGER ? CHANGED_PLAN : plan, periods: [] };
    return { customer: name, script };
  });
  return { customers, clocks: clocks.map(({ id }) => id) };
}

/** The dearer model comes only where no allowance is, so that the oracle needs no order. */
export function monthOf({ name, plan }: Script, random: () => number): DemoUsage[] {
  const tokens = (most: number) => 1 + Math.floor(random() * most);
  const usage = (model: string, most: number, vendor?: string) => ({
    ...{ model, tokens: tokens(most), calls: 20 + Math.floor(random() * 40) },
    ...(vendor !== undefined && { vendor }),
  });
  return [
    usage('gpt-4o-mini', plan === 'pro' ? 1_200_000 : 300_000),
    ...(plan === 'pay_as_you_go' || plan === 'enterprise' ? [usage('gpt-4o', 100_000)] : []),
    ...(name === 'eve'
      ? [usage('acme-1', 900_000, 'acme'), usage('globex-xl', 900_000, 'globex')]
      : []),
  ];
}
