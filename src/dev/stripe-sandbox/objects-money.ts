/** The stored objects of money in motion, as far as the sandbox reasons about their fields. */
import type { Metadata, StripeObject } from './objects';

export type IntentStatus =
  | 'canceled'
  | 'requires_action'
  | 'requires_capture'
  | 'requires_confirmation'
  | 'requires_payment_method'
  | 'succeeded';

/** Says where a part of a charge goes: all of it, or the amount. */
export interface TransferData {
  destination: string;
  amount?: number | null;
}

export interface PaymentIntent extends StripeObject {
  object: 'payment_intent';
  amount: number;
  amount_capturable: number;
  amount_received: number;
  application_fee_amount: number | null;
  capture_method: 'automatic' | 'automatic_async' | 'manual';
  client_secret: string;
  currency: string;
  customer: string | null;
  description: string | null;
  latest_charge: string | null;
  metadata: Metadata;
  next_action: Record<string, unknown> | null;
  on_behalf_of: string | null;
  payment_method: string | null;
  receipt_email: string | null;
  setup_future_usage: string | null;
  status: IntentStatus;
  transfer_data: TransferData | null;
  transfer_group: string | null;
}

export interface Charge extends StripeObject {
  object: 'charge';
  amount: number;
  amount_captured: number;
  amount_refunded: number;
  application_fee: string | null;
  application_fee_amount: number | null;
  balance_transaction: string | null;
  captured: boolean;
  currency: string;
  customer: string | null;
  description: string | null;
  disputed: boolean;
  metadata: Metadata;
  paid: boolean;
  payment_intent: string | null;
  payment_method: string | null;
  refunded: boolean;
  source_transfer: string | null;
  status: 'failed' | 'pending' | 'succeeded';
  transfer?: string;
  transfer_data: TransferData | null;
  transfer_group: string | null;
}

export interface BalanceTransaction extends StripeObject {
  object: 'balance_transaction';
  amount: number;
  available_on: number;
  currency: string;
  description: string | null;
  fee: number;
  fee_details: Record<string, unknown>[];
  net: number;
  reporting_category: string;
  source: string | null;
  type: string;
}

export interface Refund extends StripeObject {
  object: 'refund';
  amount: number;
  balance_transaction: string | null;
  charge: string;
  currency: string;
  metadata: Metadata;
  payment_intent: string | null;
  status: 'succeeded' | 'failed';
  transfer_reversal: string | null;
}

export interface Dispute extends StripeObject {
  object: 'dispute';
  amount: number;
  /** Ids here; shown in full. */
  balance_transactions: string[];
  charge: string;
  currency: string;
  evidence: Record<string, unknown>;
  evidence_details: {
    due_by: number | null;
    enhanced_eligibility: Record<string, unknown>;
    has_evidence: boolean;
    past_due: boolean;
    submission_count: number;
  };
  is_charge_refundable: boolean;
  metadata: Metadata;
  payment_intent: string | null;
  reason: string;
  status:
    | 'lost'
    | 'needs_response'
    | 'under_review'
    | 'warning_closed'
    | 'warning_needs_response'
    | 'warning_under_review'
    | 'won';
}

export interface Transfer extends StripeObject {
  object: 'transfer';
  amount: number;
  amount_reversed: number;
  balance_transaction: string | null;
  currency: string;
  description: string | null;
  destination: string;
  destination_payment: string;
  metadata: Metadata;
  reversed: boolean;
  source_transaction: string | null;
  transfer_group: string | null;
  /** A destination charge made it. It is never shown. */
  isOfCharge: boolean;
}

export interface TransferReversal extends StripeObject {
  object: 'transfer_reversal';
  amount: number;
  balance_transaction: string | null;
  currency: string;
  destination_payment_refund: string | null;
  metadata: Metadata;
  source_refund: string | null;
  transfer: string;
}

export interface ApplicationFee extends StripeObject {
  object: 'application_fee';
  account: string;
  amount: number;
  amount_refunded: number;
  balance_transaction: string | null;
  charge: string;
  currency: string;
  originating_transaction: string | null;
  refunded: boolean;
}

export interface FeeRefund extends StripeObject {
  object: 'fee_refund';
  amount: number;
  balance_transaction: string | null;
  currency: string;
  fee: string;
  metadata: Metadata;
}

export interface Payout extends StripeObject {
  object: 'payout';
  amount: number;
  arrival_date: number;
  balance_transaction: string | null;
  currency: string;
  destination: string;
  failure_balance_transaction: string | null;
  failure_code: string | null;
  failure_message: string | null;
  metadata: Metadata;
  method: string;
  status: 'canceled' | 'failed' | 'in_transit' | 'paid' | 'pending';
}

export interface BankAccount extends StripeObject {
  object: 'bank_account';
  currency: string;
  default_for_currency: boolean;
  metadata: Metadata;
  /** How Stripe's test account numbers make payouts fail. It is never shown. */
  failsWith: string | null;
}
