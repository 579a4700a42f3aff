/** The stored objects of the billing portal: what customers may do, and one customer's visit. */
import type { Metadata, StripeObject } from './objects';

export const PORTAL_PRORATIONS = ['always_invoice', 'create_prorations', 'none'] as const;
export const PLAN_UPDATES = ['price', 'promotion_code', 'quantity'] as const;

/** A product to which a subscription may be updated, by one of these prices. */
export interface PortalProduct {
  adjustable_quantity: { enabled: boolean; maximum: number | null; minimum: number };
  prices: string[];
  product: string;
}

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
    proration_behavior: 'create_prorations' | 'none';
  };
  subscription_update: {
    billing_cycle_anchor: 'now' | 'unchanged' | null;
    default_allowed_updates: (typeof PLAN_UPDATES)[number][];
    enabled: boolean;
    /** It is shown only where it is expanded. */
    products: PortalProduct[];
    proration_behavior: (typeof PORTAL_PRORATIONS)[number];
    schedule_at_period_end: { conditions: never[] };
    trial_update_behavior: 'continue_trial' | 'end_trial';
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

export const FLOW_TYPES = [
  'payment_method_update',
  'subscription_cancel',
  'subscription_update',
  'subscription_update_confirm',
] as const;

/** The one thing that a visit is for, and where it leads to. */
export interface PortalFlow {
  type: (typeof FLOW_TYPES)[number];
  after_completion: {
    type: 'hosted_confirmation' | 'portal_homepage' | 'redirect';
    hosted_confirmation: { custom_message: string | null } | null;
    redirect: { return_url: string } | null;
  };
  subscription_cancel: {
    subscription: string;
    retention: { type: 'coupon_offer'; coupon_offer: { coupon: string } } | null;
  } | null;
  subscription_update: { subscription: string } | null;
  subscription_update_confirm: {
    subscription: string;
    items: { id: string; price: string | null; quantity?: number }[];
    discounts: { coupon: string | null; promotion_code: string | null }[] | null;
  } | null;
}

export interface PortalSession extends StripeObject {
  object: 'billing_portal.session';
  configuration: string;
  customer: string;
  flow: PortalFlow | null;
  return_url: string | null;
  url: string;
  /** The end of the address, which lets its holder in. Never shown by itself. */
  secret: string;
  /** What the flow was for is done. Never shown. */
  isFlowDone: boolean;
  /** The bank asks about a card that is put in. Never shown. */
  waitingSetup: string | null;
}
