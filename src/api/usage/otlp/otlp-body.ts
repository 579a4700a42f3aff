/** The bytes of an OTLP request as spans: protobuf or JSON, compressed or not, within bounds. */
import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { DomainError } from '../../../core/errors';
import { hasMoreValues } from '../../limits/json-values';
import { spansOfProto } from './otlp-proto';
import { readAttributes } from './span';
import type { SentSpan } from './span';
import { isObject } from '../usage-body';
import type { UsageReading } from '../usage-bytes';
import { hasMoreMessages } from './wire-messages';

export const OTLP_PROTOBUF = 'application/x-protobuf';
export const OTLP_JSON = 'application/json';
export type OtlpEncoding = typeof OTLP_PROTOBUF | typeof OTLP_JSON;

/** Decompressed: prompts that are recorded on spans are long, and alike. */
export const INFLATED_BYTES_MAX = 8 * 1024 * 1024;
/** A batch of 512 spans with thirty attributes each has a third of it. */
const VALUES_MAX = 200_000;

/** undefined: it is neither. */
export function encodingOf({ headers }: IncomingMessage): OtlpEncoding | undefined {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  return type === OTLP_PROTOBUF || type === OTLP_JSON ? type : undefined;
}

/** Throws `unsupported_media_type`, `payload_too_large` or `invalid_request`. */
export async function readOtlpBody(
  request: IncomingMessage,
  reading: UsageReading,
): Promise<readonly SentSpan[]> {
  const encoding = encodingOf(request) ?? refuseType(request);
  const compression = request.headers['content-encoding'] ?? 'identity';
  if (compression !== 'gzip' && compression !== 'identity')
    throw new DomainError(
      'unsupported_media_type',
      `Content-Encoding is ${compression}: expected gzip, or none.`,
    );
  const sentBytes = await reading.bytes();
  const bytes = compression === 'gzip' ? inflate(sentBytes) : sentBytes;
  reading.charge(bytes.length - sentBytes.length);
  const isProto = encoding === OTLP_PROTOBUF;
  const isTooMuch = isProto ? hasMoreMessages : hasMoreValues;
  if (isTooMuch(bytes, VALUES_MAX))
    throw tooLarge(`The body has more than ${VALUES_MAX} values: expected fewer.`);
  try {
    return isProto ? spansOfProto(bytes) : spansOfJson(bytes);
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw unreadable(error instanceof Error ? error.message : String(error));
  }
}

function inflate(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: INFLATED_BYTES_MAX });
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE')
      throw tooLarge(`Decompressed, the body has more than ${INFLATED_BYTES_MAX} bytes.`);
    throw unreadable(`it is no gzip (${error instanceof Error ? error.message : String(error)})`);
  }
}

/** What is no list is empty, as an exporter leaves it out. */
function spansOfJson(bytes: Buffer): readonly SentSpan[] {
  const body: unknown = JSON.parse(bytes.toString('utf8'));
  if (!isObject(body)) throw unreadable('expected { "resourceSpans": [ … ] }');
  return listIn(body, 'resourceSpans').flatMap((resourceSpan) => {
    const { resource, ...others } = isObject(resourceSpan) ? resourceSpan : {};
    const attributes = readAttributes(isObject(resource) ? resource.attributes : undefined);
    return listIn(others, 'scopeSpans').flatMap((scopeSpan) =>
      listIn(isObject(scopeSpan) ? scopeSpan : {}, 'spans').map((span) => ({
        span,
        resource: attributes,
      })),
    );
  });
}

function listIn(object: Readonly<Record<string, unknown>>, name: string): readonly unknown[] {
  const list = object[name];
  if (list === undefined || list === null) return [];
  if (Array.isArray(list)) return list;
  throw unreadable(`expected "${name}" to be an array`);
}

function refuseType({ headers }: IncomingMessage): never {
  throw new DomainError(
    'unsupported_media_type',
    `Content-Type is ${headers['content-type'] ?? 'missing'}: expected ${OTLP_PROTOBUF} or ` +
      `${OTLP_JSON}.`,
  );
}

const unreadable = (reason: string): DomainError =>
  new DomainError('invalid_request', `The body can't be read as spans of OTLP: ${reason}.`);

const tooLarge = (message: string): DomainError =>
  new DomainError(
    'payload_too_large',
    `${message} Export in smaller batches (OTEL_BSP_MAX_EXPORT_BATCH_SIZE).`,
  );
