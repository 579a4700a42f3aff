/** Spans as OTLP's JSON has them, made of plain attributes. */
import { randomBytes } from 'node:crypto';

export type PlainAttributes = Readonly<Record<string, string | number | boolean>>;

export interface PlainSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly [field: string]: unknown;
}

export const newId = (bytes: number): string => randomBytes(bytes).toString('hex');

export const attributesOf = (attributes: PlainAttributes) =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: valueOf(value) }));

function valueOf(value: string | number | boolean) {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

const nanoseconds = (time: Date | number) => `${Number(time)}000000`;

/** A second that is just over, unless `change` says otherwise. */
export function aSpan(
  attributes: PlainAttributes,
  change: Record<string, unknown> = {},
): PlainSpan {
  const now = Date.now();
  return {
    ...{ traceId: newId(16), spanId: newId(8), name: 'chat gpt-4o-mini', kind: 3 },
    startTimeUnixNano: nanoseconds(now - 1_000),
    endTimeUnixNano: nanoseconds(now),
    attributes: attributesOf(attributes),
    ...change,
  };
}

export const aCall = (more: PlainAttributes = {}, change: Record<string, unknown> = {}) =>
  aSpan(
    {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'gpt-4o-mini',
      'gen_ai.usage.input_tokens': 120,
      'gen_ai.usage.output_tokens': 30,
      'tollkeeper.customer': 'ada',
      ...more,
    },
    change,
  );

export const aRequest = (spans: readonly unknown[], resource: PlainAttributes = {}) => ({
  resourceSpans: [{ resource: { attributes: attributesOf(resource) }, scopeSpans: [{ spans }] }],
});
