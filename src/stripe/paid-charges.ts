/** The charges that paid an invoice, and what has come back of a charge. */
import type Stripe from 'stripe';
import type { PaidCharge } from '../core/vendors/payout';
import { assertObject } from './client';
import { idOf } from './id-of';

const PAYMENTS_MAX = 100;
const DISPUTES_MAX = 100;
/** These disputes cost nothing: they were won, or an inquiry came to nothing. */
const HARMLESS: readonly Stripe.Dispute.Status[] = [
  'won',
  'warning_closed',
  'warning_needs_response',
  'warning_under_review',
  'prevented',
];

/** Oldest first. What was paid outside of Stripe has none. */
export async function chargesOfInvoice(stripe: Stripe, invoice: string): Promise<Stripe.Charge[]> {
  const payments = await stripe.invoicePayments
    .list({ invoice, status: 'paid', limit: PAYMENTS_MAX })
    .autoPagingToArray({ limit: PAYMENTS_MAX });
  const charges: Stripe.Charge[] = [];
  for (const { payment } of payments) {
    const chargeId = await chargeOf(stripe, payment);
    if (chargeId !== null) charges.push(await readCharge(stripe, chargeId));
  }
  return charges.sort((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1));
}

async function chargeOf(
  stripe: Stripe,
  payment: Stripe.InvoicePayment.Payment,
): Promise<string | null> {
  if (payment.charge) return idOf(payment.charge);
  if (!payment.payment_intent) return null;
  const { latest_charge: latestCharge } = await stripe.paymentIntents.retrieve(
    idOf(payment.payment_intent),
  );
  return latestCharge ? idOf(latestCharge) : null;
}

export async function readCharge(stripe: Stripe, chargeId: string): Promise<Stripe.Charge> {
  const charge = await stripe.charges.retrieve(chargeId);
  assertObject(charge, 'charge');
  return charge;
}

export const disputesOf = (stripe: Stripe, { id }: Stripe.Charge): Promise<Stripe.Dispute[]> =>
  stripe.disputes
    .list({ charge: id, limit: DISPUTES_MAX })
    .autoPagingToArray({ limit: DISPUTES_MAX });

export async function paidCharge(stripe: Stripe, charge: Stripe.Charge): Promise<PaidCharge> {
  const disputes = charge.disputed ? await disputesOf(stripe, charge) : [];
  return {
    chargeId: charge.id,
    amountCents: charge.amount,
    refundedCents: charge.amount_refunded,
    disputedCents: disputes
      .filter(({ status }) => !HARMLESS.includes(status))
      .reduce((sum, { amount }) => sum + amount, 0),
    paidAt: charge.created,
  };
}
