/** What a plan itself costs on an invoice: base prices, and what a change of plan settles. */
import type { BookedPeriod, Books } from './books';
import { explained, nameOf, seenOf, unexplained } from './explained-line';
import type { ExplainedLine } from './explained-line';
import { exactProportion } from '../money';
import { isoSecond } from '../period';
import type { PlanPrice } from '../plans/plan';
import type { PeriodState } from '../state/period-state';
import type { InvoiceLine, InvoiceSnapshot } from '../invoices/invoice-snapshot';

/** It is paid in advance for a whole period, at a price that the period was sold at. */
export function explainBase(line: InvoiceLine, books: Books): ExplainedLine {
  const figures = seenOf(line);
  const period = books.periodFrom(line.start);
  if (!period)
    return unexplained(`${nameOf(line)}, the base price of a period that we do not know`, figures);
  const own = period.plans.filter(({ planId }) => planId === line.planId);
  // Two catalog versions may have sold it within the period: either of them will do.
  const isIt = (one: PlanPrice) => one.monthlyPriceCents * one.quantity === line.amountCents;
  const plan = own.find(isIt) ?? own.at(-1);
  if (!plan && !period.isPastKnown) return asItIs(line, 'base price');
  if (!plan)
    return unexplained(`${nameOf(line)}, the base price of a plan that was not held`, figures);
  return explained(`${plan.planId} base price`, wholePrice(plan), figures);
}

/** A renewal charges the next period, unless it costs nothing or there is none. */
export function missingBase(
  { billingReason, lines }: InvoiceSnapshot,
  billed: PeriodState,
  books: Books,
): ExplainedLine[] {
  const next = books.periodFrom(billed.end);
  const plan = next?.renewedAs ?? next?.plans[0];
  if (billingReason !== 'subscription_cycle' || !next?.isPastKnown || !plan) return [];
  if (plan.monthlyPriceCents === 0 || lines.some(isBaseFrom(billed.end))) return [];
  const what = `${plan.planId} base price`;
  return [explained(what, wholePrice(plan), { invoiceQuantity: 0, invoiceAmountCents: 0 })];
}

const isBaseFrom =
  (second: number) =>
  ({ isBase, start }: InvoiceLine): boolean =>
    isBase && start === second;

const wholePrice = ({ monthlyPriceCents, quantity }: PlanPrice) => ({
  ...{ quantity, pricePerMillionTokens: null },
  exactCents: String(monthlyPriceCents * quantity),
});

/** It is the monthly price for the rest of its period, charged or credited. */
export function explainProration(line: InvoiceLine, planId: string, books: Books): ExplainedLine {
  const { start, end, amountCents } = line;
  const figures = seenOf(line);
  const whole = books.periodsAt(start).find((period) => period.wholeEnd === end);
  if (!whole)
    return unexplained(
      `${nameOf(line)}, a change of ${planId} in a period that we do not know`,
      figures,
    );
  const isCredit = isBack(line);
  const held = changeable(whole, amountCents).filter((plan) => plan.planId === planId);
  // Stripe credits a part of what it once charged, and that was a rounded amount.
  const explanations = held.map((one) => {
    const { what, ours } = prorated(one, whole, line);
    return explained(what, ours, figures, isCredit ? 1 : 0);
  });
  // Quantity or catalog version may have changed, and the plan not: it is one of those that held.
  const one = explanations.find(({ equal }) => equal) ?? explanations[0];
  if (one) return one;
  if (!whole.isPastKnown) return asItIs(line, `${planId}, a change`);
  return unexplained(`${nameOf(line)}, a change of ${planId}, which was not held`, figures);
}

function prorated(plan: PlanPrice, whole: BookedPeriod, line: InvoiceLine) {
  const { start, end } = line;
  const isCredit = isBack(line);
  const full = plan.monthlyPriceCents * plan.quantity;
  const rest = exactProportion(full, end - start, whole.wholeEnd - whole.start);
  return {
    what: `${plan.planId} from ${isoSecond(start)}${isCredit ? ', given back' : ''}`,
    ours: {
      ...{ quantity: plan.quantity, pricePerMillionTokens: null },
      exactCents: isCredit ? `-${rest}` : rest,
    },
  };
}

/** The plan that was changed from is given back, or all of it where the period was cut short. */
function changeable({ plans, end, wholeEnd }: BookedPeriod, amountCents: number) {
  if (amountCents > 0) return plans.slice(1);
  // An amount of nothing may be any of them.
  if (amountCents === 0) return plans;
  return end < wholeEnd ? plans : plans.slice(0, -1);
}

/**
 * A change credits the plan before and charges the one after, from the same second on: one without
 * the other is found out. If Stripe settled neither, that may have been asked for.
 */
export function missingProrations({ lines }: InvoiceSnapshot, books: Books): ExplainedLine[] {
  const prorated = lines.filter(({ proratedPlan }) => proratedPlan !== undefined);
  return prorated
    .filter((line, at) => prorated.findIndex(isBeside(line)) === at)
    .filter((line) => prorated.every(isBeside(line, line)))
    .flatMap((line) => otherSide(line, books));
}

/**
 * Tells of lines from the same second on. With `side`, they are not of the other side of the
 * change.
 */
const isBeside =
  (one: InvoiceLine, side?: InvoiceLine) =>
  (other: InvoiceLine): boolean => {
    const isSame = one.start === other.start && one.end === other.end;
    if (!side) return isSame;
    return !isSame || (isBack(other) === isBack(side) && other.amountCents !== 0);
  };

const isBack = ({ amountCents }: InvoiceLine): boolean => amountCents < 0;

/** What must be there beside the line, unless it comes to nothing. */
function otherSide(line: InvoiceLine, books: Books): ExplainedLine[] {
  const { start, end } = line;
  const whole = books.periodsAt(start).find((period) => period.wholeEnd === end);
  if (!whole?.isPastKnown) return [];
  // What ended with the period is given back, and nothing is charged in its place.
  if (isBack(line) && start >= whole.end) return [];
  const plan = whole.plans[besideIt(line, whole)];
  if (!plan) return [];
  const other = prorated(plan, whole, { ...line, amountCents: -line.amountCents });
  const missing = { invoiceQuantity: 0, invoiceAmountCents: 0 };
  const { what, ours } = other;
  const explanation = explained(what, ours, missing);
  return explanation.amountCents === 0 ? [] : [explanation];
}

/** Nobody knows the plans of a period that an earlier release of ours has changed. */
const asItIs = (line: InvoiceLine, what: string): ExplainedLine =>
  explained(
    `${what}, as Stripe has it`,
    {
      quantity: line.quantity,
      pricePerMillionTokens: null,
      exactCents: String(line.amountCents),
    },
    seenOf(line),
  );

/**
 * Where the plan after the one that is given back stands, or before the one that is charged. A plan
 * that was held more than once, by two versions perhaps, is known by the amount; of several the
 * latest is meant.
 */
function besideIt(line: InvoiceLine, whole: BookedPeriod): number {
  const step = isBack(line) ? 1 : -1;
  const own = whole.plans.flatMap((plan, at) => {
    const isLast = at === whole.plans.length - 1;
    return plan.planId === line.proratedPlan && !(isBack(line) && isLast) ? [{ plan, at }] : [];
  });
  const isIt = ({ plan }: { readonly plan: PlanPrice }) => {
    const { what, ours } = prorated(plan, whole, line);
    return explained(what, ours, seenOf(line), isBack(line) ? 1 : 0).equal;
  };
  const match = own.filter(isIt).at(-1) ?? (isBack(line) ? own[0] : own.at(-1));
  return match ? match.at + step : -1;
}
