/** The demo's marketplace: vendors with accounts, a one-off sale, and what they were paid. */
import type { ExpectedVendor } from './oracle';
import type { DemoDeps, PlayedCustomer } from './play';
import { waitFor } from './play';
import { DEMO_SALE, DEMO_VENDORS } from './scenario';

interface ShownVendor {
  readonly stripeAccountId: string;
  readonly onboardingUrl: string | null;
}

/** Played before on this stack, they are there already. */
export async function onboardVendors({ api }: DemoDeps): Promise<void> {
  for (const vendor of DEMO_VENDORS) {
    const email = `${vendor}@example.com`;
    const vendorView = await api.put<ShownVendor>(`/v1/vendors/${vendor}`, { email });
    if (vendorView.onboardingUrl === null) continue;
    // The vendor fills in the form at Stripe itself; the sandbox takes it as filled in.
    const url = new URL(vendorView.onboardingUrl);
    if (!url.pathname.startsWith('/_sandbox/')) continue;
    const response = await fetch(url.origin + url.pathname, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ account: vendorView.stripeAccountId }),
    });
    if (!response.ok) throw new Error(`${url.href} answered ${response.status}`);
  }
  await waitFor('the vendors may be paid', async () => {
    const accounts = await Promise.all(
      DEMO_VENDORS.map((vendor) => api.get<{ transfersStatus: string }>(`/v1/vendors/${vendor}`)),
    );
    return accounts.every((vendor) => vendor?.transfersStatus === 'active') || undefined;
  });
}

export async function sellOnce(
  { api }: DemoDeps,
  playedCustomers: readonly PlayedCustomer[],
): Promise<void> {
  const { vendor, amountCents, description } = DEMO_SALE;
  const customer = playedCustomers.find(
    ({ script }) => script.name === DEMO_SALE.customer,
  )?.customer;
  await api.post(`/v1/vendors/${vendor}/charges`, {
    ...{ id: `${customer}-sale`, customer, amountCents, description },
  });
}

/** The vendors' books tell them, once everything was moved. */
export async function awaitPayouts(
  { pool }: DemoDeps,
  playedCustomers: readonly PlayedCustomer[],
): Promise<ExpectedVendor[]> {
  const customers = playedCustomers.map(({ customer }) => customer);
  const sales = playedCustomers.flatMap(({ script }) =>
    script.periods.flat().filter(({ vendor }) => vendor !== undefined),
  );
  return waitFor('payouts to the vendors', async () => {
    const { rows } = await pool.query<ExpectedVendor & { owedCents: number; shares: number }>(
      `select vendor, sum(gross_cents)::float8 as "paidCents",
              sum(earned_cents)::float8 as "shareCents", sum(fee_cents)::float8 as "feeCents",
              sum(earned_cents - moved_cents)::float8 as "owedCents",
              count(*) filter (where kind = 'share')::int as shares
         from vendor_entries where customer = any ($1) group by vendor order by vendor`,
      [customers],
    );
    const shares = rows.reduce((sum, row) => sum + row.shares, 0);
    const isDone = shares === sales.length + 1 && rows.every(({ owedCents }) => owedCents === 0);
    return isDone
      ? rows.map(({ vendor, paidCents, shareCents, feeCents }) => ({
          ...{ vendor, paidCents, shareCents, feeCents },
        }))
      : undefined;
  });
}
