/**
 * One customer's life: our workflows and Stripe activities on a clock that is moved by hand,
 * against the sandbox through the real `stripe` package. News from Stripe are delivered as the
 * test wants them: in order, late, shuffled, twice.
 */
import './in-memory';
import type { BillingState } from '../../src/core/state/billing-state';
import type { Catalog } from '../../src/core/plans/catalog';
import type { SubscriptionChange } from '../../src/core/subscription/plan-change';
import type { UsageLine } from '../../src/core/usage/usage';
import * as workflows from '../../workflows';
import { activitiesOn } from './activities';
import { AtStripe } from './at-stripe';
import type { Books } from './books';
import { HOUR } from './calendar';
import type { LifeOptions } from './life-options';
import { chance, shuffled, withDuplicates } from './chance';
import { openBooks } from './books';
import type { Stage } from './stage';
import { rememberedOf } from './remembered';
import { people } from './stand-ins';
import { subscribe } from './subscribe';
import { TemporalInMemory } from './temporal-in-memory';
import type { ActivityTable, Disturb } from './activity-context';
import { isNews } from './news';
import { Troubles } from './troubles';
import type { StripeEventHint } from '../../src/core/state/remembered';

/** Seconds: attempts that failed; and what was refused twice, five minutes each time. */
const RETRIES = 180;
const REFUSED_TWICE = 11 * 60;
/** Milliseconds. */
const CATCHING_UP = 90_000;

/** late: some, shuffled, twice · at the draft: at its end · never: only when delivered. */
export type Hearing = 'at once' | 'late' | 'at the draft' | 'never';

let lives = 0;

export class Life extends AtStripe {
  temporal: TemporalInMemory;
  readonly books: Books;
  readonly customer: string;
  /** News that Stripe has sent and nobody has delivered yet. */
  inbox: StripeEventHint[] = [];
  private lastHeard: string | undefined;
  readonly troubles = new Troubles(() => this.temporal.now);
  private readonly random: () => number;
  private requests = 0;
  readonly activities: ActivityTable;

  private constructor(
    stage: Stage,
    readonly options: LifeOptions,
    ...[subscriptionId, stripeCustomerId, clock]: [string, string, string]
  ) {
    super(stage, subscriptionId, stripeCustomerId, clock);
    lives += 1;
    this.random = chance(options.news ?? 1);
    this.customer = stage.customerOf(stripeCustomerId);
    this.books = openBooks(stage.catalog);
    this.activities = activitiesOn(stage, stage.catalog, this.books, () => this.temporal.now);
    rememberedOf(this.customer).lastSequence = () => this.books.batches.length;
    this.temporal = this.newTemporal(options.start * 1000);
  }

  /** The worker begins again with another file. */
  sellFrom(catalog: Catalog): void {
    const activities = activitiesOn(this.stage, catalog, this.books, () => this.temporal.now);
    Object.assign(this.activities, activities);
  }

  private newTemporal(startMs: number): TemporalInMemory {
    this.stage.clockOf = () => this.temporal.now;
    const { billing, dunning } = workflows;
    // Vendors' shares have tests of their own: here a payout is begun, and no more.
    const table = { billing, dunning, payout: () => Promise.resolve() } as never;
    const disturb: Disturb = (activity, when) => this.troubles.disturb(activity, when);
    const hangs = (activity: string) => this.troubles.hangOf(activity);
    return new TemporalInMemory(table, this.activities, startMs, disturb, hangs);
  }

  /** The billing workflow goes on from this state, as after a continue-as-new. */
  restart(state: BillingState | undefined): void {
    this.temporal = this.newTemporal(this.temporal.now);
    this.temporal.start('billing', this.workflowId, { customer: this.customer, state });
  }

  /** Temporal's data are lost; the workflow is begun again and catches up. */
  async lose(): Promise<void> {
    this.restart(undefined);
    await this.temporal.settle();
    await this.temporal.advanceTo(this.temporal.now + CATCHING_UP);
  }

  static async begin(stage: Stage, options: LifeOptions): Promise<Life> {
    stage.clockOf = () => options.start * 1000;
    const name = `life-${lives + 1}`;
    const { plan, autoUpgrade = false } = options;
    const { stripeCustomerId, subscriptionId, clock } = await subscribe(stage, {
      name,
      ...options,
    });
    people.set(name, { customer: name, subscriptionId, stripeCustomerId, plan, autoUpgrade });
    stage.names.set(stripeCustomerId, name);
    const life = new Life(stage, options, subscriptionId, stripeCustomerId, clock);
    life.temporal.start('billing', life.workflowId, { customer: name });
    await life.temporal.settle();
    await life.hear();
    return life;
  }

  get workflowId(): string {
    return `billing:${this.customer}`;
  }
  /** Unix seconds. */
  get now(): number {
    return Math.floor(this.temporal.now / 1000);
  }

  state(): BillingState {
    return this.temporal.query(this.workflowId, 'status');
  }

