/** A catalog file beside what was sold: what it no longer has, and who pays otherwise. */
import type { Catalog } from './catalog';
import { planTerms } from './catalog';
import type { PlanTerms } from './plan';
import { isSameMoney } from './sold-terms';
import { trialTerms } from '../subscription/trial';

/** Customers who are on the same terms. */
export interface SoldTo {
  readonly plan: string;
  /** They wait for the end of their period to get it. */
  readonly nextPlan: string | null;
  /** Terms of their latest period; null says that they have none yet. */
  readonly terms: PlanTerms | null;
  readonly customers: readonly string[];
}

/** What a customer is on, and the file does not have. */
export interface LeftBehind {
  readonly customer: string;
  readonly plans: readonly string[];
  readonly rates: readonly string[];
  readonly vendors: readonly string[];
}

/** Customers of a plan whose prices or allowance are not those of the file. */
export interface SoldOtherwise {
  readonly plan: string;
  /** null says that they were sold before there were versions. */
  readonly version: string | null;
  readonly customers: readonly string[];
}

export interface AgainstCustomers {
  readonly leftBehind: readonly LeftBehind[];
  readonly soldOtherwise: readonly SoldOtherwise[];
}

export function againstCustomers(catalog: Catalog, sales: readonly SoldTo[]): AgainstCustomers {
  const leftBehind = sales.flatMap((group) => {
    const missing = missingFrom(catalog, group);
    if (Object.values(missing).every((ids) => ids.length === 0)) return [];
    return group.customers.map((customer) => ({ customer, ...missing }));
  });
  const others = new Map<string, SoldOtherwise>();
  for (const group of sales.filter((one) => isSoldOtherwise(catalog, one))) {
    const { plan, terms, customers } = group;
    const version = terms?.catalogVersion ?? null;
    const key = JSON.stringify([plan, version]);
    const sameCustomers = others.get(key)?.customers ?? [];
    others.set(key, { plan, version, customers: [...sameCustomers, ...customers].sort() });
  }
  const byCustomer = (a: LeftBehind, b: LeftBehind) => (a.customer < b.customer ? -1 : 1);
  return { leftBehind: leftBehind.sort(byCustomer), soldOtherwise: [...others.values()] };
}

function missingFrom(catalog: Catalog, { plan, nextPlan, terms }: SoldTo) {
  const missingIds = (
    ids: readonly (string | null | undefined)[],
    entries: readonly { id: string }[],
  ) => [...new Set(ids)].filter((id) => typeof id === 'string').filter((id) => !has(entries, id));
  const rates = terms?.rates ?? [];
  return {
    plans: missingIds([plan, nextPlan], catalog.plans),
    rates: missingIds(
      rates.map(({ id }) => id),
      catalog.rates,
    ),
    vendors: missingIds(
      rates.map(({ vendor }) => vendor),
      catalog.vendors,
    ),
  };
}

const has = (entries: readonly { readonly id: string }[], id: string): boolean =>
  entries.some((one) => one.id === id);

function isSoldOtherwise(catalog: Catalog, { plan, terms }: SoldTo): boolean {
  if (!terms || terms.planId !== plan || !has(catalog.plans, plan)) return false;
  const today = planTerms(catalog, plan);
  return !isSameMoney(terms, terms.isTrial ? trialTerms(today) : today);
}
