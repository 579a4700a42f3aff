/** The usage event of a call of a model: the same, wherever the call is metered. */
import { randomUUID } from 'node:crypto';
import type { CallUsage } from './call-usage';
import type { MeteredCall } from './metered-call';
import type { NewUsageEvent } from './usage-event';
import type { UsageRecorder } from './usage-recorder';

/** What a call is known by: an id of its own, or the provider's id of the response. */
export type CallId = 'call' | 'provider';

export interface CallIds {
  readonly from: CallId;
  /** Our proxy has answered, and records the call by this id. */
  readonly proxied?: string | null;
  /** The provider's id of the request: embeddings have no other. */
  readonly request?: string | null;
}

export interface MeteredEventFacts {
  readonly ids: CallIds;
  readonly customer: string;
  readonly vendor?: string;
  /** The name that prices go by. */
  readonly model: string;
}

export const modelOf = (call: MeteredCall, reported: string | undefined): string =>
  call.model || reported || 'unknown';

export function meteredEvent(
  recorder: UsageRecorder,
  { endpoint }: Pick<MeteredCall, 'endpoint'>,
  usage: CallUsage,
  { ids, customer, vendor, model }: MeteredEventFacts,
): NewUsageEvent {
  const { model: reported, tokens, isEstimated, createdAt, details, tier } = usage;
  const id = idOf(usage, ids);
  const metadata = {
    endpoint,
    ...(reported !== undefined && { reportedModel: reported }),
    ...providersId(usage.id, ids.request, id),
    ...(tier !== undefined && { serviceTier: tier }),
    ...details,
    ...(isEstimated && { estimated: 'true' }),
  };
  const occurredAt = recorder.timeOf(createdAt);
  return { id, customer, model, tokens, occurredAt, vendor, metadata };
}

/** They find the call there. */
function providersId(response: string | undefined, request: CallIds['request'], id: string) {
  if (response !== undefined) return response === id ? {} : { responseId: response };
  return request === undefined || request === null || request === id ? {} : { requestId: request };
}

/** Decision 40. What is made in the background is recorded by each who looks it up: once. */
function idOf({ id, isBackground }: CallUsage, { from, proxied, request }: CallIds): string {
  if (isBackground && id !== undefined) return id;
  if (from === 'provider') return id ?? request ?? randomUUID();
  return proxied ?? randomUUID();
}
