/** What somebody does in Stripe's dashboard: it is found out, and no wrong invoice leaves. */
import fc from 'fast-check';
import type Stripe from 'stripe';
import type { Life } from '../life';
import type { Model } from '../model';
import { advance, observe, WhileAlive } from './command';

const drafts = async (life: Life): Promise<Stripe.Invoice[]> =>
  (await life.invoices()).filter(({ status }) => status === 'draft');

async function baseItem(life: Life): Promise<Stripe.SubscriptionItem | undefined> {
  const { items } = await life.stage.stripe.subscriptions.retrieve(life.subscriptionId);
  return items.data.find(({ price }) => price.recurring?.usage_type === 'licensed');
}

abstract class Edit extends WhileAlive {
  protected abstract edit(life: Life): Promise<unknown>;
  async run(model: Model, life: Life): Promise<void> {
    await life.catchUp();
    model.isEdited = true;
    await this.edit(life);
    await life.catchUp();
    await observe(model, life);
  }
}

class EditQuantity extends Edit {
  constructor(private readonly quantity: number) {
    super();
  }
  async edit(life: Life): Promise<void> {
    const base = await baseItem(life);
    const change = { quantity: this.quantity, proration_behavior: 'none' } as const;
    if (base) await life.stage.stripe.subscriptionItems.update(base.id, change);
  }
  toString = () => `editQuantity(${this.quantity})`;
}

class EditPrice extends Edit {
  constructor(private readonly cents: number) {
    super();
  }
  async edit(life: Life): Promise<void> {
    const { stripe } = life.stage;
    const base = await baseItem(life);
    if (!base) return;
    const made = await stripe.prices.create({
      ...{ product: String(base.price.product), currency: 'usd', unit_amount: this.cents },
      recurring: { interval: 'month' },
    });
    await stripe.subscriptionItems.update(base.id, { price: made.id, proration_behavior: 'none' });
  }
  toString = () => `editPrice(${this.cents} cents)`;
}

/** A line of nobody, on the draft of now or of the next renewal; of some its news are lost. */
class AddLine extends WhileAlive {
  constructor(
    private readonly cents: number,
    private readonly minutes: number,
    private readonly isHeard: boolean,
  ) {
    super();
  }
  async run(model: Model, life: Life): Promise<void> {
    const isToCome = (await drafts(life)).length === 0;
    if (isToCome) await advance(model, life, model.current.end + this.minutes * 60);
    await life.catchUp();
    for (const { id: invoice } of await drafts(life)) {
      const { id } = await life.stage.stripe.invoiceItems.create({
        ...{ customer: life.stripeCustomerId, invoice, currency: 'usd', amount: this.cents },
        description: 'Setup fee',
      });
      model.addedLines.push(id);
    }
    if (!this.isHeard) await life.hear();
    if (!this.isHeard) life.inbox = [];
    await life.catchUp();
    await observe(model, life);
  }
  toString = () =>
    `addLine(${this.cents} cents, ${this.minutes} minutes, ${this.isHeard ? 'heard' : 'unheard'})`;
}

/** All such lines are taken off again: what was held for them is let go. */
export class TakeOffLines extends WhileAlive {
  override check = (model: Readonly<Model>): boolean => model.addedLines.length > 0;
  async run(model: Model, life: Life): Promise<void> {
    for (const id of model.addedLines.splice(0)) await life.stage.stripe.invoiceItems.del(id);
    await life.catchUp();
    await observe(model, life);
  }
  toString = () => 'takeOffLines()';
}

/** Somebody keeps the draft; it leaves when an operator says so. */
class HoldByHand extends WhileAlive {
  async run(model: Model, life: Life): Promise<void> {
    for (const { id } of await drafts(life))
      await life.stage.stripe.invoices.update(id, { auto_advance: false });
    await life.catchUp();
    await observe(model, life);
  }
  toString = () => 'holdByHand()';
}

export const HOLDS = [fc.constant(new HoldByHand())];
export const EDITS = [
  fc.integer({ min: 2, max: 5 }).map((quantity) => new EditQuantity(quantity)),
  fc.constantFrom(0, 1_900, 2_899, 99_900).map((cents) => new EditPrice(cents)),
  fc
    .tuple(fc.constantFrom(-500, 1, 5_000), fc.integer({ min: 1, max: 49 }), fc.boolean())
    .map((all) => new AddLine(...all)),
  fc.constant(new TakeOffLines()),
];
