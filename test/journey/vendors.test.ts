/**
 * Goal: three vendors at different fees sell on one invoice, and whatever becomes of the money,
 * each has at Stripe what an independent reckoning says.
 */
import type Stripe from 'stripe';
import { payoutWorkflowId } from '../../src/core/ids';
import { payoutStatusQuery } from '../../workflows/contract';
import { aCatalogFile } from '../support/builders/catalog-file';
import { eventually } from '../support/stack/eventually';
import { advanceClock } from '../support/stripe/test-clock';
import { startProduct } from '../support/stack/product';
import type { Product } from '../support/stack/product';

jest.setTimeout(120_000);

const HOUR = 3600;
const DAY = 24 * HOUR;
/** Starter's price, paid when the subscription began. */
const FIRST_CENTS = 2900;
/** Percent of the platform; initech's fee stays with it when money comes back. */
const FEES = { acme: 15, globex: 20, initech: 30 } as const;
type VendorId = keyof typeof FEES;
const VENDORS = Object.keys(FEES) as VendorId[];

let product: Product;
const accounts = {} as Record<VendorId, string>;
beforeAll(async () => {
  product = await startProduct({
    CATALOG_FILE: aCatalogFile(({ rates, vendors }) => {
      rates.push({
        ...{ id: 'initech_tokens', name: 'Initech models', models: ['*'] },
        pricePerMillionTokens: '12.34',
      });
      vendors.push({
        ...{ id: 'initech', name: 'Initech', feePercent: '30', rates: ['initech_tokens'] },
        feeOnRefund: 'kept',
      });
    }),
  });
});
afterAll(() => product.stop());

