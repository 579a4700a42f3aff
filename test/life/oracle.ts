/**
 * What each invoice must be, worked out in the simplest way from the raw list of what happened,
 * with no code of ours: whole cents by integer arithmetic, one pass over the usage of a period.
 */

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

/** Prices in cents per million tokens, typed from catalog.yaml by hand. */
const PLANS: Readonly<Record<string, { included: number | null; cents: [number, number] }>> = {
  pay_as_you_go: { included: 0, cents: [3000, 200] },
  starter: { included: 100_000, cents: [4000, 300] },
  pro: { included: 500_000, cents: [4000, 300] },
  enterprise: { included: null, cents: [0, 0] },
};

const isPremium = (model: string): boolean => model === 'gpt-4o';

export interface OraclePeriod {
  readonly start: number;
  readonly end: number;
  /** In force at the period's end. */
  readonly plan: string;
}

export interface OverageCents {
  /** Billable tokens at the premium and at the standard rate. */
  readonly premium: number;
  readonly standard: number;
  readonly cents: number;
}

/** `usage` in the order in which it was recorded; `grants` in the order of use, their rest kept. */
export function overageOf(
  period: OraclePeriod,
  usage: readonly OracleUsage[],
  grants: { left: number; since: number; expiresAt: number | null }[],
): OverageCents {
  const plan = PLANS[period.plan];
  if (!plan) throw new Error(`the oracle does not know ${period.plan}`);
  let free = plan.included ?? Infinity;
  let premium = 0;
  let standard = 0;
  for (const { second, model, tokens } of usage) {
    if (second < period.start || second >= period.end) continue;
    let rest = tokens;
    const fromAllowance = Math.min(rest, free);
    free -= fromAllowance;
    rest -= fromAllowance;
    for (const grant of grants) {
      if (second < grant.since) continue;
      if (grant.expiresAt !== null && second >= grant.expiresAt) continue;
      const part = Math.min(rest, grant.left);
      grant.left -= part;
      rest -= part;
    }
    if (isPremium(model)) premium += rest;
    else standard += rest;
  }
  const [premiumCents, standardCents] = plan.cents;
  const cents = lineCents(premium, premiumCents) + lineCents(standard, standardCents);
  return { premium, standard, cents };
}

/** Half a cent is rounded up, once a line. */
export const lineCents = (tokens: number, centsPerMillion: number): number =>
  Number((BigInt(tokens) * BigInt(centsPerMillion) * 2n + 1_000_000n) / 2_000_000n);

export const rateCents = (plan: string, model: string): number =>
  PLANS[plan]?.cents[isPremium(model) ? 0 : 1] ?? 0;
