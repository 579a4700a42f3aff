/**
 * The stored objects of Stripe's API v2: who hears of meter errors, the events that say so, and the
 * sessions of the meter event stream.
 */
import type { StripeObject } from './objects';

export interface EventDestination extends StripeObject {
  object: 'v2.core.event_destination';
  name: string;
  description: string;
  enabled_events: string[];
  metadata: Record<string, string>;
  status: 'enabled' | 'disabled';
  updated: number;
  url: string;
  secret: string;
}

export interface ThinEvent extends StripeObject {
  object: 'v2.core.event';
  type: string;
  related_object: { id: string; type: string; url: string } | null;
  happenedAtMs: number;
  data: Record<string, unknown>;
}

/** A meter event that was answered with 200 and then could not be used. */
export interface MeterError extends StripeObject {
  object: 'meter_error';
  code: string;
  message: string;
  /** Null when no meter has the event's name. */
  meter: string | null;
  customer: string | null;
  identifier: string;
  notedAtMs: number;
  /** The event that reported it; null until then. */
  report: string | null;
}

/** Its token lets usage into the stream, for a quarter of an hour of real time. */
export interface MeterEventSession extends StripeObject {
  object: 'v2.billing.meter_event_session';
  token: string;
  openedAtMs: number;
}
