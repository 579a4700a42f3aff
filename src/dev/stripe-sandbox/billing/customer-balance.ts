/**
 * A customer's balance: negative is credit that the next invoice uses, positive is debt that it
 * collects. Every movement leaves a transaction.
 */
import { change } from '../events';
import { newId } from '../identifiers';
import type { Customer, Invoice, StripeObject } from '../objects';
import { customerNow } from '../world';
import type { World } from '../world';

/** A card is charged no less: the customer's balance carries it to the next invoice. */
const MINIMUM_CHARGE = 50;

export type MovementType =
  'adjustment' | 'applied_to_invoice' | 'initial' | 'invoice_too_small' | 'unapplied_from_invoice';

interface Movement {
  amount: number;
  currency: string;
  type: MovementType;
  invoice?: string;
  description?: string | null;
  metadata?: Record<string, string>;
}

export function moveBalance(world: World, customer: Customer, movement: Movement): StripeObject {
  const { amount, currency } = movement;
  const transaction = noteMovement(world, customer, movement);
  const update = { balance: customer.balance + amount, currency };
  change(world, 'customer', customer, update, 'customer.updated');
  return transaction;
}

/** The balance that a new customer begins with: part of its creation, so not told apart. */
export function beginBalance(world: World, customer: Customer, amount: number): void {
  const currency = customer.currency ?? 'usd';
  noteMovement(world, customer, { amount, currency, type: 'initial' });
  Object.assign(customer, { balance: amount, currency });
}

function noteMovement(world: World, customer: Customer, movement: Movement): StripeObject {
  return world.store.put('customer_balance_transaction', {
    id: newId('cbtxn'),
    object: 'customer_balance_transaction',
    amount: movement.amount,
    checkout_session: null,
    created: customerNow(world, customer),
    credit_note: null,
    currency: movement.currency,
    customer: customer.id,
    customer_account: null,
    description: movement.description ?? null,
    ending_balance: customer.balance + movement.amount,
    invoice: movement.invoice ?? null,
    livemode: false,
    metadata: movement.metadata ?? {},
    type: movement.type,
  });
}

export const isTooSmall = (owedAmount: number): boolean => owedAmount < MINIMUM_CHARGE;

/** What is due of a finalized invoice once the balance is taken into account. */
export function applyBalance(world: World, invoice: Invoice, customer: Customer | undefined): void {
  invoice.starting_balance = customer?.balance ?? 0;
  const owedAmount = invoice.total + invoice.starting_balance;
  const isCharged = !isTooSmall(owedAmount);
  invoice.ending_balance = isCharged ? 0 : owedAmount;
  invoice.amount_due = isCharged ? owedAmount : 0;
  invoice.amount_remaining = invoice.amount_due;
  const amount = invoice.ending_balance - invoice.starting_balance;
  if (!customer || amount === 0) return;
  moveBalance(world, customer, {
    amount,
    currency: invoice.currency,
    type: owedAmount > 0 && !isCharged ? 'invoice_too_small' : 'applied_to_invoice',
    invoice: invoice.id,
  });
}

/** A voided invoice gives back what it took from the balance, and takes what it gave. */
export function unapplyBalance(world: World, invoice: Invoice): void {
  const customer = world.store.get('customer', invoice.customer);
  const amount = invoice.starting_balance - (invoice.ending_balance ?? invoice.starting_balance);
  if (!customer || customer.deleted || amount === 0) return;
  moveBalance(world, customer, {
    amount,
    currency: invoice.currency,
    type: 'unapplied_from_invoice',
    invoice: invoice.id,
  });
}
