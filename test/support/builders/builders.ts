/** Plain objects for tests, with what a test does not care about filled in. */
import type { BillingState } from '../../../src/core/state/billing-state';
import { emptyBillingState } from '../../../src/core/state/billing-state';
import type { CatalogVendor, DunningPolicy } from '../../../src/core/plans/catalog';
import type { UsageThresholdData } from '../../../src/core/dunning/notification';
import type { PlanTerms, Rate } from '../../../src/core/plans/plan';
import { countLine } from '../../../src/core/counting/count-line';
import type { Statement, StatementRate } from '../../../src/core/invoices/statement';
import type { UsageBatch, UsageLine } from '../../../src/core/usage/usage';
import type { PeriodState, LateItem } from '../../../src/core/state/period-state';
import { openPeriod } from '../../../src/core/state/periods';
import type { TokenGrant } from '../../../src/core/state/remembered';
import type { InvoiceLine, InvoiceSnapshot } from '../../../src/core/invoices/invoice-snapshot';
import type { SubscriptionSnapshot } from '../../../src/core/subscription/subscription-snapshot';

/** 2026-01-01T00:00:00Z and 2026-02-01T00:00:00Z. */
export const JANUARY = 1_767_225_600;
export const FEBRUARY = 1_769_904_000;
export const MARCH = 1_772_323_200;

export const aRate = (overrides: Partial<Rate> = {}): Rate => ({
  id: 'overage_standard',
  models: ['*'],
  pricePerMillionTokens: '3.00',
  meterEventName: 'tollkeeper_overage_standard',
  ...overrides,
});

/** Starter: $29 with 100,000 tokens, $0.003 per 1,000 over. */
export const someTerms = (overrides: Partial<PlanTerms> = {}): PlanTerms => ({
  planId: 'starter',
  monthlyPriceCents: 2900,
  includedTokens: 100_000,
  lateUsage: 'next_invoice',
  rates: [aRate()],
  ...overrides,
});

export const aPeriod = (overrides: Partial<PeriodState> = {}): PeriodState => ({
  ...openPeriod({ start: JANUARY, end: FEBRUARY }, someTerms()),
  ...overrides,
});

export const aLine = (tokens: number, overrides: Partial<UsageLine> = {}): UsageLine => ({
  second: JANUARY + 3600,
  model: 'gpt-4o-mini',
  tokenType: 'input',
  tokens,
  ...overrides,
});

/** The period once these lines are counted, for a customer without grants. */
export const counted = (period: PeriodState, ...lines: readonly UsageLine[]): PeriodState =>
  lines.reduce((current, line) => countLine(current, line).period, period);

/** A grant of 1,000 tokens for January and after. */
export const aGrant = (overrides: Partial<TokenGrant> = {}): TokenGrant => ({
  id: 'goodwill',
  tokens: 1_000,
  since: JANUARY,
  expiresAt: null,
  usedTokens: 0,
  ...overrides,
});

/** 50,000 late tokens of January on February's renewal invoice. */
export const aLateItem = (overrides: Partial<LateItem> = {}): LateItem => ({
  key: `late:sub_ada:${JANUARY}:overage_standard:1:in_feb`,
  periodStart: JANUARY,
  periodEnd: FEBRUARY,
  planId: 'starter',
  rateId: 'overage_standard',
  tokens: 50_000,
  pricePerMillionTokens: '3.00',
  amountCents: 15,
  ...overrides,
});

/** The statement of an open January in which nothing was used. */
export const aStatement = (overrides: Partial<Statement> = {}): Statement => ({
  ...{ customer: 'ada', planId: 'starter', phase: 'open', includedTokens: 100_000 },
  ...{ periodStart: JANUARY, periodEnd: FEBRUARY, usedTokens: 0, overageTokens: 0 },
  ...{ rates: [], unpricedTokens: 0, grantUses: {}, late: [], lateItems: [], invoice: null },
  ...overrides,
});

/** 50,000 tokens beyond the allowance, all reported: 15 cents. */
export const anOverage = (): StatementRate => ({
  rateId: 'overage_standard',
  pricePerMillionTokens: '3.00',
  tokens: 50_000,
  reportedTokens: 50_000,
  amountCents: '15',
});

export const aBatch = (sequence: number, ...lines: UsageLine[]): UsageBatch => ({
  sequence,
  lines,
});

