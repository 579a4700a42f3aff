/** Balance transactions, and the balances that they add up to: an account has no other money. */
import Decimal from 'decimal.js';
import { newId } from '../identifiers';
import type { Held } from '../money-index';
import type { BalanceTransaction } from '../objects-money';
import { accountNow } from '../world';
import type { World } from '../world';

const DAY_S = 86_400;
const CARD_RATE = '0.029';
const CARD_FIXED = 30;

/** How Stripe's reports name each type; `adjustment` says what it is itself. */
const CATEGORIES: Record<string, string> = {
  application_fee: 'platform_earning',
  application_fee_refund: 'platform_earning_refund',
  payment: 'charge',
  payment_refund: 'refund',
  payout_cancel: 'payout_reversal',
  payout_failure: 'payout_reversal',
  transfer_refund: 'transfer_reversal',
};

export interface Fee {
  amount: number;
  type: 'application_fee' | 'stripe_fee';
  description: string;
}

export interface Entry {
  /** Undefined means the platform. */
  owner: string | undefined;
  type: string;
  amount: number;
  currency: string;
  source: string;
  description?: string | null;
  fee?: Fee;
  category?: string;
  /** Absent means at once. */
  availableOn?: number;
}

/** Enters a movement; money that comes early is still never available in the past. */
export function enter(world: World, entry: Entry): BalanceTransaction {
  const { owner, type, amount, currency, source, description = null, fee } = entry;
  const now = accountNow(world);
  return world.store.put('balance_transaction', {
    id: newId('txn'),
    object: 'balance_transaction',
    amount,
    available_on: Math.max(now, entry.availableOn ?? now),
    balance_type: 'payments',
    created: now,
    currency,
    description,
    exchange_rate: null,
    fee: fee?.amount ?? 0,
    fee_details: fee ? [{ application: null, currency, ...fee }] : [],
    net: amount - (fee?.amount ?? 0),
    reporting_category: entry.category ?? CATEGORIES[type] ?? type,
    source,
    type,
    ...(owner !== undefined && { owner }),
  });
}

/** Two days, as at Stripe in the US; real time, whatever a customer's test clock says. */
export function cardFundsOn(world: World): number {
  return accountNow(world) + world.settings.fundsDelayS;
}

export const FUNDS_DELAY_S = 2 * DAY_S;

/** Stripe's own fee on a card charge: 2.9% and 30 cents. */
export function processingFee(amount: number): Fee {
  const share = new Decimal(amount).mul(CARD_RATE).plus(CARD_FIXED);
  return {
    amount: share.toDecimalPlaces(0, Decimal.ROUND_HALF_UP).toNumber(),
    type: 'stripe_fee',
    description: 'Stripe processing fees',
  };
}

/** A part's share of an amount, to the nearest cent. */
export function portion(amount: number, part: number, total: number): number {
  const share = new Decimal(amount).mul(part).div(total);
  return share.toDecimalPlaces(0, Decimal.ROUND_HALF_UP).toNumber();
}

/** Sums it by currency; the account's own currency is there even with nothing in it. */
export function balancesOf(world: World, owner: string | undefined, currency = 'usd'): Held[] {
  const balances = world.store.moneyOf(owner, accountNow(world));
  const own = balances.find((one) => one.currency === currency);
  return [own ?? { currency, available: 0, pending: 0 }, ...balances.filter((one) => one !== own)];
}

export function availableTo(world: World, owner: string | undefined, currency: string): number {
  const balance = balancesOf(world, owner).find((one) => one.currency === currency);
  return balance?.available ?? 0;
}
