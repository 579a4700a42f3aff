/**
 * What each invoice must come to, worked out from the script in the simplest possible way and with
 * none of the product's code: whole tokens, prices in millionths of a cent, one rounding per line.
 */
import type { DemoCustomer, DemoSale, DemoUsage } from './scenario';

/**
 * Catalog of the seed: cents a month, tokens included, cents per million tokens by kind of model.
 */
const PRICES: Readonly<
  Record<string, { base: number; included: number; standard: number; premium: number }>
> = {
  pay_as_you_go: { base: 0, included: 0, standard: 200, premium: 3000 },
  starter: { base: 2900, included: 100_000, standard: 300, premium: 4000 },
  pro: { base: 9900, included: 500_000, standard: 300, premium: 4000 },
  enterprise: { base: 200_000, included: Infinity, standard: 0, premium: 0 },
};
const PREMIUM_MODELS = ['gpt-4o'];

export interface Expected {
  readonly usedTokens: number;
  readonly overageTokens: number;
  readonly vendorTokens: number;
  /** The renewal invoice: the ended period's overage and the next period's base price. */
  readonly invoiceCents: number;
}

/** The script uses the dearer model only once the allowance is full, or has none to fill. */
export function expect(plan: string, usages: readonly DemoUsage[]): Expected {
  const price = PRICES[plan];
  if (!price) throw new Error(`The demo has no figures for the plan ${plan}.`);
  const usage = usages.filter(({ vendor }) => vendor === undefined);
  const vendorUsages = usages.filter(({ vendor }) => vendor !== undefined);
  const sum = (isPremium: boolean) =>
    usage
      .filter(({ model }) => PREMIUM_MODELS.includes(model) === isPremium)
      .reduce((total, { tokens }) => total + tokens, 0);
  const standardOver = Math.max(0, sum(false) - price.included);
  const premiumOver = price.included === Infinity ? 0 : sum(true);
  return {
    usedTokens: sum(false) + sum(true),
    overageTokens: standardOver + premiumOver,
    vendorTokens: vendorUsages.reduce((total, { tokens }) => total + tokens, 0),
    invoiceCents:
      price.base +
      cents(standardOver, price.standard) +
      cents(premiumOver, price.premium) +
      vendorUsages.reduce((total, line) => total + soldCents(line), 0),
  };
}

/** Cents per million tokens, and the platform's percent of what was paid. */
const VENDORS: Readonly<Record<string, { price: number; fee: number }>> = {
  acme: { price: 1_000, fee: 15 },
  globex: { price: 800, fee: 20 },
};

function vendorOf(name: string | undefined) {
  const vendor = VENDORS[name ?? ''];
  if (!vendor) throw new Error(`The demo has no figures for the vendor ${name}.`);
  return vendor;
}

const soldCents = ({ vendor, tokens }: DemoUsage): number => cents(tokens, vendorOf(vendor).price);

export interface ExpectedVendor {
  readonly vendor: string;
  readonly paidCents: number;
  readonly shareCents: number;
  readonly feeCents: number;
}

/** Each line is paid in full; of each the platform keeps its percent, half a cent rounded up. */
export function expectVendor(
  vendor: string,
  customers: readonly DemoCustomer[],
  sale: DemoSale,
): ExpectedVendor {
  const lines = customers
    .flatMap(({ periods }) => periods.flat())
    .filter((line) => line.vendor === vendor)
    .map(soldCents);
  const payments = sale.vendor === vendor ? [...lines, sale.amountCents] : lines;
  const paidCents = payments.reduce((sum, amount) => sum + amount, 0);
  const feeCents = payments.reduce((sum, amount) => sum + fee(amount, vendorOf(vendor).fee), 0);
  return { vendor, paidCents, shareCents: paidCents - feeCents, feeCents };
}

const fee = (amount: number, percent: number): number => Math.floor((amount * percent + 50) / 100);

/** Half a cent and more is rounded up, as Stripe rounds a line. */
function cents(tokens: number, centsPerMillion: number): number {
  const millionths = BigInt(tokens) * BigInt(centsPerMillion);
  return Number((millionths + 500_000n) / 1_000_000n);
}
