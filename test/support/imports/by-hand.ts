/** What an imported customer owes, in whole cents and by none of the product's code. */
import type { ComparedImport } from '../../../src/cli/imports/compare';

const TERMS: Readonly<
  Record<string, { readonly base: number; readonly included: number; readonly perMillion: number }>
> = {
  pay_as_you_go: { base: 0, included: 0, perMillion: 200 },
  starter: { base: 2_900, included: 100_000, perMillion: 300 },
  pro: { base: 9_900, included: 500_000, perMillion: 300 },
};

function termsOf(planId: string) {
  const terms = TERMS[planId];
  if (!terms) throw new Error(`There is no plan ${planId} by hand.`);
  return terms;
}

/** What a customer used in the period of the cut-over, in parts. */
interface UsedTokens {
  readonly before: number;
  readonly after: number;
  readonly opening: number;
}

export const allTokens = ({ before, after, opening }: UsedTokens): number =>
  before + after + opening;

export const baseCents = (planId: string): number => termsOf(planId).base;

/** Whole tokens over the allowance. */
export const billableTokens = (planId: string, tokens: number): number =>
  Math.max(0, tokens - termsOf(planId).included);

/** Rounded half up, once. */
export const usageCents = (planId: string, tokens: number): number =>
  Math.floor((billableTokens(planId, tokens) * termsOf(planId).perMillion + 500_000) / 1_000_000);

/**
 * The first month of each who was compared: ours is the base price and the usage, theirs the base
 * price, and only the usage may lie between. `cents`: of all of it.
 */
export function besideByHand(
  compared: readonly ComparedImport[],
  used: ReadonlyMap<string, number>,
): { readonly deviations: readonly string[]; readonly cents: number } {
  let sum = 0;
  const deviations = compared.flatMap(({ customer, plan, periods }) => {
    const cents = usageCents(plan, used.get(customer) ?? 0);
    sum += cents;
    const [month] = periods;
    const rows = (month?.differences ?? []).map(({ kind, oursCents }) => `${kind} ${oursCents}`);
    const seen = [month?.oursCents, month?.theirsCents, ...rows].join(', ');
    const base = baseCents(plan);
    const byHand = [base + cents, base, ...(cents === 0 ? [] : [`usage ${cents}`])].join(', ');
    const isRight = seen === byHand && periods.every(({ isExplained }) => isExplained);
    return isRight ? [] : [`${customer}: ${seen}; by hand ${byHand}`];
  });
  return { deviations, cents: sum };
}
