/** The usage event of a call of OpenAI's API: the same, wherever the call is metered. */
import type { CallUsage } from './call-usage';
import type { MeteredCall } from './metered-call';
import type { NewUsageEvent } from './usage-event';
import type { UsageRecorder } from './usage-recorder';

export interface MeteredEventFacts {
  /** It stands in where the provider gave the response none. */
  readonly spareId: string;
  readonly customer: string;
  readonly vendor?: string;
  /** The name that prices go by. */
  readonly model: string;
}

export const modelOf = (call: MeteredCall, reportedModel: string | undefined): string =>
  call.model || reportedModel || 'unknown';

export function meteredEvent(
  recorder: UsageRecorder,
  { endpoint }: MeteredCall,
  { id, model: reportedModel, tokens, isEstimated, createdAt }: CallUsage,
  { spareId, customer, vendor, model }: MeteredEventFacts,
): NewUsageEvent {
  const metadata = {
    endpoint,
    ...(reportedModel !== undefined && { reportedModel }),
    ...(isEstimated && { estimated: 'true' }),
  };
  const occurredAt = recorder.timeOf(createdAt);
  return { id: id ?? spareId, customer, model, tokens, occurredAt, vendor, metadata };
}
