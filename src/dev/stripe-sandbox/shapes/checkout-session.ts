/** A new Checkout session, every field of the pinned API version. */
import { randomText } from '../identifiers';
import type { CheckoutLine, CheckoutSession, SubscriptionTerms } from '../objects-checkout';

interface NewSession {
  mode: CheckoutSession['mode'];
  now: number;
  expiresAt: number;
  origin: string;
  successUrl: string;
  lines: CheckoutLine[];
  terms: SubscriptionTerms;
  /** What was asked for and is shown as it was. */
  given: Partial<CheckoutSession>;
}

export function newCheckoutSession(facts: NewSession): CheckoutSession {
  const id = `cs_test_${randomText(58)}`;
  const isSubscription = facts.mode === 'subscription';
  return {
    id,
    object: 'checkout.session',
    ...unusedFields(),
    amount_subtotal: null,
    amount_total: null,
    allow_promotion_codes: null,
    cancel_url: null,
    client_reference_id: null,
    created: facts.now,
    currency: null,
    customer: null,
    customer_creation: isSubscription ? 'always' : null,
    customer_details: null,
    customer_email: null,
    discounts: isSubscription ? [] : null,
    expires_at: facts.expiresAt,
    invoice: null,
    livemode: false,
    metadata: {},
    mode: facts.mode,
    payment_method_collection: isSubscription ? 'always' : null,
    payment_status: isSubscription ? 'unpaid' : 'no_payment_required',
    setup_intent: null,
    status: 'open',
    subscription: null,
    success_url: facts.successUrl,
    total_details: isSubscription ? { ...NO_DETAILS } : null,
    ui_mode: 'hosted_page',
    url: `${facts.origin}/c/pay/${id}`,
    ...facts.given,
    lines: facts.lines,
    terms: facts.terms,
    waitingCard: null,
  };
}

const NO_DETAILS = { amount_discount: 0, amount_shipping: 0 as const, amount_tax: 0 as const };

/** What Stripe has and nothing here sets. */
const unusedFields = () => ({
  adaptive_pricing: null,
  after_expiration: null,
  allowed_payment_method_types: null,
  automatic_tax: { enabled: false, liability: null, provider: null, status: null },
  billing_address_collection: null,
  client_secret: null,
  collected_information: null,
  consent: null,
  consent_collection: null,
  currency_conversion: null,
  custom_fields: [],
  custom_text: {
    after_submit: null,
    shipping_address: null,
    submit: null,
    terms_of_service_acceptance: null,
  },
  customer_account: null,
  integration_identifier: null,
  invoice_creation: null,
  locale: null,
  managed_payments: null,
  origin_context: null,
  payment_intent: null,
  payment_link: null,
  payment_method_configuration_details: null,
  payment_method_options: {},
  payment_method_types: ['card'],
  permissions: null,
  phone_number_collection: { enabled: false },
  recovered_from: null,
  saved_payment_method_options: null,
  shipping_address_collection: null,
  shipping_cost: null,
  shipping_options: [],
  submit_type: null,
  wallet_options: null,
});
