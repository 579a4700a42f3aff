/** Goal: billing credits pay for metered usage, in Stripe's order, and for nothing else. */
import type Stripe from 'stripe';
import { describeInBoth, unique } from '../../../support/sandbox/both';
import type { Place } from '../../../support/sandbox/both';
import { assertRefused } from '../../../support/sandbox/rule';
import type { Rule } from '../../../support/sandbox/rule';
import {
  advance,
  customerOnClock,
  meterAndPrices,
  refusal,
  report,
  START,
  until,
} from '../../../support/sandbox/stand';

const HOUR = 3600;
const DAY = 24 * HOUR;
const PERIOD_END = Date.UTC(2026, 1, 15, 12) / 1000;
const SOURCE = '§2 billing credits';

let place: Place;
let stripe: Stripe;

type Terms = Partial<Stripe.Billing.CreditGrantCreateParams>;

const METERED = { scope: { price_type: 'metered' as const } };

const grant = (customer: string, cents: number, terms: Terms = {}) =>
  stripe.billing.creditGrants.create({
    customer,
    category: 'paid',
    amount: { type: 'monetary', monetary: { currency: 'usd', value: cents } },
    applicability_config: METERED,
    ...terms,
  });

/** $29 a month, and $3 for the million tokens that it used in its first month. */
async function aSubscriber(card?: string) {
  const eventName = unique('tokens');
  const { clock, customer } = await customerOnClock(stripe, START, card);
  const terms = { eventName, baseCents: 2900, centsPerToken: '0.0003' };
  const { items, meter } = await meterAndPrices(stripe, terms);
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items });
  await report(stripe, eventName, customer.id, 1_000_000);
  const preview = () => stripe.invoices.createPreview({ subscription: id });
  await until('the usage in a preview', async () => (await preview()).total === 3200, 60);
  return { id, clock, customer: customer.id, items, meter };
}

async function latest(subscription: string): Promise<Stripe.Invoice> {
  const { data } = await stripe.invoices.list({ subscription, limit: 1 });
  if (!data[0]) throw new Error(`No invoice for ${subscription}`);
  return data[0];
}

async function left(customer: string): Promise<number | undefined> {
  const { balances } = await stripe.billing.creditBalanceSummaries.retrieve({
    customer,
    filter: { type: 'applicability_scope', applicability_scope: METERED.scope },
  });
  return balances[0]?.available_balance.monetary?.value;
}

/** What was taken from a grant, newest first. */
async function debits(creditGrant: string, customer: string) {
  const asked = { credit_grant: creditGrant, customer };
  const { data } = await stripe.billing.creditBalanceTransactions.list(asked);
  return data
    .filter(({ type }) => type === 'debit')
    .map(({ debit }) => [debit?.type, debit?.amount.monetary?.value]);
}

