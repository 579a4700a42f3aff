/** Goal: no invoice leaves with other figures than the ledger's, unless an operator says so. */
import type Stripe from 'stripe';
import type { Decision } from '../../src/core/state/exceptions';
import { linesOf } from './at-stripe';
import { DAY, HOUR, START } from './calendar';
import type { Life } from './life';
import { useStage } from './on-stage';

const on = useStage();
beforeEach(() => on.stage.clear());

/** Somebody else sends usage of this customer to our meter. */
const strangersUsage = (life: Life, tokens: number, timestamp = life.now) =>
  on.stage.stripe.billing.meterEvents.create({
    event_name: 'tollkeeper_overage_standard',
    timestamp,
    payload: { stripe_customer_id: life.stripeCustomerId, value: String(tokens) },
  });

const renewals = async (life: Life): Promise<Stripe.Invoice[]> =>
  (await life.invoices()).filter((one) => one.billing_reason === 'subscription_cycle').reverse();

const decide = (life: Life, subject: string, kind: Decision['kind']) =>
  life.ask('resolveException', {
    ...{ exception: 'invoice_differs', subject, kind, reason: 'looked at', by: 'grace' },
  });

/** January's draft, held: a stranger sent 999,950 tokens besides our 50,000. */
async function aHeldDraft(): Promise<{ life: Life; draft: Stripe.Invoice; end: number }> {
  const life = await on.aLife();
  await life.use(150_000);
  await strangersUsage(life, 999_950);
  const { end } = await life.period();
  await life.to(end + 20 * 60);
  const [draft] = await renewals(life);
  return { life, draft: draft as Stripe.Invoice, end };
}

test('a draft that differs is held past its hour, and an operator is told the figures', async () => {
  const { life, draft, end } = await aHeldDraft();
  await life.to(end + 5 * HOUR);
  expect((await on.stage.stripe.invoices.retrieve(draft.id)).status).toBe('draft');
  expect(life.state().exceptions).toMatchObject([{ kind: 'invoice_differs', subject: draft.id }]);
  expect(life.state().exceptions[0]?.message).toContain(
    'overage_standard: ledger 50000, workflow 50000, meter 1049950, invoice 1049950',
  );
});

/** February's draft, right but for a line that somebody put there by hand. */
async function aDraftWithASetupFee(): Promise<{ life: Life; draft: Stripe.Invoice; fee: string }> {
  const life = await on.aLife();
  await life.use(1_100_000);
  const { end } = await life.period();
  await life.to(end);
  await life.catchUp();
  const [draft] = (await renewals(life)) as [Stripe.Invoice];
  const { id: fee } = await on.stage.stripe.invoiceItems.create({
    ...{ customer: life.stripeCustomerId, invoice: draft.id, currency: 'usd', amount: 5_000 },
    description: 'Setup fee',
  });
  await life.use(1, { second: end - 1 });
  await life.to(end + 5 * HOUR);
  return { life, draft, fee };
}

test('a line that somebody added at Stripe holds the draft and is named; removed, it leaves', async () => {
  const { life, draft, fee } = await aDraftWithASetupFee();
  expect((await on.stage.stripe.invoices.retrieve(draft.id)).status).toBe('draft');
  expect(life.state().exceptions).toMatchObject([{ kind: 'invoice_differs', subject: draft.id }]);
  expect(life.state().exceptions[0]?.message).toMatch(
    /line il_\w+ "Setup fee", no line of ours: ledger 0, workflow 0, invoice 5000$/,
  );
  await on.stage.stripe.invoiceItems.del(fee);
  await life.to(life.now + HOUR);
  expect((await renewals(life))[0]).toMatchObject({ status: 'paid', total: 2900 + 300 });
  expect(life.state()).toMatchObject({ exceptions: [], archived: [{ phase: 'paid' }] });
});

test('a line that somebody added is accepted, and the draft leaves with it', async () => {
  const { life, draft } = await aDraftWithASetupFee();
  await decide(life, draft.id, 'accept_stripe');
  await life.to(life.now + HOUR);
  expect((await renewals(life))[0]).toMatchObject({ status: 'paid', total: 2900 + 300 + 5_000 });
  expect(life.state()).toMatchObject({ exceptions: [], archived: [{ phase: 'paid' }] });
});

test('a base price that was edited at Stripe is found out at the renewal, and named', async () => {
  const life = await on.aLife();
  const { items } = await on.stage.stripe.subscriptions.retrieve(life.subscriptionId);
  const base = items.data.find(({ price }) => price.recurring?.usage_type === 'licensed');
  await on.stage.stripe.subscriptionItems.update(String(base?.id), {
    ...{ quantity: 3, proration_behavior: 'none' },
  });
  const { end } = await life.period();
  await life.to(end + 5 * HOUR);
  expect((await renewals(life))[0]).toMatchObject({ status: 'draft', total: 8700 });
  // The price was told when it was edited; what the invoice makes of it is told as well.
  const { exceptions } = life.state();
  expect(exceptions.map(({ kind }) => kind)).toEqual(['price_differs', 'invoice_differs']);
  expect(exceptions[1]?.message).toContain(
    'cents of starter base price: ledger 2900, workflow 2900, invoice 8700',
  );
});

test('corrected, the meter gets the difference, and the invoice is finalized with our figures', async () => {
  const { life, draft, end } = await aHeldDraft();
  await life.to(end + 5 * HOUR);
  await decide(life, draft.id, 'correct');
  await life.to(life.now + HOUR);
  const [invoice] = await renewals(life);
  expect(invoice).toMatchObject({ status: 'paid', total: 2915 });
  expect(life.state()).toMatchObject({ exceptions: [], archived: [{ phase: 'paid' }] });
});

