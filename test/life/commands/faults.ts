/** What fails: payments, attempts, whole activities, Temporal itself. */
import fc from 'fast-check';
import { DAY, HOUR } from '../calendar';
import type { Life } from '../life';
import type { Model } from '../model';
import { retryAll } from '../operator';
import { advance, observe, WhileAlive } from './command';

/** The next renewal fails; a card that works settles it some days later. */
class FailAndRecover extends WhileAlive {
  constructor(private readonly days: number) {
    super();
  }
  override check = (model: Readonly<Model>): boolean => !model.isEnded && !model.isPaused;
  async run(model: Model, life: Life): Promise<void> {
    // What the renewal before has charged is charged: only the next one fails.
    await advance(model, life, Math.max(life.now, model.current.start + 2 * HOUR));
    await this.untilCharged(model, life);
    await life.changeCard('pm_card_chargeCustomerFail');
    await advance(model, life, model.current.end + 2 * HOUR);
    await advance(model, life, life.now + this.days * DAY);
    await life.payOpenInvoices();
    await life.catchUp();
  }
  /** A draft that is let go only now would fail for a month, and its customer be given up. */
  private async untilCharged(model: Model, life: Life): Promise<void> {
    const isDraft = (await life.invoices()).some(({ status }) => status === 'draft');
    if (!isDraft || model.addedLines.length > 0) return;
    await retryAll(life);
    await advance(model, life, life.now + 2 * HOUR);
  }
  toString = () => `failAndRecover(${this.days} days)`;
}

class Refund extends WhileAlive {
  async run(_model: Model, life: Life): Promise<void> {
    const { data } = await life.stage.stripe.charges.list({ customer: life.stripeCustomerId });
    const charge = data.find(({ paid, amount, amount_refunded: back }) => paid && amount > back);
    if (charge) await life.stage.stripe.refunds.create({ charge: charge.id, amount: 1 });
  }
  toString = () => 'refund(1 cent)';
}

/** Attempts fail for a while: before they begin, or after all was done and nobody heard of it. */
class Faults extends WhileAlive {
  constructor(
    private readonly when: 'before' | 'after',
    private readonly times: number,
  ) {
    super();
  }
  async run(_model: Model, life: Life): Promise<void> {
    life.troubles.faultsAhead = { when: this.when, times: this.times };
  }
  toString = () => `faults(${this.times} ${this.when})`;
}

const ACTIVITIES = [
  ...['readSubscription', 'readInvoice', 'readMoneyBack', 'sumMeters', 'sumLedger', 'drainLedger'],
  ...['holdInvoice', 'releaseInvoice', 'reportUsage', 'addLateItem', 'arrangeItems', 'notify'],
  ...['recordPeriods', 'readBatches', 'recountLedger', 'recordGrant', 'changePlan'],
];

/** Once, and for good: no retry mends it. */
class Refuse extends WhileAlive {
  constructor(
    private readonly activity: string,
    private readonly status: number,
  ) {
    super();
  }
  async run(_model: Model, life: Life): Promise<void> {
    life.troubles.refusals.set(this.activity, this.status);
  }
  toString = () => `refuse(${this.activity}, ${this.status})`;
}

/** An operator asks for what was refused to be tried again. */
class Retry extends WhileAlive {
  async run(model: Model, life: Life): Promise<void> {
    await retryAll(life);
    await observe(model, life);
  }
  toString = () => 'retry()';
}

/** With all of Temporal's data. */
class LoseWorkflow extends WhileAlive {
  run = (_model: Model, life: Life) => life.lose();
  toString = () => 'loseWorkflow()';
}

const refuse = fc
  .tuple(fc.constantFrom(...ACTIVITIES), fc.constantFrom(400, 401, 403, 404))
  .map((all) => new Refuse(...all));

export const FAULTS = [
  fc.integer({ min: 1, max: 9 }).map((days) => new FailAndRecover(days)),
  fc.constant(new Refund()),
  fc
    .tuple(fc.constantFrom('before' as const, 'after' as const), fc.integer({ min: 1, max: 4 }))
    .map((all) => new Faults(...all)),
  fc.constant(new LoseWorkflow()),
];
export const REFUSALS = [refuse, refuse, fc.constant(new Retry())];
