/** Reads what came back of a charge: refunds and disputes, whichever event told of them. */
import type Stripe from 'stripe';
import { SALE_METADATA_KEY } from '../src/core/ids';
import { appendAuditEntry } from '../src/db/audit-entries';
import { readBooksOfCharge } from '../src/db/vendor-entries';
import { unlessGone } from '../src/stripe/errors';
import { disputesOf, readCharge } from '../src/stripe/paid-charges';
import type { ActivityDeps } from './deps';
import { idOf } from '../src/stripe/id-of';
import type { MoneyBack } from '../src/core/state/remembered';

export function createMoneyBackActivities({ pool, stripe }: ActivityDeps) {
  /** A sale that just happened is in no books yet. */
  const paysVendors = async ({ id, metadata }: Stripe.Charge): Promise<boolean> =>
    metadata[SALE_METADATA_KEY] !== undefined || (await readBooksOfCharge(pool, id)).length > 0;

  return {
    /**
     * `objectId` is a charge or one of its disputes. null says that Stripe has no such charge any
     * more.
     */
    readMoneyBack: async (request: {
      customer: string;
      objectId: string;
    }): Promise<MoneyBack | null> => {
      const { objectId } = request;
      const charge = await unlessGone(async () =>
        readCharge(stripe, await chargeIdOf(stripe, objectId)),
      );
      if (!charge) return null;
      const disputes = await disputesOf(stripe, charge);
      const moneyBack: MoneyBack = {
        chargeId: charge.id,
        invoiceId: await invoiceIdOf(stripe, charge),
        refundedCents: charge.amount_refunded,
        ...((await paysVendors(charge)) && { paysVendors: true }),
        disputes: disputes
          .map(({ id, status, amount }) => ({ id, status, amountCents: amount }))
          .sort((a, b) => (a.id < b.id ? -1 : 1)),
      };
      await appendAuditEntry(pool, {
        customer: request.customer,
        key: `money-back:${JSON.stringify([moneyBack.chargeId, moneyBack.refundedCents, moneyBack.disputes])}`,
        kind: 'money_back_noted',
        detail: { ...moneyBack },
      });
      return moneyBack;
    },
  };
}

async function chargeIdOf(stripe: Stripe, objectId: string): Promise<string> {
  if (!objectId.startsWith('dp_') && !objectId.startsWith('du_')) return objectId;
  return idOf((await stripe.disputes.retrieve(objectId)).charge);
}

/** Stripe leads from a charge to its invoice by the payment only. */
async function invoiceIdOf(stripe: Stripe, charge: Stripe.Charge): Promise<string | null> {
  if (charge.payment_intent === null) return null;
  const { data } = await stripe.invoicePayments.list({
    payment: { type: 'payment_intent', payment_intent: idOf(charge.payment_intent) },
    limit: 1,
  });
  const invoice = data[0]?.invoice;
  return invoice ? idOf(invoice) : null;
}
