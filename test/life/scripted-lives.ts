/** What happens to real subscriptions, as a script that Stripe plays and we may hear of late. */
import { DAY, HOUR } from './calendar';
import type { Hearing, Life } from './life';

export interface ScriptedLife {
  readonly name: string;
  /** What is billed otherwise, and an operator is shown, when nobody hears until then. */
  readonly unheard?: string;
  readonly play: (life: Life, hearing: Hearing) => Promise<void>;
}

/** As a person would in Stripe's dashboard: the base price, and nothing else. */
export async function swapPlanAtStripe(life: Life, plan: string): Promise<void> {
  const { stripe } = life.stage;
  const { data } = await stripe.prices.list({ lookup_keys: [`tollkeeper_plan_${plan}`] });
  const subscription = await stripe.subscriptions.retrieve(life.subscriptionId);
  const base = subscription.items.data.find(({ price }) => !price.recurring?.meter);
  await stripe.subscriptions.update(life.subscriptionId, {
    items: [{ id: base?.id, price: data[0]?.id }],
    proration_behavior: 'always_invoice',
  });
}

async function lastCharge(life: Life): Promise<string> {
  const { data } = await life.stage.stripe.charges.list({ customer: life.stripeCustomerId });
  return String(data.find(({ paid }) => paid)?.id);
}

export const SCRIPTED_LIVES: readonly ScriptedLife[] = [
  {
    name: 'renewal and payment',
    play: async (life, hearing) => {
      await life.use(150_000);
      await life.renew(hearing);
    },
  },
  {
    name: 'failure, then recovery',
    play: async (life, hearing) => {
      await life.use(120_000);
      await life.changeCard('pm_card_chargeCustomerFail');
      await life.renew(hearing);
      await life.to(life.now + 2 * DAY, hearing);
      await life.payOpenInvoices();
    },
  },
  {
    name: 'upgrade, then renewal',
    unheard: 'overage that the new plan includes was reported and is on the invoice',
    play: async (life, hearing) => {
      await life.use(180_000);
      await life.to(life.now + 10 * DAY, hearing);
      await swapPlanAtStripe(life, 'pro');
      if (hearing === 'at once') await life.catchUp();
      await life.renew(hearing);
    },
  },
  {
    name: 'cancellation with an open invoice',
    play: async (life, hearing) => {
      await life.use(130_000);
      await life.changeCard('pm_card_chargeCustomerFail');
      await life.renew(hearing);
      await life.stage.stripe.subscriptions.cancel(life.subscriptionId, { invoice_now: true });
    },
  },
  {
    name: 'refund',
    play: async (life, hearing) => {
      await life.use(110_000);
      await life.renew(hearing);
      const charge = await lastCharge(life);
      await life.stage.stripe.refunds.create({ charge, amount: 500 });
    },
  },
  {
    name: 'dispute lost',
    play: async (life, hearing) => {
      await life.use(110_000);
      await life.renew(hearing);
      const charge = await lastCharge(life);
      const { id } = (await life.stage.order('disputes', { charge })) as { id: string };
      await life.stage.order('disputes/close', { dispute: id, outcome: 'lost' });
    },
  },
  {
    name: 'two periods unpaid',
    play: async (life, hearing) => {
      await life.stage.order('settings', { subscription: 'past_due' });
      await life.use(140_000);
      await life.changeCard('pm_card_chargeCustomerFail');
      await life.renew(hearing);
      // A draft that was let go is looked at again, whoever tells of it: then the case is open.
      await life.to(life.now + 4 * HOUR, hearing);
      await life.pauseDunning();
      await life.use(160_000);
      await life.renew(hearing);
    },
  },
];
