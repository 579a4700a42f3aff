/** Pricing a change of plan, not making it: base prices by Stripe, the usage by our ledger. */
import type { Pool } from 'pg';
import type Stripe from 'stripe';
import { z } from 'zod';
import type { Catalog } from '../../core/plans/catalog';
import { termsAsSold } from '../../core/plans/catalog-version';
import type { PlanChange } from '../../core/subscription/plan-change';
import { isoSecond } from '../../core/period';
import { discountsWithPlan } from '../../core/discounts/coming-discount';
import type { DueLine } from '../../core/discounts/coming-discount';
import { dueOf, usageLines } from '../../core/invoices/period-figures';
import { trialTerms } from '../../core/subscription/trial';
import type { PlanTerms } from '../../core/plans/plan';
import type { Customer } from '../../db/customers';
import { recountFromLedger } from '../../db/ledger-recount';
import { readGrantsBeside } from '../../db/token-grants';
import { lastSequence } from '../../db/usage-batches';
import { previewPlan } from '../../stripe/plan-preview';
import { asVersion } from '../../stripe/catalog-version';
import { asStripeProblem } from '../http/stripe-problem';
import { requirePeriod } from './customer-period';
import { renewalPriceCents } from './renewal-price';
import { openPeriod } from '../../core/state/periods';
import { overageTokens } from '../../core/counting/allowance';

const usage = z.object({
  includedTokens: z.number().int().nullable(),
  overageTokens: z.number().int(),
  amountCents: z.number().int().meta({ description: 'What the overage comes to' }),
});

const priced = z.object({
  catalogVersion: z.string().nullable().meta({ description: 'null: from before there were any' }),
  monthlyPriceCents: z.number().int(),
  includedTokens: z.number().int().nullable().meta({ description: 'null: unlimited' }),
  rates: z.array(z.object({ rate: z.string(), pricePerMillionTokens: z.string() })),
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
    terms: z
      .object({ before: priced, after: priced })
      .meta({ description: 'Prices and allowance of now, and those asked for' }),
    lines: z
      .array(z.object({ description: z.string(), amountCents: z.number().int() }))
      .meta({ description: 'Of which dueNowCents is made' }),
    nextInvoice: z
      .object({
        at: z.iso.datetime().meta({ description: 'When the period ends' }),
        amountCents: z.number().int().meta({ description: 'Of plan and usage, less discounts' }),
        planPriceCents: z.number().int().meta({ description: 'The new plan, for a whole period' }),
        usageCents: z.number().int().meta({
          description: "This period's usage beyond the allowance, so far",
        }),
        discountCents: z
          .number()
          .int()
          .meta({
            description:
              'What the discounts of the subscription take off. One for certain products counts for ' +
              'the base price of the plan of now alone',
          }),
      })
      .meta({ description: 'What the renewal then comes to, before tax' }),
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
  const period = await requirePeriod(pool, customer.customer, 'current');
  const atStripe = await previewPlan(
    stripe,
    catalog,
    customer.subscriptionId,
    period.terms.monthlyPriceCents,
    change,
  ).catch((error: unknown) => {
    throw asStripeProblem('The price of the change', error);
  });
  const rated = (terms: PlanTerms) => rate(pool, customer.customer, period, terms);
  const currentCost = await rated(period.terms);
  // The plan of now without a version is the plan as it was sold.
  const isAsSold = planId === period.terms.planId && change.catalogVersion === undefined;
  const newTerms = isAsSold ? period.terms : termsAsSold(asVersion(catalog), catalog, planId);
  const periodTerms = period.terms.isTrial ? trialTerms(newTerms) : newTerms;
  // A move to other prices shows what usage like this will cost, whenever it begins.
  const isTold = when === 'now' || change.catalogVersion !== undefined;
  const newCost = isTold ? await rated(periodTerms) : currentCost;
  const planPriceCents = await renewalPriceCents(pool, catalog, newTerms);
  const { comingDiscounts = [] } = period.statement;
  const due = dueOf(
    planPriceCents,
    (when === 'now' ? newCost : currentCost).lines,
    planId === period.terms.planId ? comingDiscounts : discountsWithPlan(comingDiscounts),
  );
  return {
    preview: true,
    plan: planId,
    when,
    effectiveFrom: isoSecond(atStripe.from),
    dueNowCents: atStripe.dueNowCents,
    currency: catalog.currency,
    terms: { before: pricedTerms(period.terms), after: pricedTerms(periodTerms) },
    lines: [...atStripe.lines],
    nextInvoice: {
      at: isoSecond(period.end.getTime() / 1000),
      planPriceCents,
      ...due,
    },
    usage: { before: currentCost.usage, after: newCost.usage },
  };
}

const pricedTerms = (terms: PlanTerms): z.infer<typeof priced> => ({
  catalogVersion: terms.catalogVersion ?? null,
  monthlyPriceCents: terms.monthlyPriceCents,
  includedTokens: terms.includedTokens,
  rates: terms.rates.map(({ id: rate, pricePerMillionTokens }) => ({
    ...{ rate, pricePerMillionTokens },
  })),
});

interface RatedUsage {
  readonly usage: z.infer<typeof usage>;
  readonly lines: readonly DueLine[];
}

/** What this period's usage comes to under these terms. */
async function rate(
  pool: Pool,
  customer: string,
  { start, end }: { readonly start: Date; readonly end: Date },
  terms: PlanTerms,
): Promise<RatedUsage> {
  const span = { start: start.getTime() / 1000, end: end.getTime() / 1000 };
  const recount = await recountFromLedger(pool, {
    customer,
    periods: [openPeriod(span, terms)],
    grants: await readGrantsBeside(pool, customer, span.start),
    upToSequence: await lastSequence(pool, customer),
  });
  const period = recount.periods[0] ?? openPeriod(span, terms);
  const lines = usageLines(terms, (rateId) => period.rates[rateId]?.tokens ?? 0);
  const amountCents = lines.reduce((cents, line) => cents + line.amountCents, 0);
  const { includedTokens } = terms;
  return { usage: { includedTokens, overageTokens: overageTokens(period), amountCents }, lines };
}
