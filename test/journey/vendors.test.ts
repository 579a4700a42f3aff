/**
 * Goal: three vendors at different fees sell on one invoice, and whatever becomes of the money,
 * each has at Stripe what an independent reckoning says.
 */
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
let ada: { readonly clock: string; readonly stripeCustomerId: string };
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
  // All but initech can be paid.
  for (const vendor of VENDORS) {
    const { stripeAccountId } = await product.api.put<{ stripeAccountId: string }>(
      `/v1/vendors/${vendor}`,
      { email: `${vendor}@example.com` },
    );
    accounts[vendor] = stripeAccountId;
    if (vendor !== 'initech') await order('onboarding', { account: stripeAccountId });
  }
  ada = await subscribeAda();
});
afterAll(() => product.stop());

async function subscribeAda() {
  const start = Math.floor(Date.now() / 1000);
  const { id } = await product.stripe.testHelpers.testClocks.create({ frozen_time: start });
  await product.api.put('/v1/customers/ada', {
    ...{ email: 'ada@example.com', plan: 'starter', testClock: id },
  });
  const seen = await product.api.get<{ stripeCustomerId: string }>('/v1/customers/ada');
  return { clock: id, stripeCustomerId: String(seen?.stripeCustomerId) };
}

const order = async (path: string, body: object) => {
  const response = await fetch(`${product.stripeUrl}/_sandbox/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect([path, response.status]).toEqual([path, 200]);
  return (await response.json()) as { id: string };
};

const advance = (second: number) => advanceClock(product.stripe, ada.clock, second);
const now = async () =>
  (await product.stripe.testHelpers.testClocks.retrieve(ada.clock)).frozen_time;

/** What of the vendors' sales a customer has paid and has not got back. */
interface Sold {
  readonly charge: string;
  readonly paidCents: number;
  readonly soldCents: Readonly<Record<VendorId, number>>;
  backCents: number;
}
const sold: Sold[] = [];
let disputes = 0;

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
function platformShouldHave(): number {
  const charged = [FIRST_CENTS, ...sold.map(({ paidCents }) => paidCents)];
  const brought = charged.reduce((sum, cents) => sum + cents - chargeFee(cents), 0);
  const back = sold.reduce((sum, { backCents }) => sum + backCents, 0);
  const shared = VENDORS.reduce((sum, vendor) => sum + shouldHave(vendor), 0);
  return brought - back - shared - disputes * DISPUTE_FEE;
}

async function balancesBecomeRight(): Promise<void> {
  await eventually(balances, (seen) => JSON.stringify(seen) === JSON.stringify(expected()), 30_000);
}

/** A month's usage of each vendor's, and what it comes to. */
const TOKENS = { acme: 400_000, globex: 312_500, initech: 100_000 } as const;
const CENTS = { acme: 400, globex: 250, initech: 123 } as const;
/** Starter, its own overage, and the vendors'. */
const MONTH_CENTS = FIRST_CENTS + 15 + CENTS.acme + CENTS.globex + CENTS.initech;

/** A month's usage, renewed and paid. */
async function playMonth(): Promise<Sold> {
  const month = sold.length + 1;
  const second = await now();
  await product.api.recordUsage('ada', [
    { id: `own-${month}`, model: 'gpt-4o-mini', tokens: { input: 150_000 }, second },
    ...VENDORS.map((vendor) => ({
      ...{ id: `${vendor}-${month}`, model: 'gpt-4o-mini', second, vendor },
      tokens: { input: TOKENS[vendor] },
    })),
  ]);
  const end = await endOfPeriod();
  await eventually(
    () => product.api.get<{ usedTokens: number }>('/v1/customers/ada/usage'),
    (usage) => usage?.usedTokens === 150_000,
  );
  await advance(end + 3 * HOUR);
  const { data } = await eventually(
    () => product.stripe.charges.list({ customer: ada.stripeCustomerId, limit: 10 }),
    (charges) => charges.data[0]?.amount === MONTH_CENTS && charges.data.length === month + 1,
    30_000,
  );
  const charge = String(data[0]?.id);
  const played = { charge, paidCents: MONTH_CENTS, soldCents: CENTS, backCents: 0 };
  sold.push(played);
  return played;
}

async function endOfPeriod(): Promise<number> {
  const { data } = await product.stripe.subscriptions.list({ customer: ada.stripeCustomerId });
  return Number(data[0]?.items.data[0]?.current_period_end);
}

async function dispute(month: Sold): Promise<{ id: string }> {
  disputes += 1;
  const opened = await order('disputes', { charge: month.charge });
  month.backCents = month.paidCents;
  return opened;
}

test('two vendors are paid at once, and the third as soon as its account can be', async () => {
  await playMonth();
  const [paid] = (await product.stripe.invoices.list({ customer: ada.stripeCustomerId })).data;
  const payout = product.temporal.workflow.getHandle(payoutWorkflowId(String(paid?.id)));
  // The third is waited for, and an operator sees it.
  const waiting = await eventually(
    () => payout.query(payoutStatusQuery),
    ({ standings }) =>
      standings.filter(({ owedCents }) => owedCents === 0).length === 2 &&
      standings.some(({ waitsFor }) => waitsFor === 'account'),
  );
  expect(waiting.standings.find(({ vendor }) => vendor === 'initech')).toMatchObject({
    ...{ waitsFor: 'account', earnedCents: 86, movedCents: 0 },
  });
  expect(await balances()).toEqual({ acme: 340, globex: 200, initech: 0 });
  await advance((await now()) + 10 * DAY);
  await order('onboarding', { account: accounts.initech });
  await balancesBecomeRight();
  expect(await payout.result()).toMatchObject({
    vendors: [
      { vendor: 'acme', movedCents: 340 },
      { vendor: 'globex', movedCents: 200 },
      { vendor: 'initech', movedCents: 86 },
    ],
  });
});

test('of a charge that is refunded by a third, each vendor gives back its part', async () => {
  const first = sold[0] as Sold;
  const refund = Math.floor(first.paidCents / 3);
  await product.stripe.refunds.create({ charge: first.charge, amount: refund });
  first.backCents = refund;
  await balancesBecomeRight();
  expect(await balances()).not.toEqual({ acme: 340, globex: 200, initech: 86 });
});

test('a charge that is disputed is taken back, and given again once the dispute is won', async () => {
  const month = await playMonth();
  await balancesBecomeRight();
  const opened = await dispute(month);
  await balancesBecomeRight();
  await order('disputes/close', { dispute: opened.id, outcome: 'won' });
  month.backCents = 0;
  await balancesBecomeRight();
});

test('what a lost dispute took is taken back for good', async () => {
  const month = await playMonth();
  await balancesBecomeRight();
  const opened = await dispute(month);
  await order('disputes/close', { dispute: opened.id, outcome: 'lost' });
  await balancesBecomeRight();
});

test('the platform has what was paid, less Stripe’s fees and what the vendors have', async () => {
  expect(await balanceOf()).toBe(platformShouldHave());
});
