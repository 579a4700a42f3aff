/** What a customer has at this moment, what it costs, and what they may do about it. */
import type { Catalog, CatalogPlan } from '../../core/plans/catalog';
import { DomainError } from '../../core/errors';
import { costOf } from '../../core/invoices/period-figures';
import type { Right } from '../../core/subscription/rights';
import { defaultChangeTime } from '../../core/subscription/plan-change';
import type {
  Cancellation,
  OfferedPlan,
  Standing,
  StandingCard,
  StandingPlan,
} from '../../dashboard/standing';
import type { BillingPeriod } from '../../db/billing-periods';
import { describePlan } from '../../db/catalog-versions';
import type { Customer } from '../../db/customers';
import { cardOnFile } from '../../stripe/card-on-file';
import { requirePeriod } from '../customers/customer-period';
import { renewalPriceCents } from '../customers/renewal-price';
import { waitingChanges } from '../customers/waiting-changes';
import { nowOf } from '../reports/usage-report';
import type { SelfServiceDeps } from './self-service-deps';

export async function standingOf(
  deps: SelfServiceDeps,
  customer: Customer,
  rights: readonly Right[],
): Promise<Standing> {
  const { catalog, pool } = deps;
  const period = await currentPeriod(deps, customer);
  const nameOf = async (id: string) => (await describePlan(pool, catalog, id))?.name ?? id;
  return {
    customer: customer.customer,
    rights,
    billingStatus: customer.billingStatus,
    currency: catalog.currency,
    plan: await planOf(deps, customer, period),
    ...(await waitingChanges(customer, nameOf)),
    card: rights.includes('card') ? await cardOf(deps, customer) : null,
    plans: rights.includes('plan') ? offeredPlans(catalog, customer) : [],
    cancellation: rights.includes('cancel') ? cancellationOf(customer, period) : null,
  };
}

/** They have no subscription that lasts: a plan is bought, not changed. */
export const isBuyer = ({ subscriptionId, billingStatus }: Customer): boolean =>
  subscriptionId === null || billingStatus === 'ended';

async function currentPeriod(
  { pool }: SelfServiceDeps,
  { customer }: Customer,
): Promise<BillingPeriod | undefined> {
  try {
    return await requirePeriod(pool, customer, 'current');
  } catch (error) {
    if (error instanceof DomainError && error.code === 'period_not_found') return undefined;
    throw error;
  }
}

async function planOf(
  { pool, catalog }: SelfServiceDeps,
  customer: Customer,
  period: BillingPeriod | undefined,
): Promise<StandingPlan | null> {
  if (customer.subscriptionId === null) return null;
  const plan = await describePlan(pool, catalog, customer.plan);
  // What a period was sold at counts, also where the catalog has another price today.
  const isSold = period?.terms.planId === customer.plan;
  return {
    id: customer.plan,
    name: plan?.name ?? customer.plan,
    monthlyPriceCents: isSold
      ? await renewalPriceCents(pool, catalog, period.terms)
      : (plan?.monthlyPriceCents ?? 0),
    renewsAt: customer.billingStatus === 'ended' ? null : (period?.end.toISOString() ?? null),
  };
}

async function cardOf(deps: SelfServiceDeps, customer: Customer): Promise<StandingCard | null> {
  const { stripeCustomerId, subscriptionId } = customer;
  if (stripeCustomerId === null) return null;
  const method = await cardOnFile(deps.stripe, { stripeCustomerId, subscriptionId });
  if (!method) return null;
  const { card } = method;
  if (!card) return { brand: method.type, last4: null, expires: null, isExpired: false };
  const { brand, last4, exp_month: month, exp_year: year } = card;
  // It is good to the end of its month.
  const isExpired = Date.UTC(year, month) <= (await nowOf(deps.clocks, customer)).getTime();
  return { brand, last4, expires: { month, year }, isExpired };
}

/** The one they have is among them, also when nobody can take it any more. */
export function offeredPlans(catalog: Catalog, customer: Customer): OfferedPlan[] {
  const owner = catalog.plans.find(({ id }) => id === customer.plan)?.vendor;
  const isBought = isBuyer(customer);
  return catalog.plans
    .filter(({ id, selfService }) => selfService !== false || (!isBought && id === customer.plan))
    .filter((plan) => isBought || plan.vendor === owner)
    .sort((a, b) => a.monthlyPriceCents - b.monthlyPriceCents)
    .map((plan) => offer(catalog, customer, plan));
}

export function assertOffered(catalog: Catalog, customer: Customer, planId: string): void {
  if (offeredPlans(catalog, customer).some(({ id }) => id === planId)) return;
  throw new DomainError('plan_not_found', `Plan ${planId} is not offered on the customer's page.`);
}

function offer(catalog: Catalog, customer: Customer, plan: CatalogPlan): OfferedPlan {
  const { id, name, monthlyPriceCents, includedTokens, rates } = plan;
  const isCurrent = !isBuyer(customer) && id === customer.plan;
  return {
    ...{ id, name, monthlyPriceCents, includedTokens, isCurrent },
    prices: catalog.rates
      .filter((rate) => rates.includes(rate.id))
      .map((rate) => ({ name: rate.name, pricePerMillionTokens: rate.pricePerMillionTokens })),
    way: wayTo(catalog, customer, id),
  };
}

function wayTo(catalog: Catalog, customer: Customer, planId: string): OfferedPlan['way'] {
  if (isBuyer(customer)) return 'checkout';
  if (planId === customer.plan) return 'stay';
  return defaultChangeTime(catalog, customer.plan, planId);
}

function cancellationOf(
  customer: Customer,
  period: BillingPeriod | undefined,
): Cancellation | null {
  if (isBuyer(customer) || !period) return null;
  const { terms, statement } = period;
  return {
    endsAt: (customer.cancelAt ?? period.end).toISOString(),
    usageCents: costOf(terms, statement).usageCents,
    isTrial: terms.isTrial === true,
  };
}