  async use(tokens: number, line: Partial<UsageLine> = {}): Promise<void> {
    const usual = { second: this.now, model: 'gpt-4o-mini', tokenType: 'input' } as const;
    const batch = this.books.seal([{ ...usual, ...line, tokens }]);
    this.temporal.signal(this.workflowId, 'usageRecorded', { batches: [batch] });
    await this.temporal.settle();
  }

  /** Takes Stripe's news into the inbox; nothing is delivered yet. */
  async hear(): Promise<void> {
    const after = this.lastHeard === undefined ? {} : { ending_before: this.lastHeard };
    const { data } = await this.stage.stripe.events.list({ limit: 100, ...after });
    this.lastHeard = data[0]?.id ?? this.lastHeard;
    for (const event of data) {
      const object = event.data.object as { id?: string; customer?: unknown; charge?: string };
      // A dispute names its charge only.
      const { customer } = object.charge
        ? await this.stage.stripe.charges.retrieve(object.charge)
        : object;
      const concerned = event.data.object.object === 'customer' ? object.id : customer;
      if (concerned !== this.stripeCustomerId || !object.id || !isNews(event)) continue;
      const { id, type, created } = event;
      this.inbox.unshift({ id, type, objectId: object.id, created });
    }
    this.inbox.sort((a, b) => a.created - b.created);
  }

  async deliver(hints: readonly StripeEventHint[] = this.inbox.splice(0)): Promise<void> {
    for (const hint of hints) {
      this.temporal.signal(this.workflowId, 'stripeEvent', hint);
      await this.temporal.settle();
    }
  }

  /** Delivers and hears until Stripe has nothing more to say. */
  async catchUp(): Promise<void> {
    for (let round = 0; round < 20; round += 1) {
      await this.temporal.settle();
      await this.hear();
      if (this.inbox.length === 0) return;
      await this.deliver();
    }
    throw new Error('Stripe and the workflow keep telling each other news');
  }

  /** Both clocks, in step. */
  async to(second: number, hearing: Hearing = 'at once'): Promise<void> {
    while (this.now < second) {
      const next = Math.min(second, await this.nextEdge());
      // What is tried again in minutes is not overtaken by Stripe's days.
      const retries = hearing === 'late' ? REFUSED_TWICE : RETRIES;
      await this.temporal.advanceTo(Math.min(next, this.now + retries) * 1000);
      await this.stage.advance(this.clock, next);
      await this.temporal.advanceTo(next * 1000);
      // Stripe waits for its news to be taken before it finalizes: by then they are known.
      const isWaitedFor = hearing !== 'never' && this.isDraftDue(next);
      if (hearing === 'at once' || isWaitedFor) await this.catchUp();
      else if (hearing === 'late') await this.hearSome();
    }
  }

  private isDraftDue = (second: number): boolean => this.edges.at(1) === second;

  /** Some of the news, in any order, some of them twice; the others stay for later. */
  private async hearSome(): Promise<void> {
    await this.hear();
    const news = shuffled(this.inbox.splice(0), this.random);
    const told = news.filter(() => this.random() < 0.6);
    this.inbox = news.filter((one) => !told.includes(one));
    await this.deliver(withDuplicates(told, this.random));
  }

  /** Where a period ends, its draft, the last look at it, and a minute after its end. */
  private async nextEdge(): Promise<number> {
    const { end } = await this.period();
    const edges = [end, ...this.edges].filter((edge) => edge > this.now);
    const next = Math.min(...edges);
    if (next === end) this.edges = [end + 60, end + 30 * 60, end + 56 * 60, end + HOUR + 60];
    return next;
  }
  private edges: number[] = [];

  /** To a moment inside the period after this one. */
  async renew(hearing: Hearing = 'at once'): Promise<void> {
    const { end } = await this.period();
    await this.to(end + 2 * HOUR, hearing);
  }

  async ask(update: string, message: unknown): Promise<unknown> {
    this.requests += 1;
    return this.finish(
      this.temporal.update(this.workflowId, update, `request-${this.requests}`, message),
    );
  }

  changePlan(planId: string, when: 'now' | 'period_end' = 'now'): Promise<unknown> {
    return this.ask('changePlan', { planId, when });
  }

  change(change: SubscriptionChange): Promise<unknown> {
    return this.ask('changeSubscription', change);
  }

  /** An operator keeps the schedule of every open case from going on, or ends that. */
  async pauseDunning(until: number | null = null): Promise<void> {
    const message = { until, reason: 'they promised' };
    for (const { invoiceId } of this.state().dunning)
      await this.temporal.update(`dunning:${invoiceId}`, 'pauseDunning', 'hold', message);
  }

  grant(id: string, tokens: number, expiresAt: number | null = null): Promise<unknown> {
    return this.ask('grantTokens', { id, tokens, expiresAt, reason: 'a test' });
  }

  private async finish(asked: Promise<unknown>): Promise<unknown> {
    let isDone = false;
    const done = asked.finally(() => (isDone = true));
    done.catch(() => undefined);
    await this.temporal.settle();
    // What waits for a clock is let wait no longer than its own patience.
    if (!isDone) await this.temporal.advanceTo(this.temporal.now + 120_000);
    return done;
  }
}
