/** Pricing a change of plan, not making it: base prices by Stripe, the usage by our ledger. */
import type { Pool } from 'pg';
import type Stripe from 'stripe';
import { z } from 'zod';
import { planTerms } from '../core/catalog';
import type { Catalog } from '../core/catalog';
import { exactCents, roundHalfUpCents } from '../core/money';
import type { PlanChange } from '../core/plan-change';
import { isoSecond } from '../core/period';
import type { PlanTerms } from '../core/plan';
import { overageTokens } from '../core/rating';
import { openPeriod } from '../core/subscription';
import type { Customer } from '../db/customers';
import { recountFromLedger } from '../db/ledger-recount';
import { readGrants } from '../db/token-grants';
import { lastSequence } from '../db/usage-batches';
import { previewPlan } from '../stripe/plan-preview';
import { requirePeriod } from './customer-period';

const usage = z.object({
  includedTokens: z.number().int().nullable(),
  overageTokens: z.number().int(),
  amountCents: z.number().int().meta({ description: 'What the overage comes to' }),
});

export const planPreviewSchema = z
  .object({
    preview: z.literal(true),
    plan: z.string(),
    when: z.enum(['now', 'period_end']),
    effectiveFrom: z.iso.datetime(),
    dueNowCents: z.number().int().meta({
      description: 'Difference of the base prices for the rest of the period; negative: a credit',
    }),
    currency: z.string(),
    lines: z
      .array(z.object({ description: z.string(), amountCents: z.number().int() }))
      .meta({ description: 'Of which dueNowCents is made' }),
    usage: z
      .object({ before: usage, after: usage })
      .meta({ description: "This period's usage so far, under the plan of now and the one asked" }),
  })
  .meta({ id: 'PlanPreview' });

export type PlanPreviewView = z.infer<typeof planPreviewSchema>;

export interface PreviewDeps {
  readonly pool: Pool;
  readonly stripe: Stripe;
  readonly catalog: Catalog;
}

export async function planPreview(
  deps: PreviewDeps,
  customer: Customer & { readonly subscriptionId: string },
  change: PlanChange,
): Promise<PlanPreviewView> {
  const { pool, stripe, catalog } = deps;
  const { planId, when } = change;
  const after = planTerms(catalog, planId);
  const atStripe = await previewPlan(stripe, catalog, customer.subscriptionId, change);
  const period = await requirePeriod(pool, customer.customer, 'current');
  const rated = (terms: PlanTerms) => rate(pool, customer.customer, period, terms);
  const before = await rated(period.terms);
  return {
    preview: true,
    plan: planId,
    when,
    effectiveFrom: isoSecond(atStripe.from),
    dueNowCents: atStripe.dueNowCents,
    currency: catalog.currency,
    lines: [...atStripe.lines],
    usage: { before, after: when === 'now' ? await rated(after) : before },
  };
}

/** What this period's usage comes to under these terms. */
async function rate(
  pool: Pool,
  customer: string,
  { start, end }: { readonly start: Date; readonly end: Date },
  terms: PlanTerms,
): Promise<z.infer<typeof usage>> {
  const span = { start: start.getTime() / 1000, end: end.getTime() / 1000 };
  const counted = await recountFromLedger(pool, {
    customer,
    periods: [openPeriod(span, terms)],
    grants: await readGrants(pool, customer),
    upToSequence: await lastSequence(pool, customer),
  });
  const period = counted.periods[0] ?? openPeriod(span, terms);
  const amountCents = terms.rates.reduce((cents, { id, pricePerMillionTokens }) => {
    const tokens = period.rates[id]?.tokens ?? 0;
    return cents + roundHalfUpCents(exactCents(tokens, pricePerMillionTokens));
  }, 0);
  const { includedTokens } = terms;
  return { includedTokens, overageTokens: overageTokens(period), amountCents };
}
