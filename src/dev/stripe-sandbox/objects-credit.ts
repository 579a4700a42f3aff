/** Billing credits: grants, and the transactions that add to and take from them. */
import type { Metadata, StripeObject } from './objects';

export interface CreditAmount {
  type: 'monetary';
  monetary: { currency: string; value: number };
}

export interface CreditGrant extends StripeObject {
  object: 'billing.credit_grant';
  amount: CreditAmount;
  applicability_config: { scope: { price_type?: 'metered'; prices?: { id: string }[] } };
  category: 'paid' | 'promotional';
  customer: string;
  effective_at: number;
  expires_at: number | null;
  metadata: Metadata;
  name: string | null;
  priority: number;
  test_clock: string | null;
  updated: number;
  voided_at: number | null;
}

interface Applied {
  invoice: string;
  invoice_line_item: string;
}

export interface CreditTransaction extends StripeObject {
  object: 'billing.credit_balance_transaction';
  credit_grant: string;
  credit: {
    amount: CreditAmount;
    credits_application_invoice_voided: Applied | null;
    type: 'credits_application_invoice_voided' | 'credits_granted';
  } | null;
  debit: {
    amount: CreditAmount;
    credits_applied: Applied | null;
    type: 'credits_applied' | 'credits_expired' | 'credits_voided';
  } | null;
  effective_at: number;
  test_clock: string | null;
  type: 'credit' | 'debit';
}
