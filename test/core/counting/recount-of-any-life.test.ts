/**
 * Goal: however usage, reports, plan changes, grants and a new billing date mix, the counts come to
 * what they would have been had terms and grants held from the start, and Stripe's sums follow.
 */
import fc from 'fast-check';
import type { BillingState } from '../../../src/core/state/billing-state';
import { countBatches } from '../../../src/core/counting/counting';
import { withGrant } from '../../../src/core/counting/grants';
import type { PlanTerms } from '../../../src/core/plans/plan';
import { takeOverRecount } from '../../../src/core/counting/recount';
import type { Recounted } from '../../../src/core/counting/recount';
import { acknowledgeReport, beginReport } from '../../../src/core/counting/reporting';
import type { ReportOf } from '../../../src/core/counting/reporting';
import { followSubscription } from '../../../src/core/subscription/subscription';
import type { UsageBatch } from '../../../src/core/usage/usage';
import {
  aBatch,
  aLine,
  aPeriod,
  aRate,
  aState,
  aSubscription,
  FEBRUARY,
  JANUARY,
  MARCH,
  someTerms,
} from '../../support/builders/builders';
import { pencil } from '../../support/builders/pencil';
import type { PencilPeriod, PencilPlan } from '../../support/builders/pencil';
import { nextOfAll, recountAnswer, reportAll } from '../../support/builders/recounting';
import type { PeriodState, RateState } from '../../../src/core/state/period-state';
import { withPeriod, acceptsUsage } from '../../../src/core/state/periods';

const PLANS = {
  starter: { included: 100, dear: 'overage_premium', cheap: 'overage_standard' },
  pro: { included: 500, dear: 'overage_premium', cheap: 'overage_standard' },
  payg: { included: 0, dear: 'payg_premium', cheap: 'payg_standard' },
} as const satisfies Record<string, PencilPlan>;
type PlanId = keyof typeof PLANS;

const termsOf = (planId: PlanId): PlanTerms => {
  const { included: includedTokens, dear, cheap } = PLANS[planId];
  const premium = aRate({ id: dear, models: ['gpt-4o'] });
  const vendor = aRate({ id: 'vendor_acme', vendor: 'acme' });
  return someTerms({ planId, includedTokens, rates: [premium, aRate({ id: cheap }), vendor] });
};

/** Where the subscription's billing date may be moved to; usage lies on both sides of it. */
const MOVED = FEBRUARY + 50;

const line = fc.record({
  tokens: fc.integer({ min: 1, max: 200 }),
  second: fc.oneof(
    fc.constantFrom(JANUARY, FEBRUARY - 1),
    fc.integer({ min: FEBRUARY, max: FEBRUARY + 100 }),
  ),
  model: fc.constantFrom('gpt-4o', 'other'),
  vendor: fc.option(fc.constant('acme'), { nil: undefined, freq: 4 }),
});
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ usage: fc.array(line, { minLength: 1, maxLength: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ plan: fc.constantFrom<PlanId>('starter', 'pro', 'payg') }) },
  {
    weight: 2,
    arbitrary: fc.record({
      grant: fc.integer({ min: 1, max: 300 }),
      expiresAt: fc.constantFrom(null, FEBRUARY + 30, FEBRUARY + 70),
    }),
  },
  { weight: 4, arbitrary: fc.constantFrom('begin', 'acknowledge', 'read') },
  { weight: 6, arbitrary: fc.constantFrom('ask', 'recount') },
  { weight: 1, arbitrary: fc.constant('move' as const) },
);
type Step = (typeof step extends fc.Arbitrary<infer S> ? S : never) | 'finalize';

/** A customer's workflow without Temporal: its state, its ledger, and what Stripe has got. */
class Life {
  state: BillingState = aState({
    periods: [
      aPeriod({ phase: 'closing', terms: termsOf('starter') }),
      aPeriod({ start: FEBRUARY, end: MARCH, terms: termsOf('starter') }),
    ],
  });
  readonly ledger: UsageBatch[] = [];
  readonly atStripe: Record<string, number> = {};
  private plan: PlanId = 'starter';
  private currentStart = FEBRUARY;
  private underWay: ReportOf | undefined;
  private answer: { readonly number: number; readonly counted: Recounted } | undefined;

  take(step: Step): void {
    if (step === 'begin') this.begin();
    else if (step === 'acknowledge') this.acknowledge();
    else if (step === 'ask') this.ask();
    else if (step === 'recount') this.recount();
    else if (step === 'read') this.state = countBatches(this.state, this.ledger);
    else if (step === 'finalize') this.finalize();
    else if (step === 'move') this.follow(this.plan, MOVED);
    else if ('plan' in step) this.follow(step.plan, this.currentStart);
    else if ('grant' in step) this.grant(step.grant, step.expiresAt);
    else this.use(aBatch(this.ledger.length + 1, ...step.usage.map((l) => aLine(l.tokens, l))));
  }

