/**
 * Goal: a renewal costs few calls of Stripe, which has a hundred a second for all customers, and
 * nothing that could be wrong goes unasked for it.
 */
import type Stripe from 'stripe';
import { currentActivity } from './activity-context';
import { DAY, HOUR } from './calendar';
import type { Life } from './life';
import type { LifeOptions } from './life-options';
import { useStage } from './on-stage';
import { rememberedOf } from './remembered';

const on = useStage();
beforeEach(() => on.stage.clear());

const SUMS = 'GET meters/:id/event_summaries';

/** Calls by route; what the test itself asks Stripe is not among them. */
const calls = new Map<string, number>();
const count = ({ method, path }: { method: string; path: string }): void => {
  // Real customers have no test clock.
  if (currentActivity().activityId === '0' || path.includes('test_clocks')) return;
  const route = `${method} ${path.split('?')[0]?.replace(/^\/v1\/(billing\/)?/, '')}`;
  const named = route.replace(/(in|sub|price|mtr_test)_\w+/, ':id');
  calls.set(named, (calls.get(named) ?? 0) + 1);
};
beforeEach(() => on.stage.stripe.on('request', count));
afterEach(() => on.stage.stripe.off('request', count));

async function callsOf(work: () => Promise<unknown>): Promise<Record<string, number>> {
  calls.clear();
  await work();
  return Object.fromEntries([...calls].sort());
}

/** A customer who has been renewed before, so that the worker knows prices and meters. */
async function renewedOnce(used: number, options: Partial<LifeOptions> = {}) {
  const life = await on.aLife(options);
  await life.use(used);
  await life.renew();
  await life.use(used);
  const { end } = await life.period();
  await life.to(end - 60);
  return { life, end };
}

/** Stripe's news of the renewal, and not yet of what we do to it. */
async function close(life: Life, end: number): Promise<Record<string, number>> {
  await life.to(end + 60, 'never');
  await life.hear();
  return callsOf(() => life.deliver());
}

const sumOf = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((sum, each) => sum + each, 0);

const latest = async (life: Life): Promise<Stripe.Invoice> =>
  (await life.invoices())[0] as Stripe.Invoice;

test('from its draft to its release: five calls, and one for each rate that was used', async () => {
  const { life, end } = await renewedOnce(150_000);
  expect(await close(life, end)).toEqual({
    'GET subscriptions': 1,
    'GET invoices': 1,
    'GET invoices/:id': 1,
    [SUMS]: 1,
    'POST invoices/:id': 2,
  });
  expect(life.state().periods[0]?.phase).toBe('reconciled');
});

test('a worker that has just begun asks for the meters besides, once, and for no price', async () => {
  const life = await on.aLife();
  await life.use(150_000);
  const { end } = await life.period();
  await life.to(end - 60);
  const cold = await close(life, end);
  expect(cold).toMatchObject({ 'GET meters': 1, [SUMS]: 1 });
  expect(sumOf(cold)).toBe(7);
});

test('once it is final: its reading, and one call for each rate that was used', async () => {
  const { life, end } = await renewedOnce(150_000);
  await life.to(end + 58 * 60);
  const [, final] = [await life.hear(), await callsOf(() => life.to(end + HOUR + 60))];
  expect(final).toMatchObject({ [SUMS]: 1 });
  expect(Object.keys(final).sort()).toEqual(['GET invoices/:id', SUMS]);
  expect(await latest(life)).toMatchObject({ status: 'paid', total: 2915 });
});

test('a whole renewal, with all of its news one by one, the looks before it leaves and its payment', async () => {
  const { life, end } = await renewedOnce(150_000);
  expect(await callsOf(() => life.to(end + DAY))).toEqual({
    'GET subscriptions': 1,
    'GET invoices': 1,
    'GET invoices/:id': 9,
    [SUMS]: 2,
    'POST invoices/:id': 2,
  });
});

