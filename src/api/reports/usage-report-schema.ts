/** The shapes of GET …/usage and …/access, for the API and its document. */
import { z } from 'zod';

const tokens = z.number().int();
const vendor = z.string().optional();

export const discountSchema = z.object({
  coupon: z.string().nullable().meta({ description: "Stripe's id of it; null: Stripe tells none" }),
  couponName: z.string().optional().meta({ description: 'What Stripe shows to customers' }),
  amountCents: z.number().int().meta({ description: 'It takes so much off' }),
});

export const accessSchema = z
  .object({
    state: z.enum(['ok', 'warned', 'throttled', 'revoked']).meta({
      description:
        'ok: nothing. warned: tell the customer. throttled: let calls go slower. revoked: the ' +
        'subscription has ended',
    }),
    reasons: z.array(
      z.object({
        code: z.string().meta({ description: 'Stable; made to be compared' }),
        message: z.string().meta({ description: 'For people' }),
      }),
    ),
    requestsPerMinute: z.number().int().optional().meta({
      description: 'While throttled: calls a minute that the customer should have',
    }),
    upgrade: z.string().optional().meta({ description: 'The plan that would help' }),
  })
  .meta({ id: 'Access', description: 'Advice to the app; usage is recorded in every state' });

export const usageReportSchema = z
  .object({
    plan: z.string(),
    period: z.object({ start: z.iso.datetime(), end: z.iso.datetime() }),
    includedTokens: tokens.nullable().meta({ description: 'null: unlimited' }),
    usedTokens: tokens.meta({
      description: "Tokens that fill the allowance; vendors' usage only where the catalog says so",
    }),
    grantedTokens: tokens.meta({
      description: 'Of these, beyond the allowance and covered by grants, as billing has counted',
    }),
    overageTokens: tokens.meta({
      description: 'Billable: beyond the allowance and grants; none in a trial',
    }),
    allowanceUsedPercent: z.number().nullable().meta({
      description: 'Of the included tokens, rounded down; null: unlimited, or none are included',
    }),
    byModel: z.array(z.object({ model: z.string(), tokenType: z.string(), vendor, tokens })),
    byDay: z
      .array(z.object({ day: z.iso.date(), tokens }))
      .meta({ description: 'Days in UTC; those without usage are left out' }),
    projection: z
      .object({
        tokens,
        grantedTokens: tokens,
        overageTokens: tokens,
        amountCents: z.number().int(),
      })
      .meta({ description: 'At the end of the period, should it go on as so far' }),
    amountDueCents: z
      .number()
      .int()
      .meta({
        description:
          "So far: the base price, and the overage as the workflow's statement has it, less `discounts`; a " +
          'trial is free',
      }),
    discounts: z.array(discountSchema).meta({
      description:
        'What coupons take off amountDueCents: off the invoice of the period, or off the one to come',
    }),
    currency: z.string(),
    unbilled: z
      .array(
        z.object({
          start: z.iso.datetime(),
          end: z.iso.datetime().nullable().meta({ description: 'null: no subscription followed' }),
          tokens,
          valueCents: z.string().meta({ description: 'Exact, a decimal, by the rates before' }),
        }),
      )
      .meta({ description: 'Used while no subscription lasted: recorded, and on no invoice' }),
    access: accessSchema,
  })
  .meta({ id: 'UsageReport' });

export type UsageReport = z.infer<typeof usageReportSchema>;
