/** Connected accounts that are ready, and small steps of money for the tests. */
import type Stripe from 'stripe';

/** A US person with everything said: its transfers and payouts are enabled. */
export const COMPLETE = {
  business_type: 'individual',
  business_profile: { mcc: '5734', url: 'https://vendor.example' },
  individual: {
    address: { city: 'Reno', line1: '1 Main St', postal_code: '89501', state: 'NV' },
    dob: { day: 1, month: 2, year: 1980 },
    email: 'vendor@example.com',
    first_name: 'Vera',
    last_name: 'Vendor',
    phone: '+17755550123',
    ssn_last_4: '0000',
  },
  tos_acceptance: { date: 1_760_000_000, ip: '127.0.0.1' },
  external_account: {
    object: 'bank_account',
    account_number: '000123456789',
    country: 'US',
    currency: 'usd',
    routing_number: '110000000',
  },
} satisfies Stripe.AccountUpdateParams;

export function newVendor(stripe: Stripe): Promise<Stripe.Account> {
  return stripe.accounts.create({
    controller: {
      fees: { payer: 'application' },
      losses: { payments: 'application' },
      requirement_collection: 'application',
      stripe_dashboard: { type: 'none' },
    },
    capabilities: { transfers: { requested: true } },
  });
}

export async function readyVendor(stripe: Stripe): Promise<Stripe.Account> {
  const { id } = await newVendor(stripe);
  return stripe.accounts.update(id, COMPLETE);
}

export function pay(
  stripe: Stripe,
  amount: number,
  more: Partial<Stripe.PaymentIntentCreateParams> = {},
): Promise<Stripe.PaymentIntent> {
  return stripe.paymentIntents.create({
    amount,
    currency: 'usd',
    confirm: true,
    payment_method: 'pm_card_visa',
    ...more,
  });
}

export const chargeOf = (intent: Stripe.PaymentIntent): string => String(intent.latest_charge);

/** Available and pending dollars, in cents. */
export async function held(stripe: Stripe, account?: string): Promise<[number, number]> {
  const options = account === undefined ? {} : { stripeAccount: account };
  const { available, pending } = await stripe.balance.retrieve({}, options);
  const usd = (of: { currency: string; amount: number }[]) =>
    of.find(({ currency }) => currency === 'usd')?.amount ?? 0;
  return [usd(available), usd(pending)];
}

/** What an account's movements add up to. */
export async function movements(stripe: Stripe, account?: string): Promise<number> {
  const options = account === undefined ? {} : { stripeAccount: account };
  let sum = 0;
  for await (const one of stripe.balanceTransactions.list({ limit: 100 }, options)) {
    expect(one.net).toBe(one.amount - one.fee);
    sum += one.net;
  }
  return sum;
}
