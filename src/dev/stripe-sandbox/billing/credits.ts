/**
 * Billing credits: what is left of a grant, and how a finalized invoice uses grants up. They pay
 * for metered usage only, before anything is taken from the customer's balance.
 */
import { emit } from '../events';
import { newId } from '../identifiers';
import type { Invoice, LineItem, PretaxCredit } from '../objects';
import type { CreditGrant, CreditTransaction } from '../objects-credit';
import { clockNow } from '../world';
import type { World } from '../world';

export function transactionsOf(world: World, grant: CreditGrant): CreditTransaction[] {
  return world.store.where('billing.credit_balance_transaction', 'credit_grant', grant.id);
}

export function balanceOf(world: World, grant: CreditGrant): number {
  return transactionsOf(world, grant).reduce((sum, { credit, debit }) => {
    return sum + (credit?.amount.monetary.value ?? 0) - (debit?.amount.monetary.value ?? 0);
  }, 0);
}

/** Takes the invoice's eligible lines down by the customer's grants, in Stripe's order. */
export function applyCredits(world: World, invoice: Invoice): void {
  const amountsDue = new Map(invoice.lines.data.map((line) => [line, afterDiscounts(line)]));
  for (const grant of grantsFor(world, invoice)) {
    let remainder = balanceOf(world, grant);
    for (const [line, dueAmount] of amountsDue) {
      const value = Math.min(remainder, dueAmount);
      if (value <= 0 || !covers(world, grant, line)) continue;
      const application = { invoice: invoice.id, invoice_line_item: line.id };
      const { id } = debit(world, grant, 'credits_applied', value, application);
      noteCredit(invoice, line, id, value);
      amountsDue.set(line, dueAmount - value);
      remainder -= value;
    }
  }
}

const afterDiscounts = ({ amount, discount_amounts: discounts }: LineItem): number =>
  discounts.reduce((rest, discount) => rest - discount.amount, amount);

/** A voided invoice gives back what it used; to a grant that is over, only to expire at once. */
export function reinstateCredits(world: World, invoice: Invoice): void {
  const kind = 'billing.credit_balance_transaction';
  const debits = world.store.where(kind, 'applied', invoice.id);
  for (const { credit_grant: id, debit: debitPart } of debits) {
    const grant = world.store.get('billing.credit_grant', id);
    if (!grant || !debitPart) continue;
    const { value } = debitPart.amount.monetary;
    credit(world, grant, 'credits_application_invoice_voided', value, debitPart.credits_applied);
    const isOver = grant.expires_at !== null && grant.expires_at <= nowOf(world, grant);
    if (isOver) debit(world, grant, 'credits_expired', value);
  }
}

export function grantCredits(world: World, grant: CreditGrant): void {
  world.store.put('billing.credit_grant', grant);
  emit(world, 'billing.credit_grant.created', grant);
  credit(world, grant, 'credits_granted', grant.amount.monetary.value);
}

/** Ends what is left of a grant; nothing, if it was all used. */
export function endCredits(
  world: World,
  grant: CreditGrant,
  type: 'credits_expired' | 'credits_voided',
): void {
  const remainder = balanceOf(world, grant);
  if (remainder > 0) debit(world, grant, type, remainder);
}

/** Tells when the unused rest of a grant expires, or null. */
export function expiryOf(world: World, grant: CreditGrant): number | null {
  if (grant.expires_at === null || grant.voided_at !== null) return null;
  return balanceOf(world, grant) > 0 ? grant.expires_at : null;
}

export function nowOf(world: World, grant: CreditGrant): number {
  return clockNow(world, grant.test_clock);
}

/** The most urgent first: priority, expiry, promotional before paid, then by age. */
function grantsFor(world: World, invoice: Invoice): CreditGrant[] {
  const periodEnd = invoice.period_end;
  const rank = (grant: CreditGrant): number[] => [
    grant.priority,
    grant.expires_at ?? Infinity,
    grant.category === 'promotional' ? 0 : 1,
    grant.effective_at,
    grant.created,
  ];
  return world.store
    .where('billing.credit_grant', 'customer', invoice.customer)
    .filter(({ voided_at: voidedAt }) => !voidedAt)
    .filter(({ amount }) => amount.monetary.currency === invoice.currency)
    .filter(
      (grant) => grant.effective_at <= periodEnd && periodEnd < (grant.expires_at ?? Infinity),
    )
    .map((grant) => ({ grant, rank: rank(grant) }))
    .sort((a, b) => inOrder(a.rank, b.rank))
    .map(({ grant }) => grant);
}

function inOrder(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const otherValue = b[index] ?? 0;
    // Two that never expire are equal, though Infinity − Infinity is not zero.
    if (value !== otherValue) return value < otherValue ? -1 : 1;
  }
  return 0;
}

function covers(world: World, grant: CreditGrant, line: LineItem): boolean {
  const id = line.pricing?.price_details.price ?? '';
  if (!world.store.get('price', id)?.recurring?.meter) return false;
  const { prices } = grant.applicability_config.scope;
  return prices === undefined || prices.some((price) => price.id === id);
}

function noteCredit(invoice: Invoice, line: LineItem, transaction: string, amount: number): void {
  const noted = (): PretaxCredit => ({
    amount,
    credit_balance_transaction: transaction,
    type: 'credit_balance_transaction',
  });
  line.pretax_credit_amounts = [...line.pretax_credit_amounts, noted()];
  invoice.total_pretax_credit_amounts = [...invoice.total_pretax_credit_amounts, noted()];
  invoice.total -= amount;
  invoice.total_excluding_tax = invoice.total;
}

type Applied = NonNullable<CreditTransaction['debit']>['credits_applied'];

function credit(
  world: World,
  grant: CreditGrant,
  type: NonNullable<CreditTransaction['credit']>['type'],
  value: number,
  application: Applied = null,
): CreditTransaction {
  const amount = amountOf(grant, value);
  return book(world, grant, {
    type: 'credit',
    credit: { amount, credits_application_invoice_voided: application, type },
    debit: null,
  });
}

function debit(
  world: World,
  grant: CreditGrant,
  type: NonNullable<CreditTransaction['debit']>['type'],
  value: number,
  application: Applied = null,
): CreditTransaction {
  const amount = amountOf(grant, value);
  return book(world, grant, {
    type: 'debit',
    credit: null,
    debit: { amount, credits_applied: application, type },
  });
}

function book(
  world: World,
  grant: CreditGrant,
  entry: Pick<CreditTransaction, 'credit' | 'debit' | 'type'>,
): CreditTransaction {
  const now = nowOf(world, grant);
  const transaction: CreditTransaction = {
    id: newId('cbtxn'),
    object: 'billing.credit_balance_transaction',
    created: now,
    credit_grant: grant.id,
    effective_at: Math.max(now, grant.effective_at),
    livemode: false,
    test_clock: grant.test_clock,
    ...entry,
  };
  world.store.put('billing.credit_balance_transaction', transaction);
  emit(world, 'billing.credit_balance_transaction.created', transaction);
  return transaction;
}

function amountOf(grant: CreditGrant, value: number): CreditGrant['amount'] {
  return { type: 'monetary', monetary: { currency: grant.amount.monetary.currency, value } };
}
