/**
 * A rule of the business was broken. `code` is stable and machine-readable; the message names the
 * value seen, what was expected, and what to do. Its HTTP status is given by
 * `src/api/http/problems.ts`; nothing else knows HTTP.
 */
export class DomainError extends Error {
  override readonly name = 'DomainError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly detail?: Readonly<Record<string, unknown>>,
  ) {
    super(message);
  }
}

export type ErrorCode =
  | 'invalid_request'
  | 'invalid_usage_event'
  | 'usage_event_conflict'
  | 'usage_events_rejected'
  | 'usage_too_large'
  | 'usage_archived'
  | 'occurred_at_out_of_range'
  | 'customer_not_found'
  | 'customer_conflict'
  | 'customer_forbidden'
  | 'subscription_not_active'
  | 'plan_unchanged'
  | 'plan_change_not_possible'
  | 'cancellation_pending'
  | 'price_not_settled'
  | 'price_changed'
  | 'payment_requires_action'
  | 'customer_deleted'
  | 'usage_not_reported'
  | 'exception_not_found'
  | 'resolution_not_possible'
  | 'too_many_grants'
  | 'state_full'
  | 'grant_conflict'
  | 'dunning_not_found'
  | 'idempotency_key_reused'
  | 'idempotency_key_expired'
  | 'billing_unavailable'
  | 'vendor_not_found'
  | 'vendor_conflict'
  | 'vendor_not_payable'
  | 'vendor_charge_conflict'
  | 'customer_not_payable'
  | 'card_declined'
  | 'plan_not_found'
  | 'period_not_found'
  | 'catalog_invalid'
  | 'catalog_not_pushed'
  | 'rate_below_cost'
  | 'subscription_ended'
  | 'openai_proxy_off'
  | 'upstream_unreachable'
  | 'upstream_timeout'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'misdirected_request'
  | 'method_not_allowed'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'too_many_requests'
  | 'ledger_unavailable'
  | 'stripe_error'
  | 'webhook_signature_invalid'
  | 'webhook_api_version_mismatch'
  | 'invoice_not_held'
  | 'invariant_broken'
  | 'internal_error';

/** Money must not flow on when this fails: a broken invariant is a bug, never an input error. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new DomainError('invariant_broken', message);
}
