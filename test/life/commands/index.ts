/** What can happen in a life: usage at any time, time itself, changes, grants, failures, faults. */
import fc from 'fast-check';
import type { Life } from './life';
import { DAY, HOUR } from './calendar';
import type { Model } from './model';

type Command = fc.AsyncCommand<Model, Life>;

const PLANS = ['pay_as_you_go', 'starter', 'pro'] as const;
/** Stripe's limit, and a little less. */
const BEHIND_MAX = 34 * DAY;

abstract class Always implements Command {
  check(_model: Readonly<Model>): boolean {
    return true;
  }
  abstract run(model: Model, life: Life): Promise<void>;
  abstract toString(): string;
}

class Use extends Always {
  constructor(
    private readonly tokens: number,
    private readonly ago: number,
    private readonly model: string,
  ) {
    super();
  }
  async run(model: Model, life: Life): Promise<void> {
    const first = model.periods[0]?.start ?? 0;
    const second = Math.max(first, life.now - Math.min(this.ago, BEHIND_MAX));
    model.use(second, this.model, this.tokens);
    await life.use(this.tokens, { second, model: this.model });
  }
  toString = () => `use(${this.tokens} of ${this.model}, ${this.ago} s ago)`;
}

/** Moves both clocks, telling news late and shuffled on the way. */
export async function advance(model: Model, life: Life, second: number): Promise<void> {
  while (life.now < second) {
    const { end } = model.current;
    const stop = [end, end + 65 * 60].find((edge) => edge > life.now && edge < second) ?? second;
    await life.to(stop, 'late');
    const { start, end: next } = await life.period();
    if (start !== model.current.start) model.renewed(start, next);
    for (const period of model.periods)
      if (life.now >= period.end + 61 * 60) model.finalized.add(period.start);
  }
}

class Wait extends Always {
  constructor(private readonly seconds: number) {
    super();
  }
  run = (model: Model, life: Life) => advance(model, life, life.now + this.seconds);
  toString = () => `wait(${this.seconds})`;
}

/** Into the hour in which the draft of the period that ended is still open. */
class WaitForDraft extends Always {
  constructor(private readonly minutes: number) {
    super();
  }
  run = (model: Model, life: Life) =>
    advance(model, life, Math.max(life.now, model.current.end + this.minutes * 60));
  toString = () => `waitForDraft(${this.minutes} minutes)`;
}

class ChangePlan implements Command {
  constructor(
    private readonly plan: string,
    private readonly when: 'now' | 'period_end',
  ) {}
  check = (model: Readonly<Model>): boolean =>
    !model.isCardBad &&
    (this.when === 'now' ? model.plan : (model.nextPlan ?? model.plan)) !== this.plan;
  async run(model: Model, life: Life): Promise<void> {
    await life.catchUp();
    await life.changePlan(this.plan, this.when);
    await life.catchUp();
    if (this.when === 'now') model.changePlan(this.plan);
    else model.nextPlan = this.plan === model.plan ? null : this.plan;
  }
  toString = () => `changePlan(${this.plan}, ${this.when})`;
}

class Grant extends Always {
  constructor(
    private readonly tokens: number,
    private readonly days: number | null,
  ) {
    super();
  }
  async run(model: Model, life: Life): Promise<void> {
    await life.catchUp();
    const expiresAt = this.days === null ? null : life.now + this.days * DAY;
    model.grants.push({ tokens: this.tokens, since: model.current.start, expiresAt });
    await life.grant(`grant-${model.grants.length}`, this.tokens, expiresAt);
  }
  toString = () => `grant(${this.tokens}, ${this.days} days)`;
}

/** The next renewal fails; a card that works settles it some days later. */
class FailAndRecover extends Always {
  constructor(private readonly days: number) {
    super();
  }
  async run(model: Model, life: Life): Promise<void> {
    // What the renewal before has charged is charged: only the next one fails.
    await advance(model, life, Math.max(life.now, model.current.start + 2 * HOUR));
    await life.changeCard('pm_card_chargeCustomerFail');
    await advance(model, life, model.current.end + 2 * HOUR);
    await advance(model, life, life.now + this.days * DAY);
    await life.payOpenInvoices();
    await life.catchUp();
  }
  toString = () => `failAndRecover(${this.days} days)`;
}

class Refund extends Always {
  async run(_model: Model, life: Life): Promise<void> {
    const { data } = await life.stage.stripe.charges.list({ customer: life.stripeCustomerId });
    const charge = data.find(({ paid, amount, amount_refunded: back }) => paid && amount > back);
    if (charge) await life.stage.stripe.refunds.create({ charge: charge.id, amount: 1 });
  }
  toString = () => 'refund(1 cent)';
}

/** Attempts fail for a while: before they begin, or after all was done and nobody heard of it. */
class Faults extends Always {
  constructor(
    private readonly when: 'before' | 'after',
    private readonly times: number,
  ) {
    super();
  }
  async run(_model: Model, life: Life): Promise<void> {
    life.faultsAhead = { when: this.when, times: this.times };
  }
  toString = () => `faults(${this.times} ${this.when})`;
}

const tokens = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 300_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, 100_000, 500_000, 10 ** 9) },
);
const ago = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 2 * DAY }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: BEHIND_MAX }) },
);
const model = fc.constantFrom('gpt-4o-mini', 'gpt-4o-mini', 'gpt-4o');

export const commandsOfALife = () =>
  fc.commands(
    [
      fc.tuple(tokens, ago, model).map((all) => new Use(...all)),
      fc.tuple(tokens, ago, model).map((all) => new Use(...all)),
      fc.integer({ min: 1, max: 20 * DAY }).map((seconds) => new Wait(seconds)),
      fc.integer({ min: 1, max: 55 }).map((minutes) => new WaitForDraft(minutes)),
      fc
        .tuple(fc.constantFrom(...PLANS), fc.constantFrom('now' as const, 'period_end' as const))
        .map((all) => new ChangePlan(...all)),
      fc
        .tuple(
          fc.integer({ min: 1, max: 200_000 }),
          fc.option(fc.integer({ min: 1, max: 60 }), { nil: null }),
        )
        .map((all) => new Grant(...all)),
      fc.integer({ min: 1, max: 9 }).map((days) => new FailAndRecover(days)),
      fc.constant(new Refund()),
      fc
        .tuple(fc.constantFrom('before' as const, 'after' as const), fc.integer({ min: 1, max: 4 }))
        .map((all) => new Faults(...all)),
    ],
    { maxCommands: 12, size: 'max' },
  );
