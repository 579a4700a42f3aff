/** The stored connected accounts, as far as the sandbox reasons about their fields. */
import type { Metadata, StripeObject } from './objects';

export type CapabilityStatus = 'active' | 'inactive' | 'pending';

export interface Requirements {
  alternatives: unknown[];
  current_deadline: number | null;
  currently_due: string[];
  disabled_reason: string | null;
  errors: unknown[];
  eventually_due: string[];
  past_due: string[];
  pending_verification: string[];
}

/** What an operator ordered of an account; it outweighs what the account itself has given. */
export interface AccountOrder {
  transfers?: CapabilityStatus;
  payouts_enabled?: boolean;
  currently_due?: string[];
  disabled_reason?: string | null;
}

export interface Controller {
  type: 'account' | 'application';
  fees?: { payer: string };
  is_controller?: boolean;
  losses?: { payments: string };
  requirement_collection?: string;
  stripe_dashboard?: { type: string };
}

export interface Account extends StripeObject {
  object: 'account';
  business_type: string | null;
  capabilities: Record<string, CapabilityStatus>;
  charges_enabled: boolean;
  controller: Controller;
  country: string;
  default_currency: string;
  details_submitted: boolean;
  email: string | null;
  metadata: Metadata;
  payouts_enabled: boolean;
  requirements: Requirements;
  tos_acceptance: { date: number | null; ip: string | null; user_agent: string | null };
  type: 'custom' | 'express' | 'none' | 'standard';
  /** These were said of the person, company, business: `individual.first_name`. None is shown. */
  given: Record<string, string>;
  /** Tells when each capability was asked for. It is not shown. */
  requestedAt: Record<string, number>;
  ordered: AccountOrder;
  deleted?: true;
}
