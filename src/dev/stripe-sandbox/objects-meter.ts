/** Meters, and the usage that was reported to them. */
import type { StripeObject } from './objects';

export interface Meter extends StripeObject {
  object: 'billing.meter';
  event_name: string;
  display_name: string;
  customer_mapping: { event_payload_key: string; type: 'by_id' };
  default_aggregation: { formula: 'sum' | 'count' | 'last' };
  event_time_window: 'hour' | 'day' | null;
  status: 'active' | 'inactive';
  value_settings: { event_payload_key: string };
}

/** One accepted meter event: what was answered, and whose counter it moves. */
export interface Usage extends StripeObject {
  object: 'billing.meter_event';
  identifier: string;
  event_name: string;
  timestamp: number;
  meter: string;
  customer: string;
  value: number;
  receivedAtMs: number;
  /** It came through the stream. */
  isStreamed?: true;
  isCanceled?: true;
}
