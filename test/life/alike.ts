/** States of two lives, comparable: Stripe's ids told by their order, and no moments of hearing. */
import type { BillingState } from '../../src/core/state/billing-state';
import type { Life } from './life';
import type { PeriodState } from '../../src/core/state/period-state';

export async function alike(life: Life): Promise<unknown> {
  const { stage, stripeCustomerId, subscriptionId, customer } = life;
  const invoices = (await life.invoices()).reverse();
  let text = JSON.stringify({ ...life.state(), stripeEvents: [] });
  for (const [at, { id }] of invoices.entries()) text = text.replaceAll(id, `invoice ${at}`);
  const { data } = await stage.stripe.charges.list({ customer: stripeCustomerId });
  for (const [at, { id }] of data.reverse().entries()) text = text.replaceAll(id, `charge ${at}`);
  const told = text
    .replaceAll(stripeCustomerId, 'the customer')
    .replaceAll(subscriptionId, 'the subscription')
    .replaceAll(customer, 'the person')
    .replaceAll(/\b(dp|du)_\w+/g, 'a dispute');
  const state = JSON.parse(told) as BillingState;
  // Kept in the order of Stripe's ids, which is chance.
  const dunning = [...state.dunning].sort((a, b) => (a.invoiceId < b.invoiceId ? -1 : 1));
  // How often it was recounted on the way is not where it ended.
  return comparable({ ...state, dunning, recounts: 0 });
}

/** Without what tells the moment of the hearing rather than what is. */
export function comparable(told: BillingState): unknown {
  const { exceptions, periods, archived, explainedUnbilled = [], ...state } = told;
  // When we heard that an invoice is final, and how far we had counted by then.
  const unheard = (all: readonly PeriodState[]) =>
    all.map(({ finalizedAt: _, countedUpTo: _counted, ...period }) => period);
  return {
    ...state,
    ...{ periods: unheard(periods), archived: unheard(archived) },
    explainedUnbilled: explainedUnbilled.map(({ id }) => id).sort(),
    exceptions: exceptions.map((one) => ({ ...one, since: 0 })),
  };
}
