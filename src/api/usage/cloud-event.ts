/**
 * CloudEvents 1.0 as usage events. Two of them are the same when `source` and `id` are, as the
 * specification says, so both make the id under which the ledger knows the call.
 */
import { z } from 'zod';
import { DomainError } from '../../core/errors';
import { cloudEventUsageId } from '../../core/ids';
import type { UsageEvent } from '../../core/usage/usage';
import { completionDataSchema, countDataSchema, poolsDataSchema } from './cloud-event-data';
import { usageOfData } from './cloud-event-data';
import {
  describeFaults,
  nameSchema,
  parseUsageEvent,
  timeSchema,
} from '../../ingest/usage-event-schema';

const envelope = z.looseObject({
  specversion: z.literal('1.0'),
  id: nameSchema('Unique within its source', 'call-2'),
  source: nameSchema('What made it; a usage event is known by source and id together', 'my-app'),
  type: z.string().min(1).meta({ description: 'Any; it decides nothing', example: 'usage' }),
  subject: nameSchema('Your own id of the customer', 'customer-42'),
  time: timeSchema.nullish().meta({ description: 'When the call was made; left out: now' }),
  datacontenttype: z
    .string()
    .regex(/^application\/([\w.+-]+\+)?json\b/i, 'expected JSON: application/json')
    .nullish()
    .meta({ description: 'Of the data: JSON' }),
  data: z.record(z.string(), z.unknown()),
});

/** The document shows the data in its three forms. */
export const cloudEventSchema = envelope
  .extend({ data: z.union([poolsDataSchema, countDataSchema, completionDataSchema]) })
  .meta({ id: 'UsageCloudEvent' });

/** Throws `invalid_usage_event`. */
export function parseCloudEvent(value: unknown): UsageEvent {
  const result = envelope.safeParse(value);
  if (!result.success) {
    const expectation = 'expected a CloudEvent of specversion "1.0" with an object as data';
    const faults =
      typeof value === 'object' && value !== null ? describeFaults(result.error, value) : '';
    throw new DomainError('invalid_usage_event', faults || `It is none: ${expectation}.`);
  }
  const { id, source, subject, time, data } = result.data;
  const event = parseUsageEvent({
    ...{ ...usageOfData(data), id, customer: subject },
    ...(time !== null && time !== undefined && { occurredAt: time }),
  });
  return { ...event, id: cloudEventUsageId(source, id), mayBeRestamped: true };
}
