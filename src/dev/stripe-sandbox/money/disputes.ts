/** Disputes: the money goes at once, and comes back if the dispute is won. */
import { change, emit } from '../events';
import { newId } from '../identifiers';
import type { Charge, Dispute } from '../objects-money';
import { invalid } from '../protocol/fault';
import { accountNow } from '../world';
import type { World } from '../world';
import { enter } from './ledger';

const DISPUTE_FEE = 1500;
const DAYS_TO_ANSWER_S = 9 * 86_400;
const EVIDENCE = [
  'access_activity_log',
  'billing_address',
  'cancellation_policy',
  'cancellation_policy_disclosure',
  'cancellation_rebuttal',
  'customer_communication',
  'customer_email_address',
  'customer_name',
  'customer_purchase_ip',
  'customer_signature',
  'duplicate_charge_documentation',
  'duplicate_charge_explanation',
  'duplicate_charge_id',
  'product_description',
  'receipt',
  'refund_policy',
  'refund_policy_disclosure',
  'refund_refusal_explanation',
  'service_date',
  'service_documentation',
  'shipping_address',
  'shipping_carrier',
  'shipping_date',
  'shipping_documentation',
  'shipping_tracking_number',
  'uncategorized_file',
  'uncategorized_text',
] as const;
export const EVIDENCE_FIELDS: readonly string[] = EVIDENCE;

export function disputeOf(world: World, charge: string): Dispute | undefined {
  return world.store.where('dispute', 'charge', charge)[0];
}

/** An `inquiry` asks first: it withdraws nothing. */
export function openDispute(world: World, charge: Charge, reason: string): Dispute {
  const isInquiry = reason === 'inquiry';
  const now = accountNow(world);
  const card = (charge.payment_method_details as { card?: { brand?: string } } | null)?.card;
  const brand = card?.brand ?? 'visa';
  const dispute: Dispute = {
    id: newId('du'),
    object: 'dispute',
    amount: charge.amount_captured - charge.amount_refunded,
    balance_transactions: [],
    charge: charge.id,
    created: now,
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: {
      ...Object.fromEntries(EVIDENCE.map((name) => [name, null])),
      enhanced_evidence: {},
    },
    evidence_details: {
      due_by: now + DAYS_TO_ANSWER_S,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
    },
    is_charge_refundable: isInquiry,
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent,
    payment_method_details: {
      card: {
        brand,
        case_type: isInquiry ? 'inquiry' : 'chargeback',
        network: brand,
        network_reason_code: reason === 'product_not_received' ? '13.1' : '10.4',
      },
      type: 'card',
    },
    reason: isInquiry ? 'fraudulent' : reason,
    status: isInquiry ? 'warning_needs_response' : 'needs_response',
  };
  world.store.put('dispute', dispute);
  change(world, 'charge', charge, { disputed: true }, 'charge.updated');
  if (!isInquiry) book(world, dispute, -dispute.amount);
  emit(world, 'charge.dispute.created', dispute);
  if (!isInquiry) emit(world, 'charge.dispute.funds_withdrawn', dispute);
  return dispute;
}

/** The fee for being disputed stays with Stripe, whatever the outcome. */
function book(world: World, dispute: Dispute, amount: number): void {
  const isWithdrawal = amount < 0;
  const entry = enter(world, {
    owner: dispute.owner,
    type: 'adjustment',
    amount,
    currency: dispute.currency,
    source: dispute.id,
    category: isWithdrawal ? 'dispute' : 'dispute_reversal',
    description: `Chargeback ${isWithdrawal ? 'withdrawal' : 'reversal'} for ${dispute.charge}`,
    ...(isWithdrawal && {
      fee: { amount: DISPUTE_FEE, type: 'stripe_fee', description: 'Dispute fee' },
    }),
  });
  dispute.balance_transactions = [...dispute.balance_transactions, entry.id];
  world.store.put('dispute', dispute);
}

export function isOpen({ status }: Dispute): boolean {
  return [
    'needs_response',
    'under_review',
    'warning_needs_response',
    'warning_under_review',
  ].includes(status);
}

export function closeDispute(world: World, dispute: Dispute, outcome: 'lost' | 'won'): void {
  if (!isOpen(dispute))
    throw invalid(`Dispute ${dispute.id} is closed already: it is ${dispute.status}.`);
  const isInquiry = dispute.status.startsWith('warning_');
  const status = isInquiry ? 'warning_closed' : outcome;
  const isBack = !isInquiry && outcome === 'won';
  if (isBack) book(world, dispute, dispute.amount);
  dispute.status = status;
  if (isBack || isInquiry) dispute.is_charge_refundable = true;
  world.store.put('dispute', dispute);
  emit(world, 'charge.dispute.closed', dispute);
  if (isBack) emit(world, 'charge.dispute.funds_reinstated', dispute);
}

/** What is submitted goes to the bank; Stripe's two test texts make it decide at once. */
export function submitEvidence(world: World, dispute: Dispute): void {
  const details = { ...dispute.evidence_details };
  details.submission_count += 1;
  const isInquiry = dispute.status.startsWith('warning_');
  const status = isInquiry ? 'warning_under_review' : 'under_review';
  const update = { status, evidence_details: details } as const;
  change(world, 'dispute', dispute, update, 'charge.dispute.updated');
  const { uncategorized_text: words } = dispute.evidence;
  if (words === 'winning_evidence') closeDispute(world, dispute, 'won');
  else if (words === 'losing_evidence') closeDispute(world, dispute, 'lost');
}
