/** The stored objects of what is told: events, and who hears of them. */
import type { Metadata, StripeObject } from './objects';

export interface WebhookEndpoint extends StripeObject {
  object: 'webhook_endpoint';
  url: string;
  secret: string;
  status: 'enabled' | 'disabled';
  enabled_events: string[];
  api_version: string | null;
  /** It hears of connected accounts' objects, and of nothing else. It is never shown. */
  connect: boolean;
  metadata: Metadata;
}

export interface StripeEvent extends StripeObject {
  object: 'event';
  type: string;
  /** The connected account that it happened in. */
  account?: string;
  api_version: string;
  pending_webhooks: number;
  /** It is in real time, and never shown. */
  happenedAtMs: number;
  data: { object: unknown; previous_attributes?: Record<string, unknown> };
}