const order = async (path: string, body: object) => {
  const response = await fetch(`${product.stripeUrl}/_sandbox/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect([path, response.status]).toEqual([path, 200]);
  return (await response.json()) as { id: string };
};

const advance = (clock: string, second: number) => advanceClock(product.stripe, clock, second);

/** What of the vendors' sales a customer has paid and has not got back. */
interface Sold {
  readonly paidCents: number;
  readonly soldCents: Readonly<Record<VendorId, number>>;
  backCents: number;
}
const sold: Sold[] = [];

/** In fractions of two integers, and rounded once: no code is shared with ours. */
const halfUp = (numerator: number, denominator: number): number =>
  Math.floor((2 * numerator + denominator) / (2 * denominator));
function shouldHave(vendor: VendorId): number {
  return sold.reduce((sum, { paidCents, soldCents, backCents }) => {
    const gross = soldCents[vendor];
    const share = gross - halfUp(gross * FEES[vendor], 100);
    const borne = vendor === 'initech' ? gross : share;
    return sum + Math.max(0, share - halfUp(borne * backCents, paidCents));
  }, 0);
}

async function balanceOf(account?: string): Promise<number> {
  const balance = await product.stripe.balance.retrieve(
    {},
    account === undefined ? {} : { stripeAccount: account },
  );
  return [...balance.available, ...balance.pending].reduce((sum, { amount }) => sum + amount, 0);
}
const balances = async () => {
  const each = await Promise.all(VENDORS.map((vendor) => balanceOf(accounts[vendor])));
  return Object.fromEntries(VENDORS.map((vendor, at) => [vendor, each[at]]));
};
const expected = () => Object.fromEntries(VENDORS.map((vendor) => [vendor, shouldHave(vendor)]));

/** Stripe's fees in the test's country: for a charge, and for being disputed. */
const chargeFee = (cents: number): number => halfUp(cents * 29, 1000) + 30;
const DISPUTE_FEE = 1500;
/** Paid, less Stripe's fees, less what came back, less what the vendors have. */
function platformShouldHave(disputes: number): number {
  const charged = [FIRST_CENTS, ...sold.map(({ paidCents }) => paidCents)];
  const brought = charged.reduce((sum, cents) => sum + cents - chargeFee(cents), 0);
  const back = sold.reduce((sum, { backCents }) => sum + backCents, 0);
  const shared = VENDORS.reduce((sum, vendor) => sum + shouldHave(vendor), 0);
  return brought - back - shared - disputes * DISPUTE_FEE;
}

async function balancesBecomeRight(): Promise<void> {
  await eventually(balances, (seen) => JSON.stringify(seen) === JSON.stringify(expected()), 30_000);
}

test('whatever becomes of the money, each vendor has what is theirs', async () => {
  for (const vendor of VENDORS) {
    const email = `${vendor}@example.com`;
    const { stripeAccountId } = await product.api.put<{ stripeAccountId: string }>(
      `/v1/vendors/${vendor}`,
      { email },
    );
    accounts[vendor] = stripeAccountId;
    if (vendor !== 'initech') await order('onboarding', { account: accounts[vendor] });
  }
  const start = Math.floor(Date.now() / 1000);
  const clock = await product.stripe.testHelpers.testClocks.create({ frozen_time: start });
  await product.api.put('/v1/customers/ada', {
    ...{ email: 'ada@example.com', plan: 'starter', testClock: clock.id },
  });
  const stripeCustomerId = await product.api
    .get('/v1/customers/ada')
    .then((seen) => String((seen as { stripeCustomerId: string }).stripeCustomerId));

  const now = async () =>
    (await product.stripe.testHelpers.testClocks.retrieve(clock.id)).frozen_time;
  let month = 0;
  /** A month's usage, renewed and paid: the charge. */
  const playMonth = async (
    tokens: Readonly<Record<VendorId, number>>,
    cents: Sold['soldCents'],
  ) => {
    month += 1;
    const second = await now();
    await product.api.recordUsage('ada', [
      { id: `own-${month}`, model: 'gpt-4o-mini', tokens: { input: 150_000 }, second },
      ...VENDORS.map((vendor) => ({
        ...{ id: `${vendor}-${month}`, model: 'gpt-4o-mini', second, vendor },
        tokens: { input: tokens[vendor] },
      })),
    ]);
    const paidCents = FIRST_CENTS + 15 + cents.acme + cents.globex + cents.initech;
    const { items } = await product.stripe.subscriptions
      .list({ customer: stripeCustomerId })
      .then(({ data }) => data[0] as Stripe.Subscription);
    const end = Number(items.data[0]?.current_period_end);
    const reported = await eventually(
      () => product.api.get('/v1/customers/ada/usage'),
      (usage) => (usage as { usedTokens: number }).usedTokens === 150_000,
    );
    expect(reported).toBeDefined();
    await advance(clock.id, end + 3 * HOUR);
    const charges = await eventually(
      () => product.stripe.charges.list({ customer: stripeCustomerId, limit: 10 }),
      ({ data }) => data[0]?.amount === paidCents && data.length === month + 1,
      30_000,
    );
    sold.push({ paidCents, soldCents: cents, backCents: 0 });
    return String(charges.data[0]?.id);
  };
  const monthly = { acme: 400_000, globex: 312_500, initech: 100_000 };
  const cents = { acme: 400, globex: 250, initech: 123 };

  const first = await playMonth(monthly, cents);
  const [paid] = (await product.stripe.invoices.list({ customer: stripeCustomerId })).data;
  const payout = product.temporal.workflow.getHandle(payoutWorkflowId(String(paid?.id)));
  // Two are paid at once; the third is waited for, and an operator sees it.
  const waiting = await eventually(
    () => payout.query(payoutStatusQuery),
    ({ standings }) => standings.filter(({ owedCents }) => owedCents === 0).length === 2,
  );
  expect(waiting.standings.find(({ vendor }) => vendor === 'initech')).toMatchObject({
    ...{ waitsFor: 'account', earnedCents: 86, movedCents: 0 },
  });
  expect(await balances()).toEqual({ acme: 340, globex: 200, initech: 0 });
  await advance(clock.id, (await now()) + 10 * DAY);
  await order('onboarding', { account: accounts.initech });
  await balancesBecomeRight();
  expect(await payout.result()).toMatchObject({
    vendors: [
      { vendor: 'acme', movedCents: 340 },
      { vendor: 'globex', movedCents: 200 },
      { vendor: 'initech', movedCents: 86 },
    ],
  });

  // A third comes back.
  const refund = Math.floor((sold[0] as Sold).paidCents / 3);
  await product.stripe.refunds.create({ charge: first, amount: refund });
  (sold[0] as Sold).backCents = refund;
  await balancesBecomeRight();
  expect(await balances()).not.toEqual({ acme: 340, globex: 200, initech: 86 });

  const won = await playMonth(monthly, cents);
  await balancesBecomeRight();
  const disputed = await order('disputes', { charge: won });
  (sold[1] as Sold).backCents = (sold[1] as Sold).paidCents;
  await balancesBecomeRight();
  await order('disputes/close', { dispute: disputed.id, outcome: 'won' });
  (sold[1] as Sold).backCents = 0;
  await balancesBecomeRight();

  const lost = await playMonth(monthly, cents);
  await balancesBecomeRight();
  const { id } = await order('disputes', { charge: lost });
  await order('disputes/close', { dispute: id, outcome: 'lost' });
  (sold[2] as Sold).backCents = (sold[2] as Sold).paidCents;
  await balancesBecomeRight();
  expect(await balanceOf()).toBe(platformShouldHave(2));
});
