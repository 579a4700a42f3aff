/** Connected accounts, their bank accounts and capabilities, in full. */
import { newId, randomText } from '../identifiers';
import type { Account, Controller, Requirements } from '../objects-connect';
import type { BankAccount } from '../objects-money';

export const NOTHING_DUE: Requirements = {
  alternatives: [],
  current_deadline: null,
  currently_due: [],
  disabled_reason: null,
  errors: [],
  eventually_due: [],
  past_due: [],
  pending_verification: [],
};

export function newAccount(terms: {
  type: Account['type'];
  controller: Controller;
  country: string;
  now: number;
}): Account {
  return {
    id: `acct_${randomText(16)}`,
    object: 'account',
    business_profile: {
      annual_revenue: null,
      estimated_worker_count: null,
      mcc: null,
      minority_owned_business_designation: null,
      name: null,
      product_description: null,
      support_address: null,
      support_email: null,
      support_phone: null,
      support_url: null,
      url: null,
    },
    business_type: null,
    capabilities: {},
    charges_enabled: false,
    controller: terms.controller,
    country: terms.country,
    created: terms.now,
    default_currency: 'usd',
    details_submitted: false,
    email: null,
    future_requirements: structuredClone(NOTHING_DUE),
    metadata: {},
    payouts_enabled: false,
    requirements: structuredClone(NOTHING_DUE),
    settings: settings(),
    tos_acceptance: { date: null, ip: null, user_agent: null },
    type: terms.type,
    given: {},
    requestedAt: {},
    ordered: {},
  };
}

/** The sandbox pays out nothing by itself, and says so. */
function settings(): Record<string, unknown> {
  return {
    bacs_debit_payments: { display_name: null, service_user_number: null },
    branding: { icon: null, logo: null, primary_color: null, secondary_color: null },
    card_issuing: { tos_acceptance: { date: null, ip: null } },
    card_payments: {
      decline_on: { avs_failure: false, cvc_failure: false },
      statement_descriptor_prefix: null,
      statement_descriptor_prefix_kana: null,
      statement_descriptor_prefix_kanji: null,
    },
    dashboard: { display_name: null, timezone: 'Etc/UTC' },
    invoices: { default_account_tax_ids: null, hosted_payment_method_save: 'offer' },
    payments: {
      statement_descriptor: null,
      statement_descriptor_kana: null,
      statement_descriptor_kanji: null,
    },
    payouts: {
      debit_negative_balances: false,
      schedule: { delay_days: 2, interval: 'manual' },
      statement_descriptor: null,
    },
    sepa_debit_payments: {},
  };
}

export function newBankAccount(terms: {
  currency: string;
  country: string;
  last4: string;
  owner: string | undefined;
  failsWith?: string | null;
  holderName?: string | null;
  holderType?: string | null;
  routingNumber?: string | null;
}): BankAccount {
  return {
    id: newId('ba'),
    object: 'bank_account',
    account: terms.owner ?? null,
    account_holder_name: terms.holderName ?? null,
    account_holder_type: terms.holderType ?? null,
    account_type: null,
    available_payout_methods: ['standard'],
    bank_name: 'STRIPE TEST BANK',
    country: terms.country,
    created: 0,
    currency: terms.currency,
    default_for_currency: true,
    fingerprint: randomText(16),
    future_requirements: {
      currently_due: [],
      errors: [],
      past_due: [],
      pending_verification: [],
    },
    last4: terms.last4,
    metadata: {},
    requirements: { currently_due: [], errors: [], past_due: [], pending_verification: [] },
    routing_number: terms.routingNumber ?? '110000000',
    status: 'new',
    failsWith: terms.failsWith ?? null,
    ...(terms.owner !== undefined && { owner: terms.owner }),
  };
}
