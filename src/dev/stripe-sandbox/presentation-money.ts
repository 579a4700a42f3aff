/** Objects of money as Stripe shows them: with their refunds, reversals, movements inside. */
import type { StripeObject } from './objects';
import type { Account } from './objects-connect';
import type { BalanceTransaction, Dispute } from './objects-money';
import type { Kind } from './store';
import { accountNow } from './world';
import type { World } from './world';
import { listOf, without } from './presentation-parts';
import type { Shown } from './presentation-parts';

export function presentMoney(world: World, stored: StripeObject): Shown | null {
  const { id } = stored;
  switch (stored.object) {
    case 'balance_transaction':
      return { ...without(stored, []), status: statusOf(world, stored as BalanceTransaction) };
    case 'transfer': {
      const reversals = inside(world, 'transfer_reversal', 'transfer', id);
      const shown = listOf(`/v1/transfers/${id}/reversals`, reversals);
      return { ...without(stored, ['isOfCharge']), reversals: shown };
    }
    case 'application_fee': {
      const refunds = inside(world, 'fee_refund', 'fee', id);
      const shown = listOf(`/v1/application_fees/${id}/refunds`, refunds);
      return { ...without(stored, []), refunds: shown };
    }
    case 'dispute':
      return { ...without(stored, []), balance_transactions: entriesOf(world, stored as Dispute) };
    case 'application':
      return without(stored, ['created']);
    case 'bank_account':
      return without(stored, ['created', 'failsWith']);
    case 'payment_method':
      return without(stored, ['isSetUp']);
    case 'account':
      return presentAccount(world, stored as Account);
    default:
      return null;
  }
}

function statusOf(world: World, entry: BalanceTransaction): string {
  return entry.available_on <= accountNow(world) ? 'available' : 'pending';
}

/** Newest first, as lists are. */
function inside(world: World, kind: Kind, field: string, id: string): Shown[] {
  const all: readonly StripeObject[] = world.store.all(kind);
  return all
    .filter((one) => one[field] === id)
    .reverse()
    .map((one) => shownInside(world, one));
}

/** What is inside of money is money. */
const shownInside = (world: World, stored: StripeObject): Shown =>
  presentMoney(world, stored) ?? without(stored, []);

function entriesOf(world: World, dispute: Dispute): Shown[] {
  return dispute.balance_transactions.flatMap((id) => {
    const entry = world.store.get('balance_transaction', id);
    return entry ? [shownInside(world, entry)] : [];
  });
}

function presentAccount(world: World, account: Account): Shown {
  const banks = inside(world, 'bank_account', 'account', account.id);
  return {
    ...without(account, ['given', 'requestedAt', 'ordered']),
    external_accounts: {
      ...listOf(`/v1/accounts/${account.id}/external_accounts`, banks),
    },
  };
}
