/**
 * Goal: what Stripe shares by itself (a one-off sale, a vendor's own subscription) is in the
 * vendor's books like everything else, and comes back in proportion.
 */
import { aCatalogFile } from '../support/builders/catalog-file';
import { eventually } from '../support/stack/eventually';
import { advanceClock } from '../support/stripe/test-clock';
import { startProduct } from '../support/stack/product';
import type { Product } from '../support/stack/product';

jest.setTimeout(120_000);

const HOUR = 3600;

let product: Product;
let account: string;
beforeAll(async () => {
  product = await startProduct({
    CATALOG_FILE: aCatalogFile(({ plans }) => {
      plans.push({
        ...plans.find(({ id }) => id === 'starter'),
        ...{ id: 'acme_club', name: 'Acme Club', vendor: 'acme', monthlyPriceCents: 4000 },
        ...{ includedTokens: 100_000, rates: [] },
        access: {
          ...{ warnAtPercent: null, throttleAtPercent: null },
          ...{ throttledRequestsPerMinute: null, upgradeTo: null },
        },
      });
    }),
  });
  const made = await product.api.put<{ stripeAccountId: string }>('/v1/vendors/acme', {
    email: 'acme@example.com',
  });
  account = made.stripeAccountId;
  await fetch(`${product.stripeUrl}/_sandbox/onboarding`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ account }),
  });
  await eventually(
    () => product.api.get<{ transfersStatus: string }>('/v1/vendors/acme'),
    (vendor) => vendor?.transfersStatus === 'active',
  );
});
afterAll(() => product.stop());

async function vendorBalance(): Promise<number> {
  const balance = await product.stripe.balance.retrieve({}, { stripeAccount: account });
  return [...balance.available, ...balance.pending].reduce((sum, { amount }) => sum + amount, 0);
}

/** Earned and moved of a customer's purchases, as the vendor's books have them. */
async function booked(customer: string): Promise<Record<string, number>> {
  const { rows } = await product.pool.query<Record<string, number>>(
    `select sum(gross_cents)::int as gross, sum(fee_cents)::int as fee,
            sum(earned_cents)::int as earned, sum(moved_cents)::int as moved
       from vendor_entries where customer = $1`,
    [customer],
  );
  return rows[0] ?? {};
}
const booksBecome = (customer: string, expected: Record<string, number>) =>
  eventually(
    () => booked(customer),
    (seen) => JSON.stringify(seen) === JSON.stringify(expected),
  );

test('$50.00 once: $7.50 are the platform’s; half of it refunded, half of the share comes back', async () => {
  await product.api.put('/v1/customers/ann', { email: 'ann@example.com', plan: 'starter' });
  const sale = await product.api.post<{ chargeId: string; feeCents: number }>(
    '/v1/vendors/acme/charges',
    { id: 'training', customer: 'ann', amountCents: 5_000, description: 'A model for ann' },
  );
  expect(sale.feeCents).toBe(750);
  await booksBecome('ann', { gross: 5_000, fee: 750, earned: 4_250, moved: 4_250 });
  expect(await vendorBalance()).toBe(4_250);
  // By hand at Stripe, where the vendor's part is left with the vendor unless one asks for it.
  await product.stripe.refunds.create({ charge: sale.chargeId, amount: 2_500 });
  await booksBecome('ann', { gross: 2_500, fee: 375, earned: 2_125, moved: 2_125 });
  expect(await vendorBalance()).toBe(2_125);
  // The rest with all that belongs to it: there is nothing left for us to move.
  await product.stripe.refunds.create({
    ...{ charge: sale.chargeId, reverse_transfer: true, refund_application_fee: true },
  });
  await booksBecome('ann', { gross: 0, fee: 0, earned: 0, moved: 0 });
  expect(await vendorBalance()).toBe(0);
});

test('a vendor’s own subscription pays the vendor all but the fee, with usage on top', async () => {
  const start = Math.floor(Date.now() / 1000);
  const clock = await product.stripe.testHelpers.testClocks.create({ frozen_time: start });
  await product.api.put('/v1/customers/bob', {
    ...{ email: 'bob@example.com', plan: 'acme_club', testClock: clock.id },
  });
  // $40.00 in advance, of which 15 % are $6.00.
  await booksBecome('bob', { gross: 4_000, fee: 600, earned: 3_400, moved: 3_400 });
  const period = await eventually(
    () => product.api.get<{ period: { end: string } }>('/v1/customers/bob/usage'),
    (usage) => usage !== undefined,
  );
  await product.api.recordUsage('bob', [
    { id: 'u1', model: 'acme-1', tokens: { input: 600_000 }, second: start, vendor: 'acme' },
  ]);
  await eventually(
    () => product.api.get<{ overageTokens: number }>('/v1/customers/bob/usage'),
    (usage) => usage?.overageTokens === 500_000,
  );
  const end = Math.floor(Date.parse(String(period?.period.end)) / 1000);
  await advanceClock(product.stripe, clock.id, end + 3 * HOUR);
  // 500,000 tokens over at $10.00 a million, and another $40.00: $45.00, of which 15 % are $6.75.
  await booksBecome('bob', { gross: 8_500, fee: 1_275, earned: 7_225, moved: 7_225 });
  expect(await vendorBalance()).toBe(7_225);
});
