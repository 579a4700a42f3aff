/** Goal: an operator sees every unpaid invoice, and lets its dunning wait and go on. */
import { dunningText, readDunning } from '../../../src/cli/operator/dunning';
import { pauseDunning, resumeDunning } from '../../../src/cli/operator/dunning-pause';
import type { ChangingDeps } from '../../../src/cli/operator/operator';
import { createBillingStarter } from '../../../src/temporal/signals';
import { loadCatalog } from '../../../src/stripe/catalog-file';
import { createBillingUpdates } from '../../../src/temporal/updates';
import { eventually } from '../../support/stack/eventually';
import { startProduct } from '../../support/stack/product';
import type { Product } from '../../support/stack/product';
import { advanceClock } from '../../support/stripe/test-clock';

const DAY_MS = 24 * 60 * 60 * 1000;

let product: Product;
let deps: ChangingDeps;
beforeAll(async () => {
  product = await startProduct({ LOG_LEVEL: 'silent' });
  const { temporal } = product;
  const starter = createBillingStarter({ temporal, config: { SIGNALS_PER_RUN_MAX: 1_000 } });
  const updates = createBillingUpdates(temporal, starter);
  deps = { ...product, catalog: await loadCatalog('catalog.yaml'), updates };
}, 120_000);
afterAll(() => product.stop());

const asked: string[] = [];
const answering = (isYes: boolean) => async (question: string) => {
  asked.push(question);
  return isYes;
};

describe('dunning', () => {
  let invoice: string;
  beforeAll(async () => {
    const { stripe, api } = product;
    const clock = await stripe.testHelpers.testClocks.create({
      frozen_time: Math.floor(Date.now() / 1000),
    });
    await api.put('/v1/customers/ada', {
      ...{ email: 'ada@example.com', plan: 'starter', testClock: clock.id },
    });
    const row = await api.get<{ stripeCustomerId: string }>('/v1/customers/ada');
    const customer = String(row?.stripeCustomerId);
    const { id } = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer });
    await stripe.customers.update(customer, { invoice_settings: { default_payment_method: id } });
    await advanceClock(stripe, clock.id, clock.frozen_time + 32 * 86_400);
  }, 90_000);

  test('every unpaid invoice is listed, with what comes next', async () => {
    const { cases, unheard } = await eventually(
      () => readDunning(deps),
      (read) => read.cases.some(({ stepsTaken }) => stepsTaken === 1) && !read.unheard.length,
      30_000,
    );
    expect(unheard).toEqual([]);
    expect(cases).toMatchObject([
      {
        ...{ customer: 'ada', amountDueCents: 2900, access: 'warned', pause: null },
        next: { action: 'notify', day: 3 },
      },
    ]);
    invoice = String(cases[0]?.invoice);
    expect(dunningText({ cases, unheard }, 'usd')).toMatch(
      /ada[│ ]+in_\w+.*day 3, notify.*\$29\.00/,
    );
  });

  test('a pause has a reason, and ends by itself or by a word', async () => {
    const until = new Date(Date.now() + 7 * DAY_MS).toISOString();
    const transfer = { until, reason: 'a transfer' };
    expect(await pauseDunning(deps, invoice, transfer, answering(false))).toMatchObject({
      done: false,
    });
    expect((await readDunning(deps)).cases).toMatchObject([{ pause: null }]);
    expect(asked.at(-1)).toMatch(
      new RegExp(`${invoice}, \\$29\\.00 due[^]*pause: the schedule waits until ${until}`),
    );
    expect(await pauseDunning(deps, invoice, transfer, answering(true))).toEqual({
      done: true,
      message: `The dunning of ${invoice} waits until ${until}.`,
    });
    const paused = await readDunning(deps);
    expect(paused.cases[0]?.pause).toEqual({ until, reason: 'a transfer' });
    expect(dunningText(paused, 'usd')).toMatch(
      /paused until \d{4}-\d\d-\d\d \d\d:\d\d: a transfer/,
    );
    const holiday = { reason: 'on holiday' };
    const waits = await pauseDunning(deps, invoice, holiday, answering(true));
    expect(waits.message).toContain('resume');
    expect((await readDunning(deps)).cases[0]?.pause).toEqual({
      until: null,
      reason: 'on holiday',
    });
    await resumeDunning(deps, invoice, 'back again', answering(true));
    expect(asked.at(-1)).toMatch(/next +paused: on holiday[^]*resume: the schedule goes on/);
    expect((await readDunning(deps)).cases).toMatchObject([{ pause: null, next: { day: 3 } }]);
  });

  test.each([['yesterday'], ['2026-01-01T00:00:00Z']])('--until %s is refused', async (until) => {
    await expect(
      pauseDunning(deps, invoice, { until, reason: 'r' }, answering(true)),
    ).rejects.toThrow('expected a time to come');
  });

  test('an invoice that is not unpaid is said in a sentence', async () => {
    await expect(pauseDunning(deps, 'in_none', { reason: 'r' }, answering(true))).rejects.toThrow(
      'No dunning of invoice in_none is under way',
    );
  });
});
