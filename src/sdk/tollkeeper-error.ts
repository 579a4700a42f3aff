/** What can go wrong in the SDK, told by one class with a stable code. */
import type { UsageEvent } from './usage-event';

export type TollkeeperErrorCode =
  /** The usage event can't be one: thrown by `recordUsage`, nothing was spooled. */
  | 'invalid_usage_event'
  /** The spool is full and its policy is `reject`. */
  | 'spool_full'
  /** The spool is full and its policy is `drop_oldest`: `events` are lost. */
  | 'spool_dropped'
  /** Another process, or another client of this one, has the directory. */
  | 'spool_in_use'
  /** The directory can't be read or written. */
  | 'spool_failed'
  /** A line that a crash left half written was cut off: `recordUsage` had not resolved for it. */
  | 'spool_torn'
  /** The client was closed. */
  | 'closed'
  /** Usage in memory was not acknowledged when the client was closed: `events` are lost. */
  | 'unsent_at_close'
  /** `flush` took longer than it was given. */
  | 'flush_timeout'
  /** The API did not take a batch; it is sent again. `status` when it answered. */
  | 'send_failed'
  /** The API rejected usage events for good: `rejections`. They are kept aside. */
  | 'usage_rejected'
  /** A question to the API was refused or had no answer: `status` and `problem`. */
  | 'request_failed'
  /** A call of a model could not be metered; the call itself went on. */
  | 'meter_failed';

export interface Rejection {
  /** It is as it was sent; text, if it is not even JSON. */
  readonly event: unknown;
  readonly code: string;
  readonly message: string;
}

export interface TollkeeperErrorDetails {
  readonly cause?: unknown;
  /** HTTP status of the API's answer. */
  readonly status?: number;
  /** The `code` of the API's problem+json. */
  readonly problem?: string;
  readonly events?: readonly UsageEvent[];
  readonly rejections?: readonly Rejection[];
}

export class TollkeeperError extends Error {
  readonly code: TollkeeperErrorCode;
  readonly status: number | undefined;
  readonly problem: string | undefined;
  readonly events: readonly UsageEvent[];
  readonly rejections: readonly Rejection[];

  constructor(code: TollkeeperErrorCode, message: string, details: TollkeeperErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : {});
    this.name = 'TollkeeperError';
    this.code = code;
    this.status = details.status;
    this.problem = details.problem;
    this.events = details.events ?? [];
    this.rejections = details.rejections ?? [];
  }
}

export type OnError = (error: TollkeeperError) => void;

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
