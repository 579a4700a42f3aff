/** Goal: subscriptions end, pause and begin to be paid, and what was used until then is billed. */
import type Stripe from 'stripe';
import { linesOf } from './at-stripe';
import { DAY, HOUR, START } from './calendar';
import type { Life } from './life';
import { useStage } from './on-stage';
import { retryAll } from './operator';

const on = useStage();
beforeEach(() => on.stage.clear());

const latest = async (life: Life) => (await life.invoices())[0] as Stripe.Invoice;

test('canceled now, the usage so far is invoiced, and nothing more', async () => {
  const life = await on.aLife();
  await life.use(400_000);
  await life.to(START + 5 * DAY);
  await life.use(700_000, { second: life.now - 1 });
  await life.use(9);
  await life.change({ action: 'cancel', when: 'now' });
  await life.catchUp();
  expect(linesOf(await latest(life))).toEqual([['1000000 × Tokens over the allowance', 300]]);
  expect(life.state()).toMatchObject({
    billingStatus: 'ended',
    exceptions: [{ kind: 'usage_after_end', subject: life.subscriptionId }],
    archived: [{ start: START, end: life.now, phase: 'paid', usedTokens: 1_100_000 }],
    // Used in the very second in which it ended: recorded, in no period, and told of.
    unbilledTokens: 9,
  });
});

test('canceled in the very second it began, nothing is reported, and its usage is told', async () => {
  const life = await on.aLife();
  await life.use(550_000);
  await life.change({ action: 'cancel', when: 'now' });
  await life.catchUp();
  await life.to(START + HOUR);
  expect(life.state()).toMatchObject({ billingStatus: 'ended', unbilledTokens: 550_000 });
  expect(life.state().exceptions).toMatchObject([
    { kind: 'usage_after_end', subject: life.subscriptionId },
  ]);
  expect(life.state().exceptions[0]?.message).toContain('550000 tokens');
});

test('canceled in Stripe’s dashboard without an invoice, the usage is an exception with its number', async () => {
  const life = await on.aLife();
  await life.use(150_000);
  await life.to(START + DAY);
  await on.stage.stripe.subscriptions.cancel(life.subscriptionId);
  await life.catchUp();
  const [exception] = life.state().exceptions;
  expect(exception).toMatchObject({ kind: 'usage_uninvoiced', subject: life.subscriptionId });
  expect(exception?.message).toContain('50000 billable tokens');
});

test('canceled at the period’s end it ends there; taken back it goes on', async () => {
  const life = await on.aLife();
  const { end } = await life.period();
  await life.change({ action: 'cancel', when: 'period_end' });
  await life.catchUp();
  expect(life.state().standing.cancelAt).toBe(end);
  await life.change({ action: 'resume' });
  await life.catchUp();
  expect(life.state().standing.cancelAt).toBeNull();
  await life.change({ action: 'cancel', when: 'period_end' });
  await life.use(1_100_000);
  await life.to(end + 3 * HOUR);
  expect(linesOf(await latest(life))).toEqual([['1000000 × Tokens over the allowance', 300]]);
  expect(life.state()).toMatchObject({ billingStatus: 'ended', exceptions: [] });
});

test('a trial ended now begins the first paid period now', async () => {
  const life = await on.aLife({ trialDays: 30 });
  await life.use(150_000);
  await life.to(START + 3 * DAY);
  await life.change({ action: 'end_trial' });
  await life.catchUp();
  expect(life.state()).toMatchObject({
    billingStatus: 'active',
    periods: [{ start: START + 3 * DAY, usedTokens: 0 }],
  });
});

test('a trial that ends without a card pauses; resumed, nothing of the pause is billed', async () => {
  const life = await on.aLife({ trialDays: 10, endsInPause: true });
  await life.to(START + 11 * DAY);
  expect(life.state().billingStatus).toBe('paused');
  await life.changeCard('pm_card_visa');
  await life.to(START + 20 * DAY);
  await life.change({ action: 'resume' });
  await life.catchUp();
  await life.use(5);
  const state = life.state();
  expect(state.billingStatus).toBe('active');
  expect(state.periods.at(-1)).toMatchObject({ start: START + 20 * DAY, usedTokens: 5 });
  expect([...state.archived, ...state.periods].map(({ start }) => start)).toEqual([
    START,
    START + 20 * DAY,
  ]);
});