/** An active customer in January. */
export const aState = (overrides: Partial<BillingState> = {}): BillingState => ({
  ...emptyBillingState('ada'),
  billingStatus: 'active',
  stripeCustomerId: 'cus_ada',
  subscriptionId: 'sub_ada',
  periods: [aPeriod()],
  ...overrides,
});

export const aSubscription = (
  overrides: Partial<SubscriptionSnapshot> = {},
): SubscriptionSnapshot => ({
  subscriptionId: 'sub_ada',
  stripeCustomerId: 'cus_ada',
  status: 'active',
  startedAt: JANUARY,
  endedAt: null,
  trialEnd: null,
  currentPeriod: { start: JANUARY, end: FEBRUARY },
  invoiceEdges: [],
  terms: someTerms(),
  rateItems: { overage_standard: JANUARY },
  standing: emptyBillingState('ada').standing,
  isLastPeriodInvoiced: null,
  ...overrides,
});

export const aMeteredLine = (
  quantity: number,
  overrides: Partial<InvoiceLine> = {},
): InvoiceLine => ({
  rateId: 'overage_standard',
  isBase: false,
  quantity,
  // At $3.00 a million.
  amountCents: Math.round(quantity * 0.0003),
  start: JANUARY,
  end: FEBRUARY,
  ...overrides,
});

export const aBaseLine = (overrides: Partial<InvoiceLine> = {}): InvoiceLine => ({
  rateId: null,
  isBase: true,
  planId: 'starter',
  quantity: 1,
  amountCents: 2900,
  start: FEBRUARY,
  end: MARCH,
  ...overrides,
});

/** The renewal invoice of 1 February: January's usage and February's base price. */
export function anInvoice(overrides: Partial<InvoiceSnapshot> = {}): InvoiceSnapshot {
  const lines = overrides.lines ?? [aBaseLine(), aMeteredLine(0)];
  return { ...THE_RENEWAL, lines, subtotalCents: subtotalOf(lines), ...overrides };
}

export const subtotalOf = (lines: readonly InvoiceLine[]): number =>
  lines.reduce((sum, { amountCents }) => sum + amountCents, 0);

export const withLines = (
  invoice: InvoiceSnapshot,
  lines: readonly InvoiceLine[],
): InvoiceSnapshot => ({ ...invoice, lines, subtotalCents: subtotalOf(lines) });

const THE_RENEWAL: Omit<InvoiceSnapshot, 'lines'> = {
  id: 'in_feb',
  subscriptionId: 'sub_ada',
  status: 'draft',
  billingReason: 'subscription_cycle',
  totalCents: 2900,
  amountRemainingCents: 2900,
  autoAdvance: true,
  finalizesAt: null,
  finalizedAt: null,
  attemptCount: 0,
  nextPaymentAttempt: null,
  finalizationError: null,
  isOnTestClock: false,
};

/** Starter in January, with 80,000 of 100,000 tokens used. */
export const aThreshold = (overrides: Partial<UsageThresholdData> = {}): UsageThresholdData => ({
  customer: 'ada',
  plan: { id: 'starter', name: 'Starter' },
  period: { start: '2026-01-01T00:00:00Z', end: '2026-02-01T00:00:00Z' },
  thresholdPercent: 80,
  includedTokens: 100_000,
  usedTokens: 80_000,
  overageTokens: 0,
  currency: 'usd',
  overageRates: [
    { id: 'premium', name: 'Premium models', pricePerMillionTokens: '40.00' },
    { id: 'standard', name: 'All others', pricePerMillionTokens: '3.00' },
  ],
  ...overrides,
});

/** Acme: 15 % are ours, its share moves at once. */
export const aVendor = (overrides: Partial<CatalogVendor> = {}): CatalogVendor => ({
  id: 'acme',
  name: 'Acme',
  feePercent: '15',
  feeOnRefund: 'returned',
  holdbackDays: 0,
  minimumPayoutCents: 0,
  countsTowardAllowance: false,
  rates: ['acme'],
  ...overrides,
});

/** The shipped catalog's: mails on days 0 and 3, throttled on day 7, given up on day 14. */
export const aDunningPolicy = (overrides: Partial<DunningPolicy> = {}): DunningPolicy => ({
  giveUp: 'cancel',
  steps: [
    { day: 0, action: 'notify' },
    { day: 3, action: 'notify' },
    { day: 7, action: 'throttle' },
    { day: 14, action: 'give_up' },
  ],
  ...overrides,
});
