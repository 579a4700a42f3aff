/** Moving vendors' shares: transfers and their reversals, each made once. */
import Stripe from 'stripe';
import { DomainError } from '../src/core/errors';
import { CHARGE_METADATA_KEY, MOVEMENT_METADATA_KEY, shareMovementKey } from '../src/core/ids';
import { findVendor } from '../src/db/vendors';
import { isFromCharge, transfersOf } from '../src/stripe/charge-transfers';
import { createOnce } from '../src/stripe/create-once';
import { classifyStripeError } from '../src/stripe/errors';
import { idOf } from '../src/stripe/invoice-snapshot';
import { readCharge } from '../src/stripe/paid-charges';
import type { ActivityDeps } from './deps';
import type { PayoutRequest } from './payouts';

export interface ShareMovement extends PayoutRequest {
  readonly vendor: string;
  readonly chargeId: string;
  readonly cents: number;
  /** Of the vendor's transfers and reversals for this charge. */
  readonly number: number;
  /** How often Stripe has refused it: a refusal is stored under its key for a day. */
  readonly refusals: number;
  /** Unix milliseconds. */
  readonly decidedAt: number;
}

export function createShareMovementActivities({ pool, stripe, now }: ActivityDeps) {
  return {
    /** restricted: the account may not receive transfers at the moment. */
    transferShare: async (move: ShareMovement): Promise<'made' | 'restricted'> => {
      const account = await accountOf(move.vendor);
      const charge = await readCharge(stripe, move.chargeId);
      const before = await transfersOf(stripe, charge);
      const key = shareMovementKey({ ...move, kind: 'transfer' });
      if (before.some(({ metadata }) => metadata[MOVEMENT_METADATA_KEY] === key)) return 'made';
      const passedOn = before
        .filter((transfer) => isFromCharge(transfer, charge))
        .reduce((sum, { amount }) => sum + amount, 0);
      // Of a charge no more than it brought: what goes there and back again is ours by then.
      const isWithin = passedOn + move.cents <= charge.amount;
      try {
        await createOnce({
          ...once(key, move),
          find: async () => findMovement(await transfersOf(stripe, charge), key),
          create: (options) =>
            stripe.transfers.create(
              {
                amount: move.cents,
                currency: charge.currency,
                destination: account,
                ...(isWithin && { source_transaction: charge.id }),
                transfer_group: charge.transfer_group ?? move.source,
                metadata: { [MOVEMENT_METADATA_KEY]: key, [CHARGE_METADATA_KEY]: charge.id },
              },
              options,
            ),
        });
      } catch (error) {
        if (isRestricted(error)) return 'restricted';
        throw error;
      }
      return 'made';
    },

    /** insufficient: the vendor's balance at Stripe does not cover it. */
    reverseTransfer: async (move: ShareMovement): Promise<'made' | 'insufficient'> => {
      const account = await accountOf(move.vendor);
      const charge = await readCharge(stripe, move.chargeId);
      const transfers = (await transfersOf(stripe, charge)).filter(
        ({ destination }) => destination !== null && idOf(destination) === account,
      );
      const transfer = transfers.findLast(({ amount, amount_reversed: back }) => amount > back);
      if (!transfer) throw new DomainError('invariant_broken', nothingToReverse(move));
      const key = shareMovementKey({ ...move, kind: 'reversal' });
      const cents = Math.min(move.cents, transfer.amount - transfer.amount_reversed);
      try {
        await createOnce({
          ...once(key, move),
          find: async () => {
            const made = await stripe.transfers
              .listReversals(transfer.id, { limit: 100 })
              .autoPagingToArray({ limit: 1_000 });
            return findMovement(made, key);
          },
          create: (options) =>
            stripe.transfers.createReversal(
              transfer.id,
              { amount: cents, metadata: { [MOVEMENT_METADATA_KEY]: key } },
              options,
            ),
        });
      } catch (error) {
        if (classifyStripeError(error)?.type === 'stripe_balance_insufficient')
          return 'insufficient';
        throw error;
      }
      return 'made';
    },
  };

  async function accountOf(vendor: string): Promise<string> {
    const account = (await findVendor(pool, vendor))?.stripeAccountId ?? null;
    if (account !== null) return account;
    throw new DomainError(
      'vendor_not_payable',
      `Vendor ${vendor} has no account at Stripe: make one with PUT /v1/vendors/${vendor}.`,
    );
  }

  function once(idempotencyKey: string, { decidedAt }: ShareMovement) {
    return { idempotencyKey, firstTriedAt: new Date(decidedAt), now: new Date(now()) };
  }
}

const findMovement = <T extends { metadata: Record<string, string> | null }>(
  made: readonly T[],
  key: string,
): T | null => made.find(({ metadata }) => metadata?.[MOVEMENT_METADATA_KEY] === key) ?? null;

const nothingToReverse = ({ vendor, chargeId, cents }: ShareMovement): string =>
  `${cents} cents of charge ${chargeId} are to come back from ${vendor}, and Stripe has no transfer ` +
  'to it that is not reversed already: expected what the books say was moved.';

/** Stripe's own answer, also where we were told of the account's state too late. */
const isRestricted = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeError &&
  error.code === 'insufficient_capabilities_for_transfer';
