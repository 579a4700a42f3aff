/** What Stripe has moved of a charge: transfers, their reversals, and application fees. */
import type Stripe from 'stripe';
import { CHARGE_METADATA_KEY } from '../core/ids';
import type { MadeTransfer, StripeMovement } from '../core/vendors/vendor-books';
import { idOf } from './id-of';

const MOST = 100;
const ALL = { limit: 1_000 };

/** The oldest come first. */
export async function transfersOf(
  stripe: Stripe,
  charge: Stripe.Charge,
): Promise<Stripe.Transfer[]> {
  // A charge without a group takes that of its first transfer: no group, no transfer.
  const transfersOfGroup =
    charge.transfer_group === null
      ? []
      : await stripe.transfers
          .list({ transfer_group: charge.transfer_group, limit: MOST })
          .autoPagingToArray(ALL);
  const transfers = transfersOfGroup.filter(
    (transfer) =>
      isFromCharge(transfer, charge) || transfer.metadata[CHARGE_METADATA_KEY] === charge.id,
  );
  const automaticId = charge.transfer ? idOf(charge.transfer) : null;
  if (automaticId !== null && !transfers.some(({ id }) => id === automaticId))
    transfers.push(await stripe.transfers.retrieve(automaticId));
  return transfers.sort((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1));
}

/** Stripe lets no more of these be made than the charge brought, whatever was reversed. */
export const isFromCharge = (
  { source_transaction: source }: Stripe.Transfer,
  { id }: Stripe.Charge,
): boolean => source !== null && idOf(source) === id;

export async function madeTransfer(
  stripe: Stripe,
  charge: Stripe.Charge,
  transfer: Stripe.Transfer,
  vendor: string,
): Promise<MadeTransfer> {
  const isAutomatic = charge.transfer !== undefined && idOf(charge.transfer) === transfer.id;
  const fee =
    isAutomatic && charge.application_fee
      ? await applicationFee(stripe, idOf(charge.application_fee))
      : undefined;
  return {
    id: transfer.id,
    vendor,
    chargeId: charge.id,
    amountCents: transfer.amount,
    reversals: await reversalsOf(stripe, transfer),
    ...(fee && { applicationFee: fee }),
  };
}

async function applicationFee(stripe: Stripe, id: string) {
  const fee = await stripe.applicationFees.retrieve(id);
  const refunds =
    fee.amount_refunded === 0
      ? []
      : await stripe.applicationFees.listRefunds(id, { limit: MOST }).autoPagingToArray(ALL);
  return { amountCents: fee.amount, refunds: refunds.map(movement) };
}

async function reversalsOf(stripe: Stripe, transfer: Stripe.Transfer): Promise<StripeMovement[]> {
  if (transfer.amount_reversed === 0) return [];
  const reversals = await stripe.transfers
    .listReversals(transfer.id, { limit: MOST })
    .autoPagingToArray(ALL);
  return reversals.map(movement);
}

const movement = ({ id, amount }: { id: string; amount: number }): StripeMovement => ({
  id,
  amountCents: amount,
});
