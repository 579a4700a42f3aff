/** Objects of the sandbox itself, which Stripe has none of: chance, and faults on order. */
import type { StripeObject } from './objects';

/** A generator's state lives in the store, so that a snapshot keeps the place in the sequence. */
export interface Chance extends StripeObject {
  object: 'sandbox_chance';
  seed: number;
  state: number;
}

export const FAULT_MODES = [
  'before',
  'after_apply_timeout',
  'before_timeout',
  'cut',
  'cut_before',
  'delay',
] as const;

export interface Fault extends StripeObject {
  object: 'fault';
  method: string | null;
  /** A prefix, or a regular expression of the whole path. */
  path: string | null;
  /** An id that the path or the parameters must name. */
  objectId: string | null;
  /** A customer whom the request names, or whose object it names. */
  customer?: string | null;
  times: number | 'always';
  probability: number | null;
  /** The own sequence of chance; null for the one that all faults share. */
  sequence: string | null;
  status: number | null;
  code: string | null;
  shouldRetry: boolean | null;
  /**
   * `before` refuses and applies nothing. `after_apply_timeout` applies and does not answer.
   * `before_timeout` does neither. `cut` applies and answers by half. `cut_before` applies nothing
   * and closes the connection. `delay` answers late.
   */
  mode: (typeof FAULT_MODES)[number];
  delayMs: number;
}

export const WEBHOOK_FAULTS = ['duplicate', 'drop', 'delay', 'shuffle'] as const;

export interface WebhookFault extends StripeObject {
  object: 'webhook_fault';
  webhooks: (typeof WEBHOOK_FAULTS)[number];
  types: string[] | null;
  endpoint: string | null;
  times: number | 'always';
  probability: number | null;
  sequence: string | null;
  /** How late a `delay` delivers, and how long a `shuffle` holds deliveries at most. */
  delayMs: number;
  /** How many deliveries a `shuffle` holds before they go out in another order. */
  window: number;
}

export interface Delivery extends StripeObject {
  object: 'delivery';
  event: string;
  eventType: string;
  /** The id of the object that its event is about. */
  subject?: string;
  endpoint: string;
  status: 'pending' | 'succeeded' | 'failed';
  attempts: { at: number; status: number | null; error: string | null }[];
  /** A fault's doings: sent a second time, held to be shuffled, late, or never sent at all. */
  isExtra?: boolean;
  heldBy?: string;
  notBeforeMs?: number;
  isDropped?: boolean;
}
