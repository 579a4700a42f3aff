/** A span of OTLP, in either encoding: what of it tells whose call it was, and what it used. */
import { z } from 'zod';
import { DomainError } from '../../../core/errors';
import { describeFaults } from '../../../ingest/usage-event-schema';

/** Text, numbers (whole ones as their digits), truth values; lists and maps are left out. */
export type Attributes = ReadonlyMap<string, string | number | boolean>;

export interface Span {
  /** 32 and 16 hexadecimal digits, in lower case. */
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  /** Milliseconds since 1970; undefined: it was not told. */
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly isFailed: boolean;
  readonly attributes: Attributes;
  /** They are those of who made it. */
  readonly resource: Attributes;
}

/** It is as a request has it: `span` was not looked at. */
export interface SentSpan {
  readonly span: unknown;
  readonly resource: Attributes;
}

const hex = (digits: number) =>
  z
    .string()
    .regex(new RegExp(`^(?!0+$)[0-9a-f]{${digits}}$`, 'i'), `expected ${digits} hexadecimal digits`)
    .transform((id) => id.toLowerCase());

/** Nanoseconds since 1970 are more than JSON's numbers can tell, so they mostly are text. */
const time = z
  .union([z.string(), z.number()])
  .refine((value) => /^\d{1,20}$/.test(String(value)), 'expected nanoseconds since 1970');

const sentSpan = z.object({
  traceId: hex(32),
  spanId: hex(16),
  parentSpanId: z.string().nullish(),
  name: z.string().nullish(),
  startTimeUnixNano: time.nullish(),
  endTimeUnixNano: time.nullish(),
  status: z.object({ code: z.union([z.number(), z.string()]).nullish() }).nullish(),
  attributes: z.unknown(),
});

const FAILED = [2, 'STATUS_CODE_ERROR'];

/** Throws `invalid_usage_event`. */
export function readSpan({ span, resource }: SentSpan): Span {
  const result = sentSpan.safeParse(span);
  if (!result.success)
    throw new DomainError(
      'invalid_usage_event',
      `It is no span of OTLP: ${describeFaults(result.error, span).replace(/The usage event/g, 'It')}`,
    );
  const { traceId, spanId, parentSpanId, name, status, attributes } = result.data;
  return {
    ...{ traceId, spanId, name: name ?? '' },
    ...(parentSpanId && { parentSpanId: parentSpanId.toLowerCase() }),
    startedAt: milliseconds(result.data.startTimeUnixNano),
    endedAt: milliseconds(result.data.endTimeUnixNano),
    isFailed: FAILED.includes(status?.code ?? 0),
    attributes: readAttributes(attributes),
    resource,
  };
}

function milliseconds(nanoseconds: string | number | null | undefined): number | undefined {
  const value = Math.floor(Number(nanoseconds ?? 0) / 1_000_000);
  return value > 0 ? value : undefined;
}

/** What is none is left out: `[{ key, value: { stringValue | intValue | … } }]`. */
export function readAttributes(sent: unknown): Attributes {
  const attributes = new Map<string, string | number | boolean>();
  if (!Array.isArray(sent)) return attributes;
  for (const item of sent as unknown[]) {
    const { key, value } = (item ?? {}) as Record<string, unknown>;
    if (typeof key !== 'string' || typeof value !== 'object' || value === null) continue;
    const [kind, content] = Object.entries(value).find(([, each]) => each !== null) ?? [];
    if (kind === undefined || !KINDS.has(kind)) continue;
    if (typeof content === 'string' || typeof content === 'number' || typeof content === 'boolean')
      attributes.set(key, content);
  }
  return attributes;
}

const KINDS = new Set(['stringValue', 'intValue', 'doubleValue', 'boolValue']);