  /** Everything that is pending comes to its end. */
  comeToRest(): void {
    this.acknowledge();
    while (this.state.recount) {
      this.ask();
      this.recount();
    }
    this.state = countBatches(this.state, this.ledger);
    const [rested, sent] = reportAll(this.state);
    this.state = rested;
    sent.forEach((report) => this.receive(report));
  }

  get periods(): PencilPeriod[] {
    return this.state.periods.map(({ start, terms }) => ({
      start,
      plan: PLANS[terms.planId as PlanId],
    }));
  }

  private finalize(): void {
    const oldest = this.state.periods.find(acceptsUsage);
    if (oldest) this.state = withPeriod(this.state, { ...oldest, phase: 'finalized' });
  }

  private use(batch: UsageBatch): void {
    this.ledger.push(batch);
    this.state = countBatches(this.state, [batch]);
  }

  private follow(plan: PlanId, start: number): void {
    this.plan = plan;
    this.currentStart = start;
    const currentPeriod = { start, end: start === MOVED ? MARCH + 50 : MARCH };
    const read = aSubscription({ currentPeriod, terms: termsOf(plan) });
    this.state = followSubscription(this.state, read);
  }

  private grant(tokens: number, expiresAt: number | null): void {
    const id = `grant_${this.state.grants.length}`;
    this.state = withGrant(this.state, { id, tokens, expiresAt });
  }

  private begin(): void {
    const found = this.underWay ? undefined : nextOfAll(this.state);
    if (!found) return;
    const rate = this.state.periods.find(({ start }) => start === found.periodStart)?.rates[
      found.rateId
    ];
    expect(found.report.tokens).toBe((rate?.tokens ?? 0) - (rate?.reportedTokens ?? 0));
    this.underWay = found;
    this.state = beginReport(this.state, found);
  }

  private acknowledge(): void {
    if (!this.underWay) return;
    this.receive(this.underWay);
    this.state = acknowledgeReport(this.state, this.underWay);
    this.underWay = undefined;
  }

  private receive({ periodStart, rateId, report }: ReportOf): void {
    const key = `${periodStart} ${rateId}`;
    this.atStripe[key] = (this.atStripe[key] ?? 0) + report.tokens;
  }

  private ask(): void {
    const { recount } = this.state;
    if (!recount) return;
    this.answer = { number: recount.number, counted: recountAnswer(this.state, this.ledger) };
  }

  private recount(): void {
    const { answer, state } = this;
    if (!answer || answer.number !== state.recount?.number) return;
    this.state = takeOverRecount(state, answer.counted);
    const before = figures(state.periods, whatWasReported);
    expect(figures(this.state.periods, whatWasReported)).toMatchObject(before);
  }
}

const whatWasReported = ({ reports, reportedTokens, inFlight }: RateState) => ({
  ...{ reports, reportedTokens, inFlight },
});

function figures<T>(
  periods: readonly PeriodState[],
  figure: (rate: RateState) => T,
): Record<string, T> {
  const all = periods.flatMap(({ start, rates }) =>
    Object.entries(rates).map(([id, rate]) => [`${start} ${id}`, figure(rate)] as const),
  );
  return Object.fromEntries(all);
}

const withoutZeros = (sums: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(sums).filter(([, tokens]) => tokens !== 0));

function livedOut(steps: readonly Step[]): Life {
  const life = new Life();
  steps.forEach((one) => life.take(one));
  life.comeToRest();
  return life;
}

test('counts, grants and Stripe’s sums come to those that were worked out by hand', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
      const { state, ledger, periods, atStripe } = livedOut(steps);
      const lines = ledger.flatMap((batch) => batch.lines);
      const { billed, taken } = pencil(lines, periods, state.grants);
      const counts = figures(state.periods, ({ tokens }) => tokens);
      expect(withoutZeros(counts)).toEqual(withoutZeros(billed));
      expect(withoutZeros(atStripe)).toEqual(withoutZeros(billed));
      for (const { id, usedTokens } of state.grants) expect(usedTokens).toBe(taken[id] ?? 0);
      expect(state).toMatchObject({ appliedSequence: ledger.length, unbilledTokens: 0 });
    }),
    { numRuns: 500 },
  );
});

test('whenever a period is finalized, what is taken from grants is what the periods have of them', () => {
  const some = fc.array(step, { maxLength: 12, size: 'max' });
  const finalizing = fc.constantFrom<Step[]>(['finalize'], ['finalize', 'finalize']);
  const steps = fc
    .tuple(some, finalizing, some)
    .map(([before, final, after]) => [...before, 'ask' as const, ...final, ...after]);
  fc.assert(
    fc.property(steps, (all) => {
      const { grants, periods } = livedOut(all).state;
      for (const { id, tokens, usedTokens } of grants) {
        const uses = periods.reduce((sum, { grantUses }) => sum + (grantUses?.[id] ?? 0), 0);
        expect(usedTokens).toBe(uses);
        expect(usedTokens).toBeLessThanOrEqual(tokens);
      }
    }),
    { numRuns: 1_000 },
  );
});
