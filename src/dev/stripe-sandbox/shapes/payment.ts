/** Payment intents, charges, invoice payments and payment methods, in full. */
import { newId, randomText } from '../identifiers';
import type { Invoice, PaymentMethod, StripeObject } from '../objects';
import type { Charge, PaymentIntent } from '../objects-money';
import { chargeShape, intentShape, NO_BILLING_DETAILS } from './money';

export function newPaymentIntent(invoice: Invoice, amount: number, now: number): PaymentIntent {
  return {
    ...intentShape(amount, invoice.currency, now),
    customer: invoice.customer,
    description: `Payment for invoice ${invoice.number ?? invoice.id}`,
    // The card of a first payment is to be used again when nobody is there.
    setup_future_usage: invoice.billing_reason === 'subscription_create' ? 'off_session' : null,
  };
}

export function newCharge(
  intent: PaymentIntent,
  method: PaymentMethod,
  failure: { code: string; message: string } | null,
  now: number,
): Charge {
  const isTaken = !failure && intent.capture_method !== 'manual';
  const { amount, currency, transfer_data: transferData } = intent;
  return {
    ...chargeShape({ id: newId('ch'), amount, currency, created: now }),
    amount_captured: isTaken ? amount : 0,
    application_fee_amount: intent.application_fee_amount,
    billing_details: method.billing_details,
    captured: isTaken,
    customer: intent.customer,
    description: intent.description,
    failure_code: failure?.code ?? null,
    failure_message: failure?.message ?? null,
    metadata: { ...intent.metadata },
    on_behalf_of: intent.on_behalf_of,
    outcome: {
      advice_code: null,
      network_advice_code: null,
      network_decline_code: null,
      network_status: failure ? 'declined_by_network' : 'approved_by_network',
      reason: failure?.code ?? null,
      seller_message: failure?.message ?? 'Payment complete.',
      type: failure ? 'issuer_declined' : 'authorized',
    },
    paid: !failure,
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details: { card: cardOf(method, amount), type: 'card' },
    receipt_email: intent.receipt_email,
    shipping: intent.shipping ?? null,
    statement_descriptor: intent.statement_descriptor,
    statement_descriptor_suffix: intent.statement_descriptor_suffix,
    status: failure ? 'failed' : 'succeeded',
    transfer_data: transferData && {
      amount: transferData.amount ?? null,
      destination: transferData.destination,
    },
    transfer_group:
      intent.transfer_group ?? (transferData && !failure ? `group_${intent.id}` : null),
  };
}

/** The card as a charge shows it: without what it could do, with what was done. */
function cardOf(method: PaymentMethod, amount: number): Record<string, unknown> {
  const card = { ...(method.card as Record<string, unknown>) };
  const { brand } = card;
  for (const field of ['display_brand', 'generated_from', 'networks', 'three_d_secure_usage'])
    delete card[field];
  return {
    ...card,
    amount_authorized: amount,
    authorization_code: null,
    extended_authorization: { status: 'disabled' },
    incremental_authorization: { status: 'unavailable' },
    installments: null,
    mandate: null,
    multicapture: { status: 'unavailable' },
    network: brand,
    network_token: { used: false },
    network_transaction_id: null,
    overcapture: { maximum_amount_capturable: amount, status: 'unavailable' },
    three_d_secure: null,
  };
}

export function newInvoicePayment(invoice: Invoice, intentId: string, now: number): StripeObject {
  return {
    id: newId('inpay'),
    object: 'invoice_payment',
    amount_paid: null,
    amount_requested: invoice.amount_due,
    created: now,
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: true,
    livemode: false,
    payment: { payment_intent: intentId, type: 'payment_intent' },
    status: 'open',
    status_transitions: { canceled_at: null, paid_at: null },
  };
}

export function newPaymentMethod(
  card: { brand: string; last4: string; country?: string; funding?: string },
  now: number,
  metadata: Record<string, string> = {},
): PaymentMethod {
  return {
    id: newId('pm'),
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: NO_BILLING_DETAILS,
    card: {
      brand: card.brand,
      checks: {
        address_line1_check: null,
        address_postal_code_check: null,
        cvc_check: 'pass',
      },
      country: card.country ?? 'US',
      display_brand: card.brand,
      exp_month: 12,
      exp_year: new Date(now * 1000).getUTCFullYear() + 4,
      fingerprint: randomText(16),
      funding: card.funding ?? 'credit',
      generated_from: null,
      last4: card.last4,
      networks: { available: [card.brand], preferred: null },
      regulated_status: 'unregulated',
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    created: now,
    customer: null,
    customer_account: null,
    livemode: false,
    metadata,
    type: 'card',
  };
}
