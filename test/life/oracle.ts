/**
 * What each invoice must be, worked out in the simplest way from the raw list of what happened,
 * with no code of ours: whole cents by integer arithmetic, one pass over all usage.
 */

/** As bought: prices in cents, of tokens per million. */
export interface OracleTerms {
  readonly plan: string;
  readonly baseCents: number;
  /** null: unlimited. */
  readonly included: number | null;
  /** The price of premium models, and of all others. */
  readonly cents: readonly [number, number];
}

export type OracleCatalog = Readonly<Record<string, Omit<OracleTerms, 'plan'>>>;

/** Typed from catalog.yaml by hand. */
export const CATALOG: OracleCatalog = {
  pay_as_you_go: { baseCents: 0, included: 0, cents: [3000, 200] },
  starter: { baseCents: 2900, included: 100_000, cents: [4000, 300] },
  pro: { baseCents: 9900, included: 500_000, cents: [4000, 300] },
  enterprise: { baseCents: 200_000, included: null, cents: [0, 0] },
};

export function termsIn(catalog: OracleCatalog, plan: string): OracleTerms {
  const terms = catalog[plan];
  if (!terms) throw new Error(`the oracle does not know ${plan}`);
  return { plan, ...terms };
}

export interface OracleUsage {
  readonly second: number;
  readonly model: string;
  readonly tokens: number;
}

export interface OracleGrant {
  readonly tokens: number;
  readonly since: number;
  readonly expiresAt: number | null;
}

export interface OraclePeriod {
  readonly start: number;
  readonly end: number;
  /** In force at the period's end. */
  readonly terms: OracleTerms;
  readonly isTrial: boolean;
  /** Billed at its beginning. */
  readonly baseCents: number;
}

/** Billable tokens at the premium and at the standard rate. */
export interface Overage {
  premium: number;
  standard: number;
}

const isPremium = (model: string): boolean => model === 'gpt-4o';

/**
 * Each period's overage, by its start; `usage` comes in the order in which it was recorded. What
 * is not `asked` for takes its part of allowance and grants all the same.
 */
export function overages<Usage extends OracleUsage>(
  periods: readonly OraclePeriod[],
  usage: readonly Usage[],
  grants: readonly OracleGrant[],
  asked: (usage: Usage) => boolean = () => true,
): Map<number, Overage> {
  const left = grants.map((grant) => ({ ...grant, left: grant.tokens }));
  left.sort((a, b) => (a.expiresAt ?? Infinity) - (b.expiresAt ?? Infinity) || a.since - b.since);
  const free = new Map(periods.map(({ start, terms }) => [start, terms.included ?? Infinity]));
  const found = new Map(periods.map(({ start }) => [start, { premium: 0, standard: 0 }]));
  for (const one of usage) {
    const { second, model, tokens } = one;
    const period = periods.find(({ start, end }) => start <= second && second < end);
    if (!period || period.isTrial) continue;
    const fromAllowance = Math.min(tokens, free.get(period.start) ?? 0);
    free.set(period.start, (free.get(period.start) ?? 0) - fromAllowance);
    let rest = tokens - fromAllowance;
    for (const grant of left) {
      if (second < grant.since) continue;
      if (grant.expiresAt !== null && second >= grant.expiresAt) continue;
      const part = Math.min(rest, grant.left);
      grant.left -= part;
      rest -= part;
    }
    if (!asked(one)) continue;
    const overage = found.get(period.start) as Overage;
    if (isPremium(model)) overage.premium += rest;
    else overage.standard += rest;
  }
  return found;
}

/** Half a cent is rounded up, once a line. */
export const lineCents = (tokens: number, centsPerMillion: number): number =>
  Number((BigInt(tokens) * BigInt(centsPerMillion) * 2n + 1_000_000n) / 2_000_000n);

export const overageCents = ({ premium, standard }: Overage, { cents }: OracleTerms): number =>
  lineCents(premium, cents[0]) + lineCents(standard, cents[1]);

/** The part of a price for the rest of its period, to the second; half a cent is rounded up. */
export const restCents = (baseCents: number, rest: number, whole: number): number =>
  Number((BigInt(baseCents) * BigInt(rest) * 2n + BigInt(whole)) / (2n * BigInt(whole)));

/** Changed at `at`: what is given back of the old price, and what the new one costs. */
export function prorations(
  { start, end, isTrial }: OraclePeriod,
  from: OracleTerms,
  to: OracleTerms,
  at: number,
): number[] {
  if (isTrial || at >= end) return [];
  // Another version of the same plan at the same price: nothing is exchanged.
  if (from.plan === to.plan && from.baseCents === to.baseCents) return [];
  const rest = (cents: number) => restCents(cents, end - Math.max(at, start), end - start);
  return [-rest(from.baseCents), rest(to.baseCents)].filter((cents) => cents !== 0);
}
