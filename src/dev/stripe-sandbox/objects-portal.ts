/** The stored objects of the billing portal: what customers may do, and one customer's visit. */
import type { Metadata, StripeObject } from './objects';

export const PORTAL_CUSTOMER_UPDATES = ['email', 'name', 'phone'] as const;

export interface PortalFeatures {
  customer_update: {
    allowed_updates: (typeof PORTAL_CUSTOMER_UPDATES)[number][];
    enabled: boolean;
  };
  invoice_history: { enabled: boolean };
  payment_method_update: { enabled: boolean; payment_method_configuration: null };
  subscription_cancel: {
    cancellation_reason: { enabled: false; options: string[] };
    enabled: boolean;
    mode: 'at_period_end' | 'immediately';
    proration_behavior: 'none';
  };
  subscription_update: {
    billing_cycle_anchor: null;
    default_allowed_updates: string[];
    enabled: false;
    proration_behavior: 'none';
    schedule_at_period_end: { conditions: never[] };
    trial_update_behavior: 'end_trial';
  };
}

export interface PortalConfiguration extends StripeObject {
  object: 'billing_portal.configuration';
  active: boolean;
  business_profile: {
    headline: string | null;
    privacy_policy_url: string | null;
    terms_of_service_url: string | null;
  };
  default_return_url: string | null;
  features: PortalFeatures;
  is_default: boolean;
  metadata: Metadata;
  name: string | null;
  updated: number;
}

export interface PortalSession extends StripeObject {
  object: 'billing_portal.session';
  configuration: string;
  customer: string;
  return_url: string | null;
  url: string;
  /** The end of the address, which lets its holder in. Never shown by itself. */
  secret: string;
}
