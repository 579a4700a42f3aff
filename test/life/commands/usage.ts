/** Usage at any time, grants, and time itself. */
import fc from 'fast-check';
import { DAY } from '../calendar';
import type { Life } from '../life';
import type { Model } from '../model';
import { succeeds } from '../operator';
import { advance, observe, WhileAlive } from './command';

/** Stripe's limit, and a little less. */
const BEHIND_MAX = 34 * DAY;

class Use extends WhileAlive {
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
    await observe(model, life);
    model.use(second, this.model, this.tokens);
    await life.use(this.tokens, { second, model: this.model });
  }
  toString = () => `use(${this.tokens} of ${this.model}, ${this.ago} s ago)`;
}

class Wait extends WhileAlive {
  constructor(private readonly seconds: number) {
    super();
  }
  run = (model: Model, life: Life) => advance(model, life, life.now + this.seconds);
  toString = () => `wait(${this.seconds})`;
}

/** Into the hour in which the draft of the period that ended is still open. */
class WaitForDraft extends WhileAlive {
  constructor(private readonly minutes: number) {
    super();
  }
  run = (model: Model, life: Life) =>
    advance(model, life, Math.max(life.now, model.current.end + this.minutes * 60));
  toString = () => `waitForDraft(${this.minutes} minutes)`;
}

class Grant extends WhileAlive {
  constructor(
    private readonly tokens: number,
    private readonly days: number | null,
  ) {
    super();
  }
  async run(model: Model, life: Life): Promise<void> {
    await life.catchUp();
    const expiresAt = this.days === null ? null : life.now + this.days * DAY;
    const grant = { tokens: this.tokens, since: model.current.start, expiresAt };
    const id = `grant-${model.grants.length + 1}-${life.now}`;
    if (await succeeds(life.grant(id, this.tokens, expiresAt))) model.grants.push(grant);
  }
  toString = () => `grant(${this.tokens}, ${this.days} days)`;
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
const use = fc.tuple(tokens, ago, model).map((all) => new Use(...all));
const days = fc.option(fc.integer({ min: 1, max: 60 }), { nil: null });

export const USAGE = [
  ...[use, use, use],
  fc.integer({ min: 1, max: 20 * DAY }).map((seconds) => new Wait(seconds)),
  fc.integer({ min: 1, max: 55 }).map((minutes) => new WaitForDraft(minutes)),
  fc.tuple(fc.integer({ min: 1, max: 200_000 }), days).map((all) => new Grant(...all)),
];
