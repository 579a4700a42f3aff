/**
 * The model of a life: what was done, in the order it was done. Commands do the same to the model
 * and to the real life; what must have come of it is told by the oracle alone.
 */
import type Stripe from 'stripe';
import type { Life } from './life';
import { lineCents, overageOf, rateCents } from './oracle';
import type { OraclePeriod } from './oracle';

interface Used {
  readonly second: number;
  readonly model: string;
  readonly tokens: number;
  /** Start of the period whose invoice was final when this was recorded. */
  readonly lateFor: number | null;
}

export class Model {
  plan: string;
  nextPlan: string | null = null;
  /** Closed ones first; the last is the current one. */
  readonly periods: OraclePeriod[] = [];
  readonly usage: Used[] = [];
  readonly grants: { tokens: number; since: number; expiresAt: number | null }[] = [];
  /** Starts of periods whose invoice is final. */
  readonly finalized = new Set<number>();
  isCardBad = false;

  constructor(plan: string, start: number, end: number) {
    this.plan = plan;
    this.periods.push({ start, end, plan });
  }

  get current(): OraclePeriod {
    return this.periods.at(-1) as OraclePeriod;
  }

  use(second: number, model: string, tokens: number): void {
    const period = this.periods.find(({ start, end }) => start <= second && second < end);
    const isLate = period !== undefined && this.finalized.has(period.start);
    this.usage.push({ second, model, tokens, lateFor: isLate ? period.start : null });
  }

  changePlan(plan: string): void {
    this.plan = plan;
    this.nextPlan = null;
    this.periods[this.periods.length - 1] = { ...this.current, plan };
  }

  renewed(start: number, end: number): void {
    if (start === this.current.start) return;
    this.plan = this.nextPlan ?? this.plan;
    this.nextPlan = null;
    this.periods.push({ start, end, plan: this.plan });
  }
}

const usageCents = (invoice: Stripe.Invoice, end: number): number =>
  invoice.lines.data
    .filter((line) => line.period.end === end && isMetered(line))
    .reduce((sum, { amount }) => sum + amount, 0);

const isMetered = (line: Stripe.InvoiceLineItem): boolean =>
  line.parent?.subscription_item_details?.proration === false &&
  (line.description?.includes('Tokens') ?? false);

const lateKey = ({ metadata }: Stripe.InvoiceLineItem): string | undefined =>
  metadata.tollkeeper_late_item;

/** Every closed period's usage is on its invoice, to the cent, and late usage on later ones. */
export async function expectInvoicesAsTheOracle(model: Model, life: Life): Promise<void> {
  const invoices = (await life.invoices()).filter(({ status }) => status !== 'draft');
  const grants = model.grants.map((grant) => ({ ...grant, left: grant.tokens }));
  grants.sort((a, b) => (a.expiresAt ?? Infinity) - (b.expiresAt ?? Infinity) || a.since - b.since);
  const closed = model.periods.filter(({ start }) => model.finalized.has(start));
  const expected: Record<string, number> = {};
  const found: Record<string, number> = {};
  for (const period of closed) {
    const own = model.usage.filter(({ second }) => period.start <= second && second < period.end);
    const { cents } = overageOf(
      period,
      own.filter(({ lateFor }) => lateFor === null),
      grants,
    );
    const billing = invoices.filter(
      ({ billing_reason: reason, lines }) =>
        reason === 'subscription_cycle' &&
        lines.data.some((line) => line.period.end === period.end && isMetered(line)),
    );
    expected[`usage of ${period.start} (${period.plan})`] = cents;
    found[`usage of ${period.start} (${period.plan})`] = billing.reduce(
      (sum, invoice) => sum + usageCents(invoice, period.end),
      0,
    );
  }
  expect(found).toEqual(expected);
}

/** Tokens of late usage, by period: those that were settled, and each line's own amount. */
export async function expectLateUsageAsTheOracle(model: Model, life: Life): Promise<void> {
  const lines = (await life.invoices()).flatMap(({ lines: { data } }) =>
    data.filter((line) => lateKey(line) !== undefined),
  );
  const tokensOn = (start: number): number =>
    lines
      .filter((line) => line.period.start === start)
      .reduce((sum, line) => sum + Number(/(\d+) tokens/.exec(line.description ?? '')?.[1]), 0);
  const expected: Record<string, number> = {};
  const found: Record<string, number> = {};
  for (const period of model.periods.filter(({ start }) => model.finalized.has(start))) {
    const own = model.usage.filter(({ second }) => period.start <= second && second < period.end);
    const onTime = own.filter(({ lateFor }) => lateFor === null);
    const all = overageOf(period, own, []);
    const before = overageOf(period, onTime, []);
    expected[String(period.start)] = all.premium + all.standard - before.premium - before.standard;
    found[String(period.start)] = tokensOn(period.start);
  }
  if (model.grants.length === 0) expect(found).toEqual(expected);
  for (const line of lines) {
    const text = line.description ?? '';
    const [, tokens, rate, plan] = /(\d+) tokens \((\w+), plan (\w+)\)/.exec(text) ?? [];
    const model4 = rate?.includes('premium') ? 'gpt-4o' : 'gpt-4o-mini';
    expect([text, line.amount]).toEqual([
      text,
      lineCents(Number(tokens), rateCents(String(plan), model4)),
    ]);
  }
}