test('accepted, the invoice is finalized with Stripe’s figures', async () => {
  const { life, draft, end } = await aHeldDraft();
  await life.to(end + 5 * HOUR);
  await decide(life, draft.id, 'accept_stripe');
  await life.to(life.now + HOUR);
  const [invoice] = await renewals(life);
  expect(invoice).toMatchObject({ status: 'paid', total: 2900 + 315 });
  expect(life.state()).toMatchObject({ exceptions: [], archived: [{ phase: 'paid' }] });
  expect([...life.books.written.keys()]).toContain(`resolved:${draft.id}`);
});

test('a decision accepts the differences that it saw, and no others', async () => {
  const { life, draft, end } = await aHeldDraft();
  await decide(life, draft.id, 'accept_stripe');
  await life.use(10, { second: end - 60 });
  await life.to(end + 5 * HOUR);
  const [invoice] = await renewals(life);
  expect(invoice?.status).toBe('draft');
  expect(life.state().exceptions).toMatchObject([
    { message: expect.stringContaining('ledger 50010, workflow 50010, meter 1049960') as string },
  ]);
});

test('a decision about what is not open is refused', async () => {
  const { life } = await aHeldDraft();
  await expect(decide(life, 'in_other', 'correct')).rejects.toThrow(/no open exception/);
});

test('asked to look again, a draft that is mended is let go at once, and one that is not stays', async () => {
  const { life, draft, end } = await aHeldDraft();
  await life.to(end + 2 * DAY);
  await decide(life, draft.id, 'retry');
  await life.temporal.settle();
  expect(life.state().exceptions).toMatchObject([{ kind: 'invoice_differs', subject: draft.id }]);
  // No news come of a meter that somebody puts right.
  await strangersUsage(life, -999_950, end - 1);
  await decide(life, draft.id, 'retry');
  await life.catchUp();
  expect((await renewals(life))[0]).toMatchObject({ status: 'paid', total: 2915 });
  expect(life.state().exceptions).toEqual([]);
});

test('usage that arrives while the draft is open is on it', async () => {
  const life = await on.aLife();
  const { end } = await life.period();
  await life.use(100_000);
  await life.to(end + 50 * 60);
  expect(life.state().periods[0]?.phase).toBe('reconciled');
  await life.use(1_000_000, { second: end - 1 });
  await life.to(end + 2 * HOUR);
  expect(linesOf((await renewals(life))[0] as Stripe.Invoice)).toEqual([
    ['1 × Starter', 2900],
    ['1000000 × Tokens over the allowance', 300],
  ]);
});

test('late usage is a line of the next invoice that names its period, at that period’s rates', async () => {
  const life = await on.aLife();
  const { end } = await life.period();
  await life.use(60_000);
  await life.to(end + 2 * DAY);
  await life.use(5_040_000, { second: end - 100 });
  await life.renew();
  const [, february] = await renewals(life);
  expect(linesOf(february as Stripe.Invoice)).toEqual([
    ['1 × Starter', 2900],
    [
      'Late usage of 2026-01-01 to 2026-02-01: 5000000 tokens (overage_standard, plan starter)',
      1500,
    ],
  ]);
  const january = life.state().archived.find(({ start }) => start === START);
  expect(january?.late).toEqual({
    overage_standard: { tokens: 5_000_000, settledTokens: 5_000_000, settlements: 1 },
  });
  expect(life.state().exceptions).toEqual([]);
});

test('late usage within the allowance that was left costs nothing and makes no line', async () => {
  const life = await on.aLife();
  const { end } = await life.period();
  await life.use(60_000);
  await life.to(end + 2 * DAY);
  await life.use(40_000, { second: end - 100 });
  await life.renew();
  expect(linesOf((await renewals(life))[1] as Stripe.Invoice)).toEqual([['1 × Starter', 2900]]);
});

test('late usage of a subscription that has ended is written off with its value', async () => {
  const life = await on.aLife({ plan: 'pay_as_you_go' });
  await life.to(START + 10 * DAY);
  await life.change({ action: 'cancel', when: 'now' });
  await life.catchUp();
  await life.use(1_500_000, { second: START + 5 * DAY });
  await life.to(life.now + HOUR);
  const written = [...life.books.written.entries()].filter(([key]) => key.startsWith('late:'));
  expect(written).toMatchObject(
    [[/late:/, { tokens: 1_500_000, amountCents: 300 }]].map(([, item]) => [
      expect.stringMatching(/^late:/),
      item,
    ]),
  );
});

test('two periods are unpaid at once, and each is paid by itself', async () => {
  const life = await on.aLife();
  await on.stage.order('settings', { subscription: 'past_due' });
  await life.use(1_100_000);
  await life.changeCard('pm_card_chargeCustomerFail');
  await life.renew();
  await life.pauseDunning();
  await life.use(2_100_000);
  await life.renew();
  expect(life.state()).toMatchObject({
    billingStatus: 'past_due',
    periods: [{ phase: 'finalized' }, { phase: 'finalized' }, { phase: 'open' }],
  });
  expect(life.state().dunning).toHaveLength(2);
  await life.payOpenInvoices();
  await life.catchUp();
  expect(life.state()).toMatchObject({
    billingStatus: 'active',
    dunning: [],
    archived: [{ phase: 'paid' }, { phase: 'paid' }],
    periods: [{ phase: 'open', usedTokens: 0 }],
  });
});
