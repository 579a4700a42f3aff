/**
 * Goal: an operator sees what is open of all customers, decides it with a reason, and is refused
 * what can't be decided so.
 */
import {
  exceptionsText,
  readExceptions,
  resolveException,
} from '../../../src/cli/operator/exceptions';
import type { ChangingDeps } from '../../../src/cli/operator/operator';
import type { Decision } from '../../../src/core/state/exceptions';
import { meterEventName } from '../../../src/core/ids';
import { readAuditEntries } from '../../../src/db/audit-entries';
import { createBillingStarter, createWorkflowSignals } from '../../../src/temporal/signals';
import { loadCatalog } from '../../../src/stripe/catalog-file';
import { createBillingUpdates } from '../../../src/temporal/updates';
import { eventually } from '../../support/stack/eventually';
import { startProduct } from '../../support/stack/product';
import type { Product } from '../../support/stack/product';

const RATE = 'overage_standard';

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
