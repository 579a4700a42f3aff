/** What may be asked of a subscription besides its plan, and of what it has left open. */
import { z } from 'zod';
import { EXCEPTION_KINDS } from '../../core/state/exceptions';
import { reason } from './grant-body';
import { changeTime } from './plan-change-schema';
import { storableId } from '../../ingest/storable-text';
import { RESOLUTIONS } from '../../core/state/remembered';

export const subscriptionActionSchema = z
  .discriminatedUnion('action', [
    z.strictObject({ action: z.literal('cancel'), when: changeTime.default('period_end') }),
    z.strictObject({ action: z.literal('resume') }),
    z.strictObject({
      action: z.literal('pause'),
      behavior: z
        .enum(['keep_as_draft', 'mark_uncollectible', 'void'])
        .default('keep_as_draft')
        .meta({ description: 'What becomes of invoices meanwhile' }),
      resumesAt: z.iso
        .datetime({ offset: true })
        .nullable()
        .default(null)
        .meta({ description: 'null: until it is resumed' }),
    }),
    z.strictObject({ action: z.literal('end_trial') }),
  ])
  .meta({ id: 'SubscriptionAction' });

export const cancelQuerySchema = z.strictObject({
  when: changeTime.default('now').meta({ description: 'When the subscription ends' }),
});

export const resolutionRequestSchema = z
  .strictObject({
    exception: z.enum(EXCEPTION_KINDS).meta({
      description: 'Its kind',
      example: 'invoice_differs',
    }),
    subject: storableId(500).meta({
      description: 'As the exception names it: an invoice, a rate',
      example: 'in_1',
    }),
    resolution: z.enum(RESOLUTIONS).meta({ description: 'What to do', example: 'correct' }),
    reason,
  })
  .meta({ id: 'ResolutionRequest' });

export const dunningPauseRequestSchema = z
  .strictObject({
    invoice: storableId(255).meta({ description: "Stripe's id", example: 'in_1' }),
    until: z.iso.datetime({ offset: true }).nullable().meta({
      description: 'null: until another request; in the past: go on at once',
    }),
    reason,
  })
  .meta({ id: 'DunningPauseRequest' });

export const acceptedSchema = z.object({ accepted: z.literal(true) }).meta({ id: 'Accepted' });
