/** What the routes under /v1/me take and answer. */
import { z } from 'zod';
import type { ChangePrice, InvoiceDocuments, Standing } from '../../dashboard/standing';
import type { DashboardView } from '../../dashboard/view';
import { storableId } from '../../ingest/storable-text';
import { webAddress } from '../checkout/checkout-schema';
import { accessSchema, discountSchema } from '../reports/usage-report-schema';

const cents = z.number().int();
const tokens = z.number().int();
const moment = z.iso.datetime();
const span = z.object({ start: moment, end: moment });
const vendor = z.string().optional();

export const purchaseSchema = z
  .strictObject({
    plan: storableId(200).optional().meta({
      description: 'The plan to buy, by who has none. Left out: a card is put in',
      example: 'starter',
    }),
    returnUrl: webAddress.meta({
      description: 'Where the browser goes then; its origin is one of BROWSER_ORIGINS',
      example: 'https://app.example.com/billing',
    }),
  })
  .meta({ id: 'OwnCheckoutRequest' });

export const purchasePageSchema = z.object({
  url: z.url().nullable().meta({ description: "Stripe's page: send the browser there" }),
});

const cost = z.object({
  amountDueCents: cents.meta({
    description: 'So far, before tax: price and lines, less discounts',
  }),
  planPriceCents: cents,
  discounts: z.array(discountSchema),
  lines: z.array(
    z.object({
      ...{ rateId: z.string(), vendor, tokens },
      ...{ pricePerMillionTokens: z.string(), amountCents: cents },
    }),
  ),
});

const changes = {
  nextPlan: z
    .object({ name: z.string(), from: moment })
    .nullable()
    .meta({ description: 'A change that waits for the end of the period' }),
  cancelAt: moment.nullable().meta({ description: 'A cancellation that waits' }),
};

const billing = z.object({
  ...{ planName: z.string(), now: moment, isOnTestClock: z.boolean(), isEnded: z.boolean() },
  ...{ period: span, currency: z.string() },
  includedTokens: tokens.nullable().meta({ description: 'null: unlimited' }),
  ...{ usedTokens: tokens, grantedTokens: tokens, overageTokens: tokens },
  allowanceUsedPercent: z.number().nullable(),
  cost,
  projection: z.object({
    ...{ tokens, grantedTokens: tokens, overageTokens: tokens, amountCents: cents },
  }),
  usage: z.array(
    z.object({
      ...{ day: z.iso.date(), model: z.string(), vendor, tokens },
      tokenType: z.enum(['input', 'output', 'cacheRead', 'cacheWrite', 'reasoning']),
    }),
  ),
  invoices: z.array(
    z.object({ id: z.string(), status: z.string(), totalCents: cents, period: span }),
  ),
  access: accessSchema
    .pick({ state: true, reasons: true, requestsPerMinute: true })
    .extend({ upgradeName: z.string().optional() }),
  waiting: z.object(changes).nullable(),
});

export const ownUsageSchema = z
  .object({
    ...{ customer: z.string(), customerName: z.string() },
    billing: billing.nullable().meta({ description: 'null: the first period is being set up' }),
  })
  .meta({ id: 'OwnUsage' }) satisfies z.ZodType<DashboardView>;

const card = z.object({
  ...{ brand: z.string(), last4: z.string().nullable(), isExpired: z.boolean() },
  expires: z.object({ month: z.number().int(), year: z.number().int() }).nullable(),
});

const offer = z.object({
  ...{ id: z.string(), name: z.string(), monthlyPriceCents: cents },
  includedTokens: tokens.nullable().meta({ description: 'null: unlimited' }),
  prices: z.array(z.object({ name: z.string(), pricePerMillionTokens: z.string() })),
  isCurrent: z.boolean(),
  way: z.enum(['now', 'period_end', 'checkout', 'stay']).meta({
    description: "When a change to it begins; `checkout`: it is bought on Stripe's page",
  }),
});

export const ownPlanSchema = z
  .object({
    customer: z.string(),
    rights: z.array(z.enum(['card', 'plan', 'cancel', 'invoices'])),
    billingStatus: z.enum([
      ...(['pending', 'incomplete', 'trialing', 'active'] as const),
      ...(['past_due', 'paused', 'ended'] as const),
    ]),
    currency: z.string(),
    plan: z
      .object({
        ...{ id: z.string(), name: z.string(), monthlyPriceCents: cents },
        renewsAt: moment.nullable(),
      })
      .nullable()
      .meta({ description: 'null: no plan was bought yet' }),
    card: card.nullable().meta({ description: 'null: none, or the token lacks the right `card`' }),
    plans: z
      .array(offer)
      .meta({ description: 'The cheapest first; none without the right `plan`' }),
    cancellation: z
      .object({ endsAt: moment, usageCents: cents, isTrial: z.boolean() })
      .nullable()
      .meta({ description: 'Always null here' }),
    ...changes,
  })
  .meta({ id: 'OwnPlan' }) satisfies z.ZodType<Standing>;

export const planPriceSchema = z
  .object({
    ...{ plan: z.string(), name: z.string(), way: z.enum(['now', 'period_end']) },
    ...{ effectiveFrom: moment, currency: z.string(), dueNowCents: cents },
    lines: z.array(z.object({ description: z.string(), amountCents: cents })),
    nextInvoice: z.object({
      ...{ at: moment, planPriceCents: cents, usageCents: cents },
      ...{ discountCents: cents, amountCents: cents },
    }),
    takesBackCancellation: z.boolean(),
  })
  .meta({ id: 'OwnPlanPrice' }) satisfies z.ZodType<ChangePrice>;

export const ownInvoicesSchema = z
  .object({
    invoices: z.array(
      z.object({
        ...{ id: z.string(), number: z.string().nullable(), createdAt: moment },
        reason: z.string(),
        status: z.enum(['paid', 'open', 'uncollectible', 'void']),
        ...{ currency: z.string(), totalCents: cents },
        dueCents: cents.meta({ description: 'What is left to pay' }),
        ...{ hostedUrl: z.string().nullable(), pdfUrl: z.string().nullable() },
      }),
    ),
    after: z.string().nullable().meta({ description: 'For the next page; null: the last one' }),
  })
  .meta({ id: 'OwnInvoices' }) satisfies z.ZodType<InvoiceDocuments>;
