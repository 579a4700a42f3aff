/** The stored objects of Checkout: a session, with what its page makes when it is completed. */
import type { Metadata, StripeObject } from './objects';

export interface CheckoutLine {
  id: string;
  price: string;
  quantity: number | null;
}

/** What the session's subscription will be made with. */
export interface SubscriptionTerms {
  application_fee_percent?: number | null;
  billing_mode?: { type?: 'classic' | 'flexible'; flexible?: unknown };
  description?: string | null;
  metadata?: Metadata | null;
  on_behalf_of?: string | null;
  transfer_data?: { amount_percent?: number; destination?: string } | null;
  trial_period_days?: number;
  trial_settings?: {
    end_behavior?: { missing_payment_method?: 'cancel' | 'create_invoice' | 'pause' };
  };
}

/** The cardholder is at the bank's page; what the form said waits for the answer. */
export interface WaitingCard {
  method: string;
  email: string | null;
  name: string | null;
}

export interface CheckoutSession extends StripeObject {
  object: 'checkout.session';
  amount_subtotal: number | null;
  amount_total: number | null;
  allow_promotion_codes: boolean | null;
  cancel_url: string | null;
  client_reference_id: string | null;
  currency: string | null;
  customer: string | null;
  customer_details: Record<string, unknown> | null;
  customer_email: string | null;
  discounts: { coupon: string | null; promotion_code: string | null }[] | null;
  expires_at: number;
  invoice: string | null;
  metadata: Metadata;
  mode: 'setup' | 'subscription';
  payment_status: 'no_payment_required' | 'paid' | 'unpaid';
  setup_intent: string | null;
  status: 'complete' | 'expired' | 'open';
  subscription: string | null;
  success_url: string;
  total_details: { amount_discount: number; amount_shipping: 0; amount_tax: 0 } | null;
  url: string | null;
  /** These three are never shown by themselves. */
  lines: CheckoutLine[];
  terms: SubscriptionTerms;
  waitingCard: WaitingCard | null;
}