test('while collection is paused periods go on, and each keeps its draft and its usage', async () => {
  const life = await on.aLife();
  await life.change({ action: 'pause', behavior: 'keep_as_draft', resumesAt: null });
  await life.use(1_100_000);
  await life.renew();
  await life.use(2_100_000);
  await life.renew();
  expect(life.state()).toMatchObject({
    standing: { collectionPaused: 'keep_as_draft' },
    exceptions: [],
    periods: [{ phase: 'reconciled' }, { phase: 'reconciled' }, { phase: 'open' }],
  });
  await life.change({ action: 'resume' });
  await life.catchUp();
  expect(life.state()).toMatchObject({
    standing: { collectionPaused: null },
    exceptions: [],
    archived: [{ phase: 'paid' }, { phase: 'paid' }],
    periods: [{ phase: 'open' }],
  });
  const invoices = (await life.invoices()).filter(
    ({ billing_reason: reason }) => reason === 'subscription_cycle',
  );
  const totals = invoices.reverse().map(({ status, total, number }) => [status, total, number]);
  const numbers = totals.map(([, , number]) => String(number));
  expect(totals.map(([status, total]) => [status, total])).toEqual([
    ['paid', 2900 + 300],
    ['paid', 2900 + 600],
  ]);
  // Numbers are given as invoices are finalized: the oldest first.
  expect(numbers).toEqual([...numbers].sort());
});

test('while one of the kept drafts differs none is let go, however long the pause is over', async () => {
  const life = await on.aLife();
  await life.change({ action: 'pause', behavior: 'keep_as_draft', resumesAt: null });
  await life.use(1_100_000);
  await life.renew();
  await life.use(150_000);
  await on.stage.stripe.billing.meterEvents.create({
    ...{ event_name: 'tollkeeper_overage_standard', timestamp: life.now },
    payload: { stripe_customer_id: life.stripeCustomerId, value: '7' },
  });
  await life.renew();
  await life.change({ action: 'resume' });
  await life.to(life.now + DAY);
  const drafts = (await life.invoices()).filter(({ status }) => status === 'draft');
  expect(drafts).toHaveLength(2);
  const [exception] = life.state().exceptions;
  expect(exception).toMatchObject({ kind: 'invoice_differs', subject: drafts[0]?.id });
  await life.ask('resolveException', {
    ...{ exception: 'invoice_differs', subject: drafts[0]?.id, kind: 'correct' },
    ...{ reason: 'looked at', by: 'grace' },
  });
  await life.to(life.now + HOUR);
  expect(life.state()).toMatchObject({
    exceptions: [],
    archived: [{ phase: 'paid' }, { phase: 'paid' }],
  });
});

test('an invoice that is voided while collection is paused puts its period away', async () => {
  const life = await on.aLife();
  await life.change({ action: 'pause', behavior: 'void', resumesAt: null });
  await life.use(150_000);
  await life.renew();
  expect(life.state()).toMatchObject({
    archived: [{ phase: 'void' }],
    periods: [{ phase: 'open' }],
  });
});

test('an invoice that Stripe no longer expects to be paid is shown so, and its period is put away', async () => {
  const life = await on.aLife();
  await on.stage.order('settings', { subscription: 'past_due' });
  await life.changeCard('pm_card_chargeCustomerFail');
  await life.use(1_100_000);
  await life.renew();
  await life.pauseDunning();
  const [invoice] = await life.invoices();
  expect(life.state().periods[0]).toMatchObject({
    phase: 'finalized',
    invoice: { status: 'open' },
  });
  await on.stage.stripe.invoices.markUncollectible(String(invoice?.id));
  await life.catchUp();
  expect(life.state()).toMatchObject({
    archived: [{ phase: 'void', invoice: { status: 'uncollectible' } }],
    periods: [{ phase: 'open' }],
  });
  // It may still be paid.
  await life.changeCard('pm_card_visa');
  await on.stage.stripe.invoices.pay(String(invoice?.id));
  await life.catchUp();
  expect(life.state().archived).toMatchObject([{ phase: 'paid', invoice: { status: 'paid' } }]);
});

test('a cancellation at once answers within its patience while counting anew is refused', async () => {
  const life = await on.aLife();
  await life.use(150_000);
  await life.to(START + DAY);
  life.troubles.refusals.set('recountLedger', 404);
  await life.grant('late', 10_000, life.now + 13 * DAY);
  await life.catchUp();
  const cancel = () => life.change({ action: 'cancel', when: 'now' });
  await expect(cancel()).rejects.toThrow(/Usage is not reported to Stripe yet/);
  expect(life.state()).toMatchObject({ billingStatus: 'active' });
  life.troubles.end();
  await retryAll(life);
  await cancel();
  await life.catchUp();
  expect(life.state()).toMatchObject({ billingStatus: 'ended', exceptions: [] });
  expect(await latest(life)).toMatchObject({ status: 'paid', total: 12 });
});
