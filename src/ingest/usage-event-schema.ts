/** The usage event as it is sent: its shape and limits. The same schema validates and documents. */
import { z } from 'zod';
import { DomainError } from '../core/errors';
import { shortened } from '../core/text';
import type { UsageEvent } from '../core/usage/usage';
import { TOKENS_PER_COUNT_MAX, TOKEN_TYPES } from '../core/usage/usage';
import { isPlainUsageEvent } from './content/plain-usage-event';
import { isStorableJson, METADATA_BYTES_MAX, NAME_LENGTH_MAX, storableId } from './storable-text';

const WITHOUT_CONTROLS = /^[^\u0000-\u001f\u007f]*$/;

/** A name that a usage event has: text that is kept, and no control characters in it. */
export const nameSchema = (noun: string, example?: string) =>
  storableId(NAME_LENGTH_MAX)
    .regex(WITHOUT_CONTROLS, 'expected no control characters')
    .meta({ description: noun, ...(example !== undefined && { example }) });

const count = z.number().int().min(0).max(TOKENS_PER_COUNT_MAX);

export const tokenCountsSchema = z
  .strictObject({
    input: count
      .optional()
      .meta({ description: 'Of the prompt, without those of a cache', example: 1_200 }),
    output: count
      .optional()
      .meta({ description: 'Of the answer, without reasoning', example: 300 }),
    cacheRead: count.optional().meta({ description: 'Of the prompt, read from a cache' }),
    cacheWrite: count.optional().meta({ description: 'Of the prompt, written to a cache' }),
    reasoning: count.optional().meta({ description: 'Of the answer, not shown' }),
  })
  .refine((tokens) => TOKEN_TYPES.some((type) => tokens[type] !== undefined), {
    error: `expected at least one of ${TOKEN_TYPES.join(', ')}`,
  })
  .meta({
    id: 'TokenCounts',
    description: "Exclusive pools: a call's total is their sum, and no token is in two of them",
  });

/** It may have any offset, and any fraction of a second. */
export const timeSchema = z.iso.datetime({ offset: true });

const metadata = z
  .record(z.string(), z.unknown())
  .refine(isStorableJson, { error: `expected JSON of at most ${METADATA_BYTES_MAX} bytes` });

export const usageEventSchema = z
  .strictObject({
    id: nameSchema(
      "The customer's own; the same id with the same content is a duplicate, for 36 days at least",
      'call-1',
    ),
    customer: nameSchema('Your own id of the customer', 'customer-42'),
    model: nameSchema('The model that was called', 'gpt-4o-mini'),
    tokens: tokenCountsSchema,
    occurredAt: timeSchema
      .optional()
      .meta({ description: 'When the call was made; left out: now' }),
    vendor: nameSchema('The vendor that sold the call').optional(),
    metadata: metadata.optional().meta({ description: 'Kept with the usage event, not used' }),
  })
  .meta({ id: 'UsageEvent' });

/** Throws `invalid_usage_event` with every fault. */
export function parseUsageEvent(value: unknown): UsageEvent {
  if (isPlainUsageEvent(value)) return value;
  const result = usageEventSchema.safeParse(value);
  if (result.success) return result.data;
  throw new DomainError('invalid_usage_event', describeFaults(result.error, value));
}

/** Every fault with the value that was seen. */
export const describeFaults = (error: z.core.$ZodError, value: unknown): string =>
  `${error.issues.map((issue) => describe(issue, value)).join('; ')}.`;

function describe(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === 'unrecognized_keys') {
    const place = issue.path.length > 0 ? issue.path.join('.') : 'The usage event';
    return `${place} has ${issue.keys.map(quoted).join(', ')}, which is not known: leave it out`;
  }
  const path = issue.path.length > 0 ? issue.path.join('.') : 'The usage event';
  return `${path} is ${quoted(valueAt(value, issue.path))}: ${issue.message}`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (innerValue, key) =>
      typeof innerValue === 'object' && innerValue !== null
        ? (innerValue as Record<PropertyKey, unknown>)[key]
        : undefined,
    value,
  );
}

const QUOTED_MAX = 80;

function quoted(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) ? 'an array' : 'an object';
  return shortened(JSON.stringify(value), QUOTED_MAX);
}
