/**
 * Goal: an operator sees what is open of all customers, decides it with a reason, and is refused
 * what can't be decided so; and lets the dunning of an unpaid invoice wait and go on.
 */
import { dunningText, readDunning } from '../../src/cli/dunning';
import { pauseDunning, resumeDunning } from '../../src/cli/dunning-pause';
import { exceptionsText, readExceptions, resolveException } from '../../src/cli/exceptions';
import type { ChangingDeps } from '../../src/cli/operator';
import type { Decision } from '../../src/core/exceptions';
import { meterEventName } from '../../src/core/ids';
import { readAuditEntries } from '../../src/db/audit-entries';
import { createBillingStarter, createWorkflowSignals } from '../../src/ingest/temporal-signals';
import { loadCatalog } from '../../src/stripe/catalog-file';
import { createBillingUpdates } from '../../src/temporal-updates';
import { eventually } from '../support/eventually';
import { startProduct } from '../support/product';
import type { Product } from '../support/product';

const RATE = 'overage_standard';
const DAY_MS = 24 * 60 * 60 * 1000;

let product: Product;
let deps: ChangingDeps;
let meter: string;
beforeAll(async () => {
  product = await startProduct({ LOG_LEVEL: 'silent' });
  const updates = createBillingUpdates(product.temporal, createBillingStarter(starter()));
  deps = { ...product, catalog: await loadCatalog('catalog.yaml'), updates };
  const meters = await product.stripe.billing.meters.list({ limit: 100 });
  meter = String(meters.data.find(({ event_name }) => event_name === meterEventName(RATE))?.id);
}, 120_000);
afterAll(() => product.stop());

const starter = () => ({ temporal: product.temporal, config: { SIGNALS_PER_RUN_MAX: 1_000 } });

const asked: string[] = [];
const answering = (isYes: boolean) => async (question: string) => {
  asked.push(question);
  return isYes;
};

describe('exceptions', () => {
  let subscription: string;
  const decide = (change: Partial<Decision> = {}): Decision => ({
    exception: 'stripe_refused',
    subject: subscription,
    kind: 'retry',
    reason: 'the row is whole again',
    by: 'command line, op',
    ...change,
  });
  const setSubscription = (id: string) =>
    product.pool.query(`update customers set subscription_id = $1 where customer = 'cy'`, [id]);

  beforeAll(async () => {
    for (const customer of ['ann', 'bo', 'cy'])
      await product.api.put(`/v1/customers/${customer}`, {
        email: `${customer}@example.com`,
        plan: 'starter',
      });
    const cy = await eventually(
      () => product.api.get<{ subscriptionId: string; billingStatus: string }>('/v1/customers/cy'),
      (row) => row?.billingStatus === 'active',
    );
    subscription = String(cy?.subscriptionId);
    await setSubscription('sub_gone');
    await createWorkflowSignals(starter()).signalStripeEvent('cy', {
      ...{ id: 'evt_1', type: 'customer.subscription.updated', created: 0 },
      objectId: subscription,
    });
    await product.stripe.billing.meters.deactivate(meter);
    const second = Math.floor(Date.now() / 1000);
    const tokens = { input: 150_000 };
    await product.api.recordUsage('bo', [{ id: 'b1', model: 'gpt-4o-mini', tokens, second }]);
  });

  test('are listed for all customers that have any, with what may be decided', async () => {
    const open = await eventually(
      () => readExceptions(deps),
      ({ exceptions }) => exceptions.length === 2,
    );
    expect(open.unheard).toEqual([]);
    const byCustomer = [...open.exceptions].sort((a, b) => (a.customer < b.customer ? -1 : 1));
    expect(byCustomer).toMatchObject([
      { customer: 'bo', kind: 'report_refused', subject: RATE, decided: null },
      { customer: 'cy', kind: 'stripe_refused', subject: subscription, resolutions: ['retry'] },
    ]);
    const text = exceptionsText(open);
    expect(text).toContain(`report_refused ${RATE}`);
    expect(text).toContain('Stripe did not take 50000 tokens');
    const ofCy = await readExceptions(deps, 'cy');
    expect(ofCy.exceptions).toEqual([byCustomer[1]]);
    expect(exceptionsText(await readExceptions(deps, 'ann'))).toBe('No exception is open.');
    await expect(readExceptions(deps, 'nobody')).rejects.toThrow('There is no customer "nobody"');
  });

  test('that are not open, or can’t be decided so, are not even asked about', async () => {
    const refused = (decision: Decision) =>
      expect(resolveException(deps, 'cy', decision, answering(true))).rejects;
    await refused(decide({ subject: 'in_1' })).toThrow(
      `cy has no open exception stripe_refused of in_1: open are stripe_refused ${subscription}.`,
    );
    await refused(decide({ kind: 'correct' })).toThrow('expected retry');
    expect(asked).toEqual([]);
  });

  test('without a yes nothing is decided', async () => {
    expect(await resolveException(deps, 'cy', decide(), answering(false))).toEqual({
      done: false,
      message: 'Nothing was done.',
    });
    expect(asked.at(-1)).toContain('retry: What was refused is tried again at once.');
    expect((await readExceptions(deps, 'cy')).exceptions).toMatchObject([{ decided: null }]);
  });

  test('a retry is carried out at once, and leaves an audit entry with its reason', async () => {
    await setSubscription(subscription);
    expect(await resolveException(deps, 'cy', decide(), answering(true))).toEqual({
      done: true,
      message: `stripe_refused ${subscription}: retry is carried out.`,
    });
    await eventually(
      () => readExceptions(deps),
      ({ exceptions }) => exceptions.every(({ customer }) => customer === 'bo'),
    );
    const entries = await readAuditEntries(product.pool, 'cy');
    const [entry] = entries.filter(({ kind }) => kind === 'exception_resolved');
    expect(entry?.detail).toMatchObject({
      exception: { kind: 'stripe_refused', subject: subscription },
      resolution: { kind: 'retry', reason: decide().reason, by: 'command line, op' },
    });
  });

  test('what is refused again is said to be', async () => {
    const decision = decide({ exception: 'report_refused', subject: RATE });
    const { message } = await resolveException(deps, 'bo', decision, answering(true));
    expect(message).toMatch(
      /retry is carried out, and it happened again: Stripe did not take 50000 tokens/,
    );
  });
});

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
    const frozen_time = clock.frozen_time + 32 * 86_400;
    await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time });
  });

  test('every unpaid invoice is listed, with what comes next', async () => {
    const { cases, unheard } = await eventually(
      () => readDunning(deps),
      (read) => read.cases.some(({ stepsTaken }) => stepsTaken === 1),
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
