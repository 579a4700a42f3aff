/** What a customer asks for: another plan, an end of the trial, a pause. */
import fc from 'fast-check';
import { DAY, HOUR } from '../calendar';
import type { Life } from '../life';
import type { Model } from '../model';
import { succeeds } from '../operator';
import { termsIn } from '../oracle';
import { swapPlanAtStripe } from '../scripted-lives';
import { advance, observe, WhileAlive } from './command';

export const PLANS = ['pay_as_you_go', 'starter', 'pro'] as const;

/** By Stripe's clock, which prorates to its second. */
export async function stripeNow(life: Life): Promise<number> {
  const { frozen_time: now } = await life.stage.stripe.testHelpers.testClocks.retrieve(life.clock);
  return now;
}

class ChangePlan extends WhileAlive {
  constructor(
    private readonly plan: string,
    private readonly when: 'now' | 'period_end',
  ) {
    super();
  }
  override check = (model: Readonly<Model>): boolean => {
    const before = this.when === 'now' ? model.terms : model.coming;
    return !model.isEnded && !model.isPaused && before.plan !== this.plan;
  };
  async run(model: Model, life: Life): Promise<void> {
    await life.catchUp();
    const at = await stripeNow(life);
    const isBack = this.plan === model.terms.plan;
    const terms = isBack ? model.terms : termsIn(model.catalog, this.plan);
    if (!(await succeeds(life.changePlan(this.plan, this.when)))) return;
    await life.catchUp();
    if (this.when === 'now') model.changePlan(terms, at);
    else model.next = isBack ? null : terms;
  }
  toString = () => `changePlan(${this.plan}, ${this.when})`;
}

/** Asked for with a card that declines, or that wants its owner: nothing changes. */
class UpgradeUnpaid extends WhileAlive {
  constructor(private readonly card: string) {
    super();
  }
  override check = (model: Readonly<Model>): boolean =>
    !model.isEnded && !model.isPaused && !model.current.isTrial && model.terms.plan === 'starter';
  async run(_model: Model, life: Life): Promise<void> {
    await life.catchUp();
    const customer = await life.stage.stripe.customers.retrieve(life.stripeCustomerId);
    // What an earlier change gave back pays without a card.
    if (customer.deleted || customer.balance < 0) return;
    await life.changeCard(this.card);
    await expect(life.changePlan('pro')).rejects.toThrow();
    await life.changeCard('pm_card_visa');
    await life.catchUp();
  }
  toString = () => `upgradeUnpaid(${this.card})`;
}

/** In the dashboard with a card that declines: in force at once, and paid some days later. */
class UpgradePaidLater extends WhileAlive {
  constructor(private readonly days: number) {
    super();
  }
  override check = (model: Readonly<Model>): boolean =>
    [
      !model.isEnded && !model.isPaused && !model.isEdited && !model.current.isTrial,
      model.terms.plan === 'starter' && model.next === null,
    ].every(Boolean);
  async run(model: Model, life: Life): Promise<void> {
    await life.catchUp();
    const at = await stripeNow(life);
    await life.changeCard('pm_card_chargeCustomerFail');
    await swapPlanAtStripe(life, 'pro');
    await life.catchUp();
    model.changePlan({ ...termsIn(model.catalog, 'pro'), cents: model.terms.cents }, at);
    await advance(model, life, life.now + this.days * DAY);
    await life.payOpenInvoices();
    await life.catchUp();
    await observe(model, life);
  }
  toString = () => `upgradePaidLater(${this.days} days)`;
}

class EndTrial extends WhileAlive {
  override check = (model: Readonly<Model>): boolean => !model.isEnded && model.current.isTrial;
  async run(model: Model, life: Life): Promise<void> {
    // A trial of no second at all is none.
    if (life.now < model.current.start + HOUR) await advance(model, life, life.now + HOUR);
    if (!model.current.isTrial) return;
    await life.catchUp();
    await succeeds(life.change({ action: 'end_trial' }));
    await life.catchUp();
    await observe(model, life);
  }
  toString = () => 'endTrial()';
}

/** A person moves its end at Stripe, to later or sooner. */
class MoveTrialEnd extends WhileAlive {
  constructor(private readonly days: number) {
    super();
  }
  override check = (model: Readonly<Model>): boolean => !model.isEnded && model.current.isTrial;
  async run(model: Model, life: Life): Promise<void> {
    await life.catchUp();
    await observe(model, life);
    if (!model.current.isTrial) return;
    // Within what a test clock can be moved at once.
    const moved = Math.min(life.now + 45 * DAY, model.current.end + this.days * DAY);
    const end = Math.max(life.now + HOUR, moved);
    await life.stage.stripe.subscriptions.update(life.subscriptionId, {
      ...{ trial_end: end, proration_behavior: 'none' },
    });
    model.trialEndsAt(end);
    await life.catchUp();
  }
  toString = () => `moveTrialEnd(${this.days} days)`;
}

class CancelInTrial extends WhileAlive {
  override check = (model: Readonly<Model>): boolean => !model.isEnded && model.current.isTrial;
  async run(model: Model, life: Life): Promise<void> {
    await life.catchUp();
    model.isEnded = await succeeds(life.change({ action: 'cancel', when: 'now' }));
    await life.catchUp();
  }
  toString = () => 'cancelInTrial()';
}

/** What was made at Stripe holds, also where reading it back was refused to the caller. */
async function noteWhetherPaused(model: Model, life: Life): Promise<void> {
  await life.catchUp();
  const { subscriptions } = life.stage.stripe;
  const { pause_collection: paused } = await subscriptions.retrieve(life.subscriptionId);
  model.isPaused = paused !== null;
}

class Pause extends WhileAlive {
  override check = (model: Readonly<Model>): boolean => !model.isEnded && !model.isPaused;
  async run(model: Model, life: Life): Promise<void> {
    await life.catchUp();
    const pause = { action: 'pause', behavior: 'keep_as_draft', resumesAt: null } as const;
    await succeeds(life.change(pause));
    await noteWhetherPaused(model, life);
  }
  toString = () => 'pause()';
}

export class Resume extends WhileAlive {
  override check = (model: Readonly<Model>): boolean => !model.isEnded && model.isPaused;
  async run(model: Model, life: Life): Promise<void> {
    await life.catchUp();
    await succeeds(life.change({ action: 'resume' }));
    await noteWhetherPaused(model, life);
  }
  toString = () => 'resume()';
}

const change = fc
  .tuple(fc.constantFrom(...PLANS), fc.constantFrom('now' as const, 'period_end' as const))
  .map((all) => new ChangePlan(...all));
const card = fc.constantFrom('pm_card_chargeCustomerFail', 'pm_card_authenticationRequired');

export const CHANGES = [
  ...[change, change],
  fc.constant(new EndTrial()),
  fc.integer({ min: -20, max: 40 }).map((days) => new MoveTrialEnd(days)),
  fc.constant(new CancelInTrial()),
  fc.constant(new Pause()),
  fc.constant(new Resume()),
];
export const UNPAID = [
  card.map((one) => new UpgradeUnpaid(one)),
  fc.integer({ min: 0, max: 6 }).map((days) => new UpgradePaidLater(days)),
];
