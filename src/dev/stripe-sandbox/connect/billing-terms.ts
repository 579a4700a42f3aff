/** What of a subscription's or invoice's money goes to a connected account, and what comes back. */
import Decimal from 'decimal.js';
import type { Invoice, Subscription } from '../objects';
import type { PaymentIntent } from '../objects-money';
import { invalid } from '../protocol/fault';
import { named } from '../protocol/lookup';
import * as p from '../protocol/params';
import type { Check } from '../protocol/params';
import type { World } from '../world';
import { assertMayReceive } from './transfers';

const percent: Check<number> = (value, path) => {
  const isPercent = typeof value === 'string' && /^\d{1,3}(\.\d{1,2})?$/.test(value);
  if (isPercent && Number(value) <= 100) return Number(value);
  const excerpt = typeof value === 'string' ? `'${value}'` : 'an object';
  throw invalid(`Invalid ${path}: expected 0 to 100 with at most 2 decimals, got ${excerpt}.`, {
    param: path,
  });
};

export const SUBSCRIPTION_TERMS = {
  application_fee_percent: p.unsettable(percent),
  on_behalf_of: p.unsettable(p.filled),
  transfer_data: p.unsettable(
    p.object({ amount_percent: percent, destination: p.filled }, ['destination']),
  ),
};
export const INVOICE_TERMS = {
  application_fee_amount: p.unsettable(p.positive),
  on_behalf_of: p.unsettable(p.filled),
  transfer_data: p.unsettable(
    p.object({ amount: p.positive, destination: p.filled }, ['destination']),
  ),
};

/** An invoice's own terms; Stripe takes them and does not show them. */
export interface OwnTerms {
  application_fee_amount: number | null;
  transfer_data: { destination: string; amount?: number } | null;
}

interface SubscriptionShare {
  destination: string;
  amount_percent: number | null;
}

export function setSubscriptionTerms(
  world: World,
  subscription: Subscription,
  params: p.Parsed<typeof SUBSCRIPTION_TERMS>,
): void {
  const { application_fee_percent: fee, transfer_data: transfer } = params;
  assertAccounts(world, params);
  const data =
    transfer === undefined
      ? (subscription.transfer_data as SubscriptionShare | null)
      : transfer && {
          amount_percent: transfer.amount_percent ?? null,
          destination: String(transfer.destination),
        };
  const feePercent = fee === undefined ? subscription.application_fee_percent : fee;
  const isFree = feePercent === null || feePercent === undefined;
  if (!isFree && !data) throw needsDestination('application_fee_percent');
  if (!isFree && typeof data?.amount_percent === 'number')
    throw notBoth('transfer_data[amount_percent]');
  if (params.on_behalf_of !== undefined) subscription.on_behalf_of = params.on_behalf_of;
  subscription.application_fee_percent = feePercent ?? null;
  subscription.transfer_data = data;
}

export function setInvoiceTerms(
  world: World,
  invoice: Invoice,
  params: p.Parsed<typeof INVOICE_TERMS>,
): void {
  const { application_fee_amount: fee, transfer_data: transfer, on_behalf_of: behalf } = params;
  if (fee === undefined && transfer === undefined && behalf === undefined) return;
  if (invoice.status !== 'draft') {
    throw invalid(`Invoice ${invoice.id} is ${invoice.status}: its shares are fixed.`, {
      code: 'invoice_not_editable',
    });
  }
  assertAccounts(world, params);
  const terms = invoice.ownTerms as OwnTerms | undefined;
  const data =
    transfer === undefined
      ? (terms?.transfer_data ?? null)
      : transfer && {
          destination: String(transfer.destination),
          ...(transfer.amount !== undefined && { amount: transfer.amount }),
        };
  const amount = fee === undefined ? (terms?.application_fee_amount ?? null) : fee;
  const hasDestination = data !== null || subscriptionShare(world, invoice) !== null;
  if (amount !== null && !hasDestination) throw needsDestination('application_fee_amount');
  if (amount !== null && data?.amount !== undefined) throw notBoth('transfer_data[amount]');
  if (behalf !== undefined) invoice.on_behalf_of = behalf;
  invoice.ownTerms = { application_fee_amount: amount, transfer_data: data } satisfies OwnTerms;
}

/** They hold for the payment of this much of the invoice. */
export function paymentTerms(world: World, invoice: Invoice, amount: number): TermsOfPayment {
  const ownTerms = invoice.ownTerms as OwnTerms | undefined;
  const subscription = subscriptionOf(world, invoice);
  const share = subscriptionShare(world, invoice);
  const destination = ownTerms?.transfer_data?.destination ?? share?.destination;
  if (destination === undefined) return {};
  const percentOf = (part: number): number =>
    new Decimal(invoice.total)
      .mul(part)
      .div(100)
      .toDecimalPlaces(0, Decimal.ROUND_HALF_UP)
      .toNumber();
  const cap = (value: number): number => Math.max(0, Math.min(value, amount));
  const feePercent = subscription?.application_fee_percent;
  const fee =
    ownTerms?.application_fee_amount ??
    (typeof feePercent === 'number' ? percentOf(feePercent) : null);
  const part =
    ownTerms?.transfer_data?.amount ??
    (typeof share?.amount_percent !== 'number' ? null : percentOf(share.amount_percent));
  const isByAmount = part !== null && typeof ownTerms?.application_fee_amount !== 'number';
  return {
    application_fee_amount: fee === null || isByAmount ? null : cap(fee),
    on_behalf_of: (invoice.on_behalf_of as string | null) ?? null,
    transfer_data: { destination, ...(isByAmount && { amount: cap(part) }) },
  };
}

type TermsOfPayment = Partial<
  Pick<PaymentIntent, 'application_fee_amount' | 'on_behalf_of' | 'transfer_data'>
>;

function subscriptionOf(world: World, invoice: Invoice): Subscription | undefined {
  return world.store.get('subscription', invoice.parent?.subscription_details?.subscription ?? '');
}

function subscriptionShare(world: World, invoice: Invoice): SubscriptionShare | null {
  return (subscriptionOf(world, invoice)?.transfer_data as SubscriptionShare | null) ?? null;
}

function assertAccounts(
  world: World,
  params: { on_behalf_of?: string | null; transfer_data?: { destination?: string } | null },
): void {
  if (params.on_behalf_of) named(world, 'account', params.on_behalf_of, 'on_behalf_of');
  const destination = params.transfer_data?.destination;
  if (destination !== undefined) assertMayReceive(world, destination, 'transfer_data[destination]');
}

function needsDestination(param: string): Error {
  return invalid(`${param} needs transfer_data[destination]: the account that the fee is of.`, {
    param,
  });
}

function notBoth(param: string): Error {
  return invalid(`Pass an application fee or ${param}, not both.`, {
    code: 'parameters_exclusive',
    param,
  });
}
