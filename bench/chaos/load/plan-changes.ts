/**
 * One customer changes the plan in every month: up at once, for what is left of the period, and
 * down as the period ends; so each month is used up under the dearer plan.
 */
import type { MeasuredCustomer } from '../../../src/demo/measure';
import { stopSecond } from '../../../src/demo/scenario';
import type { DemoPeriod } from '../../../src/demo/scenario';
import { CATALOG, prorations, termsIn } from '../../../test/life/oracle';
import { ask } from '../app';
import type { Stage } from '../stage';

export const CHANGER = 'fay';
/** The dearer one. */
export const CHANGED_PLAN = 'pro';
const CHEAPER = 'starter';
const CHANGE_AT_STOP = 2;

export interface PlanChanges {
  /** Whatever is changed once this part of the period is over. */
  play(period: DemoPeriod, stop: number): Promise<void>;
  /** Nothing is changed in this period. */
  leave(period: DemoPeriod): void;
  /** What the invoice of each change up comes to, in cents. */
  expectedCents(): readonly number[];
  /** The invoices of periods have the base price of the plan that comes next. */
  expected(customers: readonly MeasuredCustomer[]): MeasuredCustomer[];
}

export function changePlans(stage: Pick<Stage, 'info'>): PlanChanges {
  const upgrades: { readonly second: number; readonly period: DemoPeriod }[] = [];
  /** Cents, by the second in which the period begins. */
  const nextBases = new Map<number, number>();
  let plan = CHEAPER;
  const settle = ({ start }: DemoPeriod) => nextBases.set(start, termsIn(CATALOG, plan).baseCents);
  return {
    play: async (period, stop) => {
      if (stop !== CHANGE_AT_STOP) return;
      const next = plan === CHEAPER ? CHANGED_PLAN : CHEAPER;
      const path = `/v1/customers/${CHANGER}/plan`;
      await ask(stage, path, { plan: next }, `drill-plan-${period.start}`);
      if (next === CHANGED_PLAN) upgrades.push({ second: stopSecond(period, stop), period });
      plan = next;
      settle(period);
    },
    leave: settle,
    expectedCents: () => upgrades.map(({ second, period }) => centsOf(period, second)),
    expected: (customers) =>
      customers.map((one) =>
        one.customer === CHANGER ? { ...one, periods: one.periods.map(corrected(nextBases)) } : one,
      ),
  };
}

function centsOf(period: DemoPeriod, second: number): number {
  const [from, to] = [termsIn(CATALOG, CHEAPER), termsIn(CATALOG, CHANGED_PLAN)];
  const whole = { ...period, terms: from, isTrial: false, baseCents: from.baseCents };
  return prorations(whole, from, to, second).reduce((sum, cents) => sum + cents, 0);
}

type Measured = MeasuredCustomer['periods'][number];

/** The oracle of the demo takes the same plan for both. */
const corrected = (nextBases: ReadonlyMap<number, number>) => (period: Measured) => {
  const same = termsIn(CATALOG, CHANGED_PLAN).baseCents;
  const next = nextBases.get(Date.parse(period.start) / 1000) ?? same;
  return { ...period, expectedAmountCents: period.expectedAmountCents - same + next };
};
