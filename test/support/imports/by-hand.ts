/** What an imported customer owes, in whole cents and by none of the product's code. */

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

export const baseCents = (planId: string): number => termsOf(planId).base;

/** Whole tokens over the allowance. */
export const billableTokens = (planId: string, tokens: number): number =>
  Math.max(0, tokens - termsOf(planId).included);

/** Rounded half up, once. */
export const usageCents = (planId: string, tokens: number): number =>
  Math.floor((billableTokens(planId, tokens) * termsOf(planId).perMillion + 500_000) / 1_000_000);