describeInBoth('billing credits', (start) => {
  beforeAll(async () => {
    place = await start();
    stripe = place.stripe;
  });
  afterAll(() => place.close());

  test('they lower what the finalized invoice charges, and its line says by which credit', async () => {
    const { id, clock, customer } = await aSubscriber();
    const { id: granted } = await grant(customer, 200);
    await advance(stripe, clock.id, PERIOD_END + HOUR / 2);
    expect(await latest(id)).toMatchObject({ status: 'draft', total: 3200 });
    await advance(stripe, clock.id, PERIOD_END + 2 * HOUR);
    const invoice = await latest(id);
    expect(invoice).toMatchObject({ status: 'paid', subtotal: 3200, total: 3000 });
    const usage = invoice.lines.data.find(({ amount }) => amount === 300);
    expect(usage?.pretax_credit_amounts).toMatchObject([{ amount: 200 }]);
    expect(await debits(granted, customer)).toEqual([['credits_applied', 200]]);
    expect(await left(customer)).toBe(0);
  });

  test('they never pay for the base', async () => {
    const { id, clock, customer } = await aSubscriber();
    await grant(customer, 5000);
    await advance(stripe, clock.id, PERIOD_END + 2 * HOUR);
    expect(await latest(id)).toMatchObject({ status: 'paid', total: 2900 });
    expect(await left(customer)).toBe(4700);
  });

  test('the more urgent goes first: priority, then expiry, then what was for free', async () => {
    const { clock, customer } = await aSubscriber();
    const far = PERIOD_END + 60 * DAY;
    const paid = await grant(customer, 100, { expires_at: far });
    const free = await grant(customer, 100, { expires_at: far, category: 'promotional' });
    const sooner = await grant(customer, 100, { expires_at: PERIOD_END + 50 * DAY });
    const first = await grant(customer, 50, { priority: 1 });
    await advance(stripe, clock.id, PERIOD_END + 2 * HOUR);
    const used = async ({ id }: { id: string }) => (await debits(id, customer))[0]?.[1] ?? 0;
    const amounts = [await used(first), await used(sooner), await used(free), await used(paid)];
    expect(amounts).toEqual([50, 100, 100, 50]);
  });

  test('for one price only, they pay for no other', async () => {
    const { id, clock, customer } = await aSubscriber();
    const other = await meterAndPrices(stripe, { eventName: unique('other'), centsPerToken: '1' });
    const prices = other.items.map(({ price }) => ({ id: price }));
    await grant(customer, 200, { applicability_config: { scope: { prices } } });
    await advance(stripe, clock.id, PERIOD_END + 2 * HOUR);
    expect((await latest(id)).total).toBe(3200);
  });

  test('what is left when they expire is gone', async () => {
    const { id, clock, customer } = await aSubscriber();
    const { id: granted } = await grant(customer, 200, { expires_at: START + DAY });
    await advance(stripe, clock.id, START + 2 * DAY);
    await until('the expiry', async () => (await left(customer)) === 0, 60);
    expect(await debits(granted, customer)).toEqual([['credits_expired', 200]]);
    await advance(stripe, clock.id, PERIOD_END + 2 * HOUR);
    expect((await latest(id)).total).toBe(3200);
  });

  test('an invoice that is voided gives them back', async () => {
    const { id, clock, customer } = await aSubscriber();
    const { id: card } = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', {
      customer,
    });
    const settings = { invoice_settings: { default_payment_method: card } };
    await stripe.customers.update(customer, settings);
    await grant(customer, 200);
    await advance(stripe, clock.id, PERIOD_END + 2 * HOUR);
    const invoice = await latest(id);
    expect(invoice).toMatchObject({ status: 'open', total: 3000 });
    expect(await left(customer)).toBe(0);
    await stripe.invoices.voidInvoice(invoice.id);
    expect(await left(customer)).toBe(200);
  });

  const refused = async (terms: Terms, cents = 100) =>
    grant((await customerOnClock(stripe)).customer.id, cents, terms);
  const RULES: Rule[] = [
    {
      source: SOURCE,
      rule: 'a scope names a kind of price or prices, not both',
      call: () =>
        refused({ applicability_config: { scope: { ...METERED.scope, prices: [{ id: 'x' }] } } }),
      refused: { statusCode: 400 },
    },
    {
      source: SOURCE,
      rule: 'a price without a meter takes no credits',
      call: async () => {
        const terms = { eventName: unique('base'), baseCents: 100 };
        const { items } = await meterAndPrices(stripe, terms);
        const prices = items.map(({ price }) => ({ id: price }));
        await refused({ applicability_config: { scope: { prices } } });
      },
      refused: { statusCode: 400 },
    },
    {
      source: SOURCE,
      rule: 'a grant cannot be over before it begins',
      call: () => refused({ effective_at: START + DAY, expires_at: START + HOUR }),
      refused: { statusCode: 400 },
    },
    {
      source: SOURCE,
      rule: 'a grant is more than nothing',
      call: () => refused({}, 0),
      refused: { statusCode: 400 },
    },
  ];
  test.each(RULES)('$rule ($source)', assertRefused);

  test('a grant that was used cannot be voided', async () => {
    const { clock, customer } = await aSubscriber();
    const { id } = await grant(customer, 200);
    await advance(stripe, clock.id, PERIOD_END + 2 * HOUR);
    expect((await refusal(stripe.billing.creditGrants.voidGrant(id))).statusCode).toBe(400);
  });
});
