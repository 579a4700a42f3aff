/**
 * What a change of plan within a period settles. Stripe credits what was charged, paid or not: this
 * decides whether what it would credit was paid.
 */
import { DomainError } from '../errors';

/** A base price that an invoice charges for the current period, or for the rest of it. */
export interface BaseCharge {
  readonly planId: string;
  readonly invoiceId: string;
  /** Stripe's status of the invoice. */
  readonly invoiceStatus: string;
}

/** always_invoice: it is charged or credited at once. none: it is neither. */
export type Proration = 'always_invoice' | 'none';

export interface PlanSwap {
  readonly planId: string;
  /** The new plan costs as much or more: nothing is credited on balance. */
  readonly isDearer: boolean;
}

/**
 * `charges` come in the order in which they were made; the last is of the plan of now. A credit for
 * a charge that nobody paid would be a gift from the next invoices. If it was given up, it leaves
 * the customer with what was paid before; if it is undecided, it has to be decided first.
 */
export function prorationFor(
  { planId, isDearer }: PlanSwap,
  charges: readonly BaseCharge[],
): Proration {
  const last = charges.at(-1);
  if (isDearer || !last || last.invoiceStatus === 'paid') return 'always_invoice';
  const { invoiceId, invoiceStatus } = last;
  const isUndecided = invoiceStatus === 'open' || invoiceStatus === 'draft';
  const paid = charges.filter((charge) => charge.invoiceStatus === 'paid').at(-1);
  if (!isUndecided && (!paid || paid.planId === planId)) return 'none';
  throw new DomainError(
    'plan_change_not_possible',
    `Invoice ${invoiceId}, which charges ${last.planId} for this period, is ${invoiceStatus}: a change ` +
      `to ${planId} now would credit money that nobody has paid. ` +
      (isUndecided
        ? 'Let it be paid, or void it, first; or change at the end of the period.'
        : 'Change at the end of the period.'),
    { invoice: invoiceId },
  );
}

/** Codes of a change that was not paid, and therefore not made. */
export const UNPAID: readonly string[] = [
  'card_declined',
  'payment_requires_action',
  'customer_not_payable',
];
