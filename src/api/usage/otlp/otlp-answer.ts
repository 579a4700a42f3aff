/** What an exporter is answered, in the encoding it speaks: OTLP's own messages. */
import { z } from 'zod';
import { Writer } from 'protobufjs/minimal';
import { shortened } from '../../../core/text';
import type { Problem } from '../../http/problems';
import { OTLP_JSON, OTLP_PROTOBUF } from './otlp-body';
import type { OtlpEncoding } from './otlp-body';
import { TRACE_RESPONSE } from './otlp-proto';

/** What became of a request's spans that have to do with models. */
export interface SpanCounts {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: number;
  /** Around calls that count, failed without usage, or told by another span. */
  readonly ignored: number;
}

export interface Rejection {
  /** Trace and span; null: it has none. */
  readonly span: string | null;
  readonly code: string;
  readonly message: string;
}

export const traceAnswerSchema = z
  .object({
    partialSuccess: z
      .object({
        rejectedSpans: z.string().meta({ description: 'So many were not recorded', example: '1' }),
        errorMessage: z.string().meta({ description: 'What became of each sort, and why' }),
      })
      .optional()
      .meta({ description: 'Left out where every span with usage was recorded' }),
  })
  .meta({ id: 'ExportTraceServiceResponse' });

export const statusSchema = z
  .object({
    code: z.number().int().meta({ description: "gRPC's code" }),
    message: z.string().meta({ description: 'What was seen, what was expected, what to do' }),
  })
  .meta({ id: 'OtlpStatus' });

const TOLD_MAX = 10;
const MESSAGE_LENGTH_MAX = 4_096;

/** undefined: there is nothing to tell. */
export function messageOf(
  counts: SpanCounts,
  rejections: readonly Rejection[],
): string | undefined {
  const { accepted, duplicates, rejected, ignored } = counts;
  if (rejected + ignored === 0) return undefined;
  const each = new Map<string, Rejection[]>();
  for (const rejection of rejections) {
    const reason = `${rejection.code}: ${rejection.message}`;
    each.set(reason, [...(each.get(reason) ?? []), rejection]);
  }
  const reasons = [...each].slice(0, TOLD_MAX).map(([reason, those]) => {
    const example = those[0]?.span ?? null;
    return `${those.length} × ${example === null ? '' : `(such as ${example}) `}${reason}`;
  });
  const untold = each.size - reasons.length;
  const sentences = [
    `Of the spans that tell usage, ${accepted} were recorded, ${duplicates} were recorded before, ` +
      `${rejected} were rejected, ${ignored} were ignored (around calls that are told, or failed).`,
    ...reasons,
    ...(untold > 0 ? [`And ${untold} more reasons.`] : []),
  ];
  return shortened(sentences.join(' '), MESSAGE_LENGTH_MAX);
}

export function encodeAnswer(
  encoding: OtlpEncoding,
  { rejected }: Pick<SpanCounts, 'rejected'>,
  errorMessage: string | undefined,
): string | Uint8Array {
  const isTold = errorMessage !== undefined;
  if (encoding === OTLP_PROTOBUF) {
    const partialSuccess = { rejectedSpans: rejected, errorMessage };
    return TRACE_RESPONSE.encode(TRACE_RESPONSE.create(isTold ? { partialSuccess } : {})).finish();
  }
  // Whole numbers of 64 bits are text in its JSON.
  const partialSuccess = { rejectedSpans: String(rejected), errorMessage };
  return JSON.stringify(isTold ? { partialSuccess } : {});
}

/** HTTP status → code of gRPC, as far as OTLP's receivers answer them. */
const GRPC_CODES: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  413: 3,
  415: 3,
  429: 8,
  503: 14,
};
const INTERNAL = 13;
const CODE_FIELD = 0x08;
const MESSAGE_FIELD = 0x12;

/** OTLP has every refusal as a `google.rpc.Status`; who speaks neither encoding is told in JSON. */
export function statusMessage(
  { status, code, detail }: Problem,
  encoding: OtlpEncoding | undefined,
): { readonly type: string; readonly body: string | Uint8Array } {
  const grpcCode = GRPC_CODES[status] ?? INTERNAL;
  const message = `${code}: ${detail}`;
  if (encoding !== OTLP_PROTOBUF)
    return { type: OTLP_JSON, body: JSON.stringify({ code: grpcCode, message }) };
  const writer = Writer.create().uint32(CODE_FIELD).int32(grpcCode);
  return { type: OTLP_PROTOBUF, body: writer.uint32(MESSAGE_FIELD).string(message).finish() };
}
