/** Moves vendors' shares: transfers and their reversals, each made once. */
import Stripe from 'stripe';
import { DomainError } from '../src/core/errors';
import { CHARGE_METADATA_KEY, MOVEMENT_METADATA_KEY, shareMovementKey } from '../src/core/ids';
import { findVendor } from '../src/db/vendors';
import { isFromCharge, transfersOf } from '../src/stripe/charge-transfers';
import { createOnce } from '../src/stripe/create-once';
import { classifyStripeError } from '../src/stripe/errors';
import { readCharge } from '../src/stripe/paid-charges';
import type { ActivityDeps } from './deps';
import type { PayoutRequest } from './payouts';
import { idOf } from '../src/stripe/id-of';

export interface ShareMovement extends PayoutRequest {
  readonly vendor: string;
  readonly chargeId: string;
  readonly cents: number;
  /** Counts the vendor's transfers and reversals for this charge. */
  readonly number: number;
  /** How often Stripe has refused it: a refusal is stored under its key for a day. */
  readonly refusals: number;
  /** Unix milliseconds. */
  readonly decidedAt: number;
}

export function createShareMovementActivities(deps: ActivityDeps) {
  return {
    transferShare: (move: ShareMovement): Promise<'made' | 'restricted'> =>
      transferShare(deps, move),
    reverseTransfer: (move: ShareMovement): Promise<'made' | 'insufficient'> =>
      reverseTransfer(deps, move),
  };
}

/** The answer `restricted` says that the account may not receive transfers at the moment. */
async function transferShare(
  deps: ActivityDeps,
  move: ShareMovement,
): Promise<'made' | 'restricted'> {
  const { stripe } = deps;
  const account = await stripeAccountOf(deps, move.vendor);
  const charge = await readCharge(stripe, move.chargeId);
  const earlierTransfers = await transfersOf(stripe, charge);
  const key = shareMovementKey({ ...move, kind: 'transfer' });
  if (earlierTransfers.some(({ metadata }) => metadata[MOVEMENT_METADATA_KEY] === key))
    return 'made';
  const passedOn = earlierTransfers
    .filter((transfer) => isFromCharge(transfer, charge))
    .reduce((sum, { amount }) => sum + amount, 0);
  // A charge funds no more than it brought; beyond that we send what came back to us before.
  const isWithin = passedOn + move.cents <= charge.amount;
  try {
    await createOnce({
      ...once(deps, key, move),
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
}

/** The answer `insufficient` says that the vendor's balance at Stripe does not cover it. */
async function reverseTransfer(
  deps: ActivityDeps,
  move: ShareMovement,
): Promise<'made' | 'insufficient'> {
  const { stripe } = deps;
  const account = await stripeAccountOf(deps, move.vendor);
  const charge = await readCharge(stripe, move.chargeId);
  const transfers = (await transfersOf(stripe, charge)).filter(
    ({ destination }) => destination !== null && idOf(destination) === account,
  );
  const transfer = transfers.findLast(
    ({ amount, amount_reversed: reversedAmount }) => amount > reversedAmount,
  );
  if (!transfer) throw new DomainError('invariant_broken', nothingToReverse(move));
  const key = shareMovementKey({ ...move, kind: 'reversal' });
  const cents = Math.min(move.cents, transfer.amount - transfer.amount_reversed);
  try {
    await createOnce({
      ...once(deps, key, move),
      find: async () => {
        const reversals = await stripe.transfers
          .listReversals(transfer.id, { limit: 100 })
          .autoPagingToArray({ limit: 1_000 });
        return findMovement(reversals, key);
      },
      create: (options) =>
        stripe.transfers.createReversal(
          transfer.id,
          { amount: cents, metadata: { [MOVEMENT_METADATA_KEY]: key } },
          options,
        ),
    });
  } catch (error) {
    if (classifyStripeError(error)?.type === 'stripe_balance_insufficient') return 'insufficient';
    throw error;
  }
  return 'made';
}

async function stripeAccountOf({ pool }: ActivityDeps, vendor: string): Promise<string> {
  const account = (await findVendor(pool, vendor))?.stripeAccountId ?? null;
  if (account !== null) return account;
  throw new DomainError(
    'vendor_not_payable',
    `Vendor ${vendor} has no account at Stripe: make one with PUT /v1/vendors/${vendor}.`,
  );
}

const once = ({ now }: ActivityDeps, idempotencyKey: string, { decidedAt }: ShareMovement) => ({
  ...{ idempotencyKey, firstTriedAt: new Date(decidedAt), now: new Date(now()) },
});

const findMovement = <T extends { metadata: Record<string, string> | null }>(
  movements: readonly T[],
  key: string,
): T | null => movements.find(({ metadata }) => metadata?.[MOVEMENT_METADATA_KEY] === key) ?? null;

const nothingToReverse = ({ vendor, chargeId, cents }: ShareMovement): string =>
  `${cents} cents of charge ${chargeId} are to come back from ${vendor}, and Stripe has no transfer ` +
  'to it that is not reversed already: expected what the books say was moved.';

/** Stripe's own answer counts, also where we were told of the account's state too late. */
const isRestricted = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeError &&
  error.code === 'insufficient_capabilities_for_transfer';
