/** Money that leaves for a bank account, arrives, or comes back. */
import { change, emit } from '../events';
import { newId } from '../identifiers';
import type { BankAccount, Payout } from '../objects-money';
import { invalid } from '../protocol/fault';
import { newBankAccount } from '../shapes/account';
import { accountNow } from '../world';
import type { World } from '../world';
import { balancesOf, enter } from './ledger';

const DAY_S = 86_400;
const INSTANT_S = 30 * 60;

const FAILURES: Record<string, string> = {
  account_closed: 'The bank account has been closed.',
  account_frozen: 'The bank account has been frozen.',
  could_not_process: 'The bank could not process this payout.',
  debit_not_authorized: 'Debit transactions are not approved on the bank account.',
  insufficient_funds: 'The Stripe account has insufficient funds to cover the payout.',
  invalid_currency: 'The bank was unable to process this payout because of its currency.',
  no_account: 'The bank account details on file are probably incorrect.',
};
export const FAILURE_CODES = Object.keys(FAILURES);

/** Test bank accounts whose payouts fail: docs.stripe.com/connect/testing. */
export const FAILING_NUMBERS: Record<string, string> = {
  '000111111113': 'account_closed',
  '000111111116': 'no_account',
  '000222222227': 'insufficient_funds',
  '000333333335': 'debit_not_authorized',
  '000444444440': 'invalid_currency',
};

export interface PayoutOrder {
  amount: number;
  currency: string;
  destination?: string;
  description?: string | null;
  method: 'instant' | 'standard';
  metadata: Record<string, string>;
  statementDescriptor?: string | null;
}

export function payOut(world: World, owner: string | undefined, order: PayoutOrder): Payout {
  const { amount, currency } = order;
  assertMayPayOut(world, owner, amount, currency);
  const bank = bankOf(world, owner, order);
  const now = accountNow(world);
  const payout: Payout = {
    id: newId('po'),
    object: 'payout',
    amount,
    application_fee: null,
    application_fee_amount: null,
    arrival_date: now + (order.method === 'instant' ? INSTANT_S : DAY_S),
    automatic: false,
    balance_transaction: null,
    created: now,
    currency,
    description: order.description ?? null,
    destination: bank.id,
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    livemode: false,
    metadata: order.metadata,
    method: order.method,
    original_payout: null,
    payout_method: null,
    reconciliation_status: 'not_applicable',
    reversed_by: null,
    source_type: 'card',
    statement_descriptor: order.statementDescriptor ?? null,
    status: 'pending',
    trace_id: null,
    type: 'bank_account',
    ...(owner !== undefined && { owner }),
  };
  payout.balance_transaction = book(world, payout, 'payout', -amount);
  world.store.put('payout', payout);
  emit(world, 'payout.created', payout);
  return payout;
}

function book(world: World, payout: Payout, type: string, amount: number): string {
  const { owner, currency, id: source } = payout;
  const description = type === 'payout' ? 'STRIPE PAYOUT' : `${type.replace('_', ' ')}: ${source}`;
  return enter(world, { owner, type, amount, currency, source, description }).id;
}

function assertMayPayOut(
  world: World,
  owner: string | undefined,
  amount: number,
  currency: string,
): void {
  const account = owner === undefined ? undefined : world.store.get('account', owner);
  if (account && !account.payouts_enabled) {
    throw invalid(
      `Cannot create payouts: payouts are disabled for ${account.id} ` +
        `(${account.requirements.disabled_reason ?? 'see its requirements'}).`,
      { code: 'payouts_not_allowed' },
    );
  }
  const balance = balancesOf(world, owner).find((one) => one.currency === currency);
  const { available = 0, pending = 0 } = balance ?? {};
  if (available < 0 || available + pending < 0) {
    throw invalid(
      `Payouts wait until the balance is above nothing: ${available} ${currency} is available, ` +
        `${pending} is pending.`,
      { code: 'balance_insufficient' },
    );
  }
  if (amount <= available) return;
  throw invalid(
    `You have insufficient funds in your Stripe account for this transfer: ${available} ` +
      `${currency} is available, ${amount} was asked for. pm_card_bypassPending adds to the ` +
      'available balance.',
    { code: 'balance_insufficient' },
  );
}

function bankOf(world: World, owner: string | undefined, order: PayoutOrder): BankAccount {
  const banks = world.store.where('bank_account', 'owner', owner ?? '');
  const { destination, currency } = order;
  if (destination !== undefined) {
    const destinationBank = banks.find((one) => one.id === destination);
    if (destinationBank) return destinationBank;
    throw invalid(`No such external account: '${destination}'`, {
      code: 'resource_missing',
      param: 'destination',
    });
  }
  const banksOfCurrency = banks.filter((one) => one.currency === currency);
  const usualBank = banksOfCurrency.find((one) => one.default_for_currency) ?? banksOfCurrency[0];
  if (usualBank) return usualBank;
  if (owner === undefined) {
    // The platform's own bank account is settled in the Dashboard, never by the API.
    const ownBank = newBankAccount({ currency, country: 'US', last4: '6789', owner: undefined });
    return world.store.put('bank_account', ownBank);
  }
  throw invalid(`Sorry, you don't have any external accounts in that currency (${currency}).`, {
    param: 'currency',
  });
}

/** What becomes of it on its day, unless an operator decided before. */
export function arrive(world: World, payout: Payout): void {
  const bank = world.store.get('bank_account', payout.destination);
  if (bank?.failsWith) failPayout(world, payout, bank.failsWith);
  else change(world, 'payout', payout, { status: 'paid' }, 'payout.paid');
}

export function isUnderway({ status }: Payout): boolean {
  return status === 'pending' || status === 'in_transit';
}

export function failPayout(world: World, payout: Payout, code: string): void {
  payout.failure_balance_transaction = book(world, payout, 'payout_failure', payout.amount);
  const message = FAILURES[code] ?? FAILURES.could_not_process ?? code;
  const update = { status: 'failed', failure_code: code, failure_message: message } as const;
  change(world, 'payout', payout, update, 'payout.failed');
}

export function cancelPayout(world: World, payout: Payout): void {
  if (payout.status !== 'pending') {
    throw invalid(`Payouts can only be canceled while they are pending: this is ${payout.status}.`);
  }
  book(world, payout, 'payout_cancel', payout.amount);
  change(world, 'payout', payout, { status: 'canceled' }, 'payout.canceled');
}
