/** Objects of money as Stripe shows them: with their refunds, reversals, movements inside. */
import type { StripeObject } from './objects';
import type { Account } from './objects-connect';
import type { BalanceTransaction, Dispute } from './objects-money';
import type { Kind } from './store';
import { accountNow } from './world';
import type { World } from './world';
import { listOf, without } from './presentation-parts';
import type { Shown } from './presentation-parts';

export function presentMoney(world: World, object: StripeObject): Shown | null {
  const { id } = object;
  switch (object.object) {
    case 'balance_transaction':
      return { ...without(object, []), status: statusOf(world, object as BalanceTransaction) };
    case 'transfer': {
      const reversals = inside(world, 'transfer_reversal', 'transfer', id);
      const list = listOf(`/v1/transfers/${id}/reversals`, reversals);
      return { ...without(object, ['isOfCharge']), reversals: list };
    }
    case 'application_fee': {
      const refunds = inside(world, 'fee_refund', 'fee', id);
      const list = listOf(`/v1/application_fees/${id}/refunds`, refunds);
      return { ...without(object, []), refunds: list };
    }
    case 'dispute':
      return { ...without(object, []), balance_transactions: entriesOf(world, object as Dispute) };
    case 'application':
      return without(object, ['created']);
    case 'bank_account':
      return without(object, ['created', 'failsWith']);
    case 'payment_method':
      return without(object, ['isSetUp']);
    case 'account':
      return presentAccount(world, object as Account);
    default:
      return null;
  }
}

function statusOf(world: World, entry: BalanceTransaction): string {
  return entry.available_on <= accountNow(world) ? 'available' : 'pending';
}

/** Newest first, as lists are. */
function inside(world: World, kind: Kind, field: string, id: string): Shown[] {
  const objects: readonly StripeObject[] = world.store.where(kind, field, id);
  return [...objects].reverse().map((one) => shownInside(world, one));
}

/** What is inside of money is money. */
const shownInside = (world: World, object: StripeObject): Shown =>
  presentMoney(world, object) ?? without(object, []);

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