test('what is paid and put away is read when there is news of it, and nothing besides', async () => {
  const { life, end } = await renewedOnce(150_000);
  await life.to(end + DAY);
  const id = String((await latest(life)).id);
  const news = { id: 'evt_again', type: 'invoice.paid', objectId: id, created: life.now };
  expect(await callsOf(() => life.deliver([news]))).toEqual({ 'GET invoices/:id': 1 });
});

test('who has used nothing is asked of at each meter that can bill them: nothing speaks for a line of nothing', async () => {
  const { life, end } = await renewedOnce(0);
  expect(await close(life, end)).toMatchObject({ [SUMS]: 2 });
});

/** Somebody else sends usage of this customer to the meter of a rate that they have not used. */
const strangersUsage = (life: Life) =>
  on.stage.stripe.billing.meterEvents.create({
    ...{ event_name: 'tollkeeper_overage_premium', timestamp: life.now },
    payload: { stripe_customer_id: life.stripeCustomerId, value: '1000000' },
  });

const differs = (invoice: string) => [{ kind: 'invoice_differs', subject: invoice }];

test.each([
  ['shows its usage', { draftUsage: 'live' }, 150_000],
  ['shows what it was made with', { draftUsage: 'at_finalization' }, 150_000],
  ['shows what it was made with, of nothing', { draftUsage: 'at_finalization' }, 0],
])('strange usage of a rate without any holds a draft that %s', async (_, settings, used) => {
  const { life, end } = await renewedOnce(used);
  await on.stage.order('settings', settings);
  await strangersUsage(life);
  await life.to(end + 5 * HOUR);
  const draft = await latest(life);
  expect(draft).toMatchObject({ status: 'draft', auto_advance: false });
  expect(life.state().exceptions).toMatchObject(differs(String(draft.id)));
});

test('strange usage after the draft was let go is told as soon as it is final', async () => {
  const { life, end } = await renewedOnce(150_000);
  await life.to(end + 20 * 60);
  await on.stage.stripe.billing.meterEvents.create({
    ...{ event_name: 'tollkeeper_overage_premium', timestamp: end - 1 },
    payload: { stripe_customer_id: life.stripeCustomerId, value: '1000000' },
  });
  await life.to(end + 5 * HOUR);
  expect(life.state().exceptions).toMatchObject(differs(String((await latest(life)).id)));
});

test('somebody who changes the draft between its reading and its comparison is noticed', async () => {
  const { life, end } = await renewedOnce(150_000);
  const { holdInvoice } = life.activities;
  Object.assign(life.activities, {
    holdInvoice: async (request: never) => {
      const hold = await holdInvoice?.(request);
      await on.stage.stripe.invoiceItems.create({
        ...{ customer: life.stripeCustomerId, invoice: (await latest(life)).id },
        ...{ currency: 'usd', amount: 5_000, description: 'Setup fee' },
      });
      return hold;
    },
  });
  await life.to(end + 20 * 60);
  expect(await latest(life)).toMatchObject({ status: 'draft', auto_advance: false });
});

test('a draft that became final as it was held goes on being collected, and that is on record', async () => {
  const { life, end } = await renewedOnce(150_000);
  await life.changeCard('pm_card_chargeCustomerFail');
  const { holdInvoice } = life.activities;
  let isFirst = true;
  Object.assign(life.activities, {
    holdInvoice: async (request: never) => {
      if (isFirst) await on.stage.stripe.invoices.finalizeInvoice(String((await latest(life)).id));
      isFirst = false;
      return holdInvoice?.(request);
    },
  });
  await life.to(end + 120);
  expect(await latest(life)).toMatchObject({ status: 'open', auto_advance: true, metadata: {} });
  expect(rememberedOf(life.customer).entries).toContainEqual(
    expect.objectContaining({
      kind: 'invoice_released',
      detail: expect.objectContaining({ reason: 'it had become final as it was held' }) as object,
    }),
  );
  expect(life.state().exceptions).toEqual([]);
});
