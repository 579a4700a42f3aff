/**
 * Turns bytes into usage events: our own JSON, CloudEvents 1.0, and what OpenMeter's clients send.
 */
import type { IncomingMessage } from 'node:http';
import { DomainError } from '../../core/errors';
import type { UsageEvent } from '../../core/usage/usage';
import { parseCloudEvent } from './cloud-event';
import { hasMoreValues } from '../limits/json-values';
import { inSlices } from '../../ingest/turns/turns';
import { parseUsageEvent } from '../../ingest/usage-event-schema';
import type { UsageReading } from './usage-bytes';

export const EVENTS_PER_REQUEST_MAX = 1_000;

export const CLOUD_EVENT = 'application/cloudevents+json';
export const CLOUD_EVENT_BATCH = 'application/cloudevents-batch+json';
const JSON_TYPE = 'application/json';

export interface UsageBody {
  /** One usage event by itself: its fault is the fault of the request. */
  readonly isSingle: boolean;
  readonly sent: readonly SentEvent[];
}

export interface SentEvent {
  /** The sender calls it so; a CloudEvent's id is without its source. */
  readonly id: string | null;
  /** What is wrong with it, where it can't be taken. */
  readonly event: UsageEvent | DomainError;
}

export async function readUsageBody(
  request: IncomingMessage,
  reading: UsageReading,
): Promise<UsageBody> {
  const type = contentType(request);
  const body = parseJson(await reading.bytes());
  if (type === CLOUD_EVENT) return { isSingle: true, sent: [read(body, parseCloudEvent)] };
  if (type === CLOUD_EVENT_BATCH) return cloudEventBatch(body, reading);
  if (!isObject(body)) throw unreadable('expected a usage event, or { "events": [ … ] }');
  if (!('events' in body)) return { isSingle: true, sent: [read(body, parseUsageEvent)] };
  const { events } = body;
  if (!Array.isArray(events)) throw unreadable('expected "events" to be an array');
  return { isSingle: false, sent: await readAll(atMost(events), parseUsageEvent, reading) };
}

/** CloudEvents under any of the three media types: of plain JSON, whichever it is. */
export async function readOpenMeterBody(
  request: IncomingMessage,
  reading: UsageReading,
): Promise<UsageBody> {
  const type = contentType(request);
  const body = parseJson(await reading.bytes());
  const isBatch = type === CLOUD_EVENT_BATCH || (type === JSON_TYPE && Array.isArray(body));
  if (isBatch) return cloudEventBatch(body, reading);
  return { isSingle: true, sent: [read(body, parseCloudEvent)] };
}

async function cloudEventBatch(body: unknown, reading: UsageReading): Promise<UsageBody> {
  if (!Array.isArray(body)) throw unreadable('expected an array of CloudEvents');
  return { isSingle: false, sent: await readAll(atMost(body), parseCloudEvent, reading) };
}

type Parse = (value: unknown) => UsageEvent;

const readAll = (values: readonly unknown[], parse: Parse, { nextTurn }: UsageReading) =>
  inSlices(values, (value) => read(value, parse), nextTurn);

function read(value: unknown, parse: Parse): SentEvent {
  const id = isObject(value) && typeof value.id === 'string' ? value.id : null;
  try {
    return { id, event: parse(value) };
  } catch (error) {
    if (error instanceof DomainError) return { id, event: error };
    // Other events of the request are not to blame, whatever it is that this one brings about.
    return { id, event: error instanceof RangeError ? tooDeep() : beyondUs(error) };
  }
}

function contentType(request: IncomingMessage): string {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    throw new DomainError(
      'unsupported_media_type',
      `Content-Encoding is ${encoding}: send the body uncompressed.`,
    );
  }
  const type = (request.headers['content-type'] ?? JSON_TYPE).split(';')[0]?.trim().toLowerCase();
  if (type === JSON_TYPE || type === CLOUD_EVENT || type === CLOUD_EVENT_BATCH) return type;
  throw new DomainError(
    'unsupported_media_type',
    `Content-Type is ${type}: expected ${JSON_TYPE}, ${CLOUD_EVENT} or ${CLOUD_EVENT_BATCH}.`,
  );
}

/** A thousand usage events have a fifth of it. */
const VALUES_MAX = 100_000;

function parseJson(bytes: Buffer): unknown {
  if (hasMoreValues(bytes, VALUES_MAX))
    throw tooLarge(`The body has more than ${VALUES_MAX} values: expected fewer.`);
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw unreadable(`it is not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
}

function atMost(events: readonly unknown[]): readonly unknown[] {
  if (events.length === 0) throw unreadable('expected at least one usage event');
  if (events.length <= EVENTS_PER_REQUEST_MAX) return events;
  throw tooLarge(
    `The request has ${events.length} usage events: expected at most ${EVENTS_PER_REQUEST_MAX}.`,
  );
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const unreadable = (reason: string): DomainError =>
  new DomainError('invalid_request', `The body can't be read as usage events: ${reason}.`);

const tooDeep = (): DomainError =>
  new DomainError('invalid_usage_event', 'The usage event is nested too deeply to be read.');

function beyondUs(error: unknown): DomainError {
  const reason = error instanceof Error ? error.message : String(error);
  return new DomainError('invalid_usage_event', `The usage event can't be read: ${reason}.`);
}

const tooLarge = (message: string): DomainError =>
  new DomainError('payload_too_large', `${message} Send it in parts.`);
