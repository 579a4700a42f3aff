/** A customer as Stripe has them, and what people do there by hand. */
import type Stripe from 'stripe';
import type { Stage } from './stage';

export class AtStripe {
  constructor(
    readonly stage: Stage,
    public subscriptionId: string,
    readonly stripeCustomerId: string,
    /** Their test clock. */
    readonly clock: string,
  ) {}

  async period(): Promise<{ start: number; end: number }> {
    const { items } = await this.stage.stripe.subscriptions.retrieve(this.subscriptionId);
    const [item] = items.data;
    return {
      start: Number(item?.current_period_start),
      end: Number(item?.current_period_end),
    };
  }

  async changeCard(card: string): Promise<void> {
    const { stripe } = this.stage;
    const { id } = await stripe.paymentMethods.attach(card, { customer: this.stripeCustomerId });
    await stripe.customers.update(this.stripeCustomerId, {
      invoice_settings: { default_payment_method: id },
    });
  }

  /** With a card that works. */
  async payOpenInvoices(): Promise<void> {
    await this.changeCard('pm_card_visa');
    for (const invoice of await this.invoices())
      if (invoice.status === 'open') await this.stage.stripe.invoices.pay(invoice.id);
  }

  invoices(): Promise<Stripe.Invoice[]> {
    return this.stage.stripe.invoices
      .list({ customer: this.stripeCustomerId, limit: 100 })
      .autoPagingToArray({ limit: 1_000 });
  }
}

/** What an invoice charges or credits: text and cents of each line that is not zero. */
export const linesOf = ({ lines: { data } }: Stripe.Invoice): [string | null, number][] =>
  data.filter(({ amount }) => amount !== 0).map(({ description, amount }) => [description, amount]);
