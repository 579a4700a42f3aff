/** POST /v1/customers/{customer}/plan: what may be asked, and how it is answered. */
import { z } from 'zod';
import { storableId } from '../../ingest/storable-text';

export const changeTime = z.enum(['now', 'period_end']);

export const planChangeRequestSchema = z
  .strictObject({
    plan: storableId(200).meta({ description: 'A plan of the catalog', example: 'pro' }),
    when: changeTime.optional().meta({
      description: 'Left out: a plan that costs as much or more now, a cheaper one at period end',
    }),
    version: z
      .literal('current')
      .optional()
      .meta({
        description:
          'For the plan of now: its prices and allowance as the catalog sells it today, in place of ' +
          'those that the customer was sold',
      }),
    preview: z.boolean().default(false).meta({ description: 'Price it only' }),
    resume: z.boolean().default(false).meta({
      description: 'A cancellation that waits is taken back with the change; without it, 409',
    }),
  })
  .meta({ id: 'PlanChangeRequest' });

export const planChangeSchema = z
  .object({
    preview: z.literal(false),
    status: z.enum(['applied', 'scheduled']).meta({
      description: 'applied: in force, and paid. scheduled: with the next period',
    }),
    plan: z.string().meta({ description: 'The new plan' }),
    when: changeTime,
    effectiveFrom: z.iso.datetime().meta({ description: "The new plan's terms hold from here on" }),
  })
  .meta({ id: 'PlanChange' });
