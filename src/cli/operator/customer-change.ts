/** `tollkeeper customer plan`, `cancel` and `resume`: told with figures before they are done. */
import { requireCustomer } from '../../api/customers/customer-period';
import { planPreview } from '../../api/customers/plan-preview';
import type { PlanPreviewView } from '../../api/customers/plan-preview';
import { requireSubscribed } from '../../api/customers/subscription-changes';
import { findPlan } from '../../core/plans/catalog';
import { DomainError } from '../../core/errors';
import { formatCents } from '../../core/money';
import { isoSecond } from '../../core/period';
import {
  assertChangeable,
  assertPlanChange,
  assertSameOwner,
  defaultChangeTime,
} from '../../core/subscription/plan-change';
import type { ChangeTime } from '../../core/subscription/plan-change';
import { costOf } from '../../core/invoices/period-figures';
import { statementOf } from '../../core/invoices/statement';
import type { BillingState } from '../../core/state/billing-state';
import type { PeriodState } from '../../core/state/period-state';
import { lastKnownPeriod } from '../../core/state/periods';
import { confirmation, done, NOTHING_DONE, printOutcome } from '../terminal/confirmation';
import type { Confirm, ConfirmOptions, Outcome } from '../terminal/confirmation';
import { askWorkflow } from '../../drift/ask-workflow';
import { versionOf } from '../../stripe/catalog-version';
import { asOperator, plainList } from './operator';
import type { ChangingDeps, OutputOptions } from './operator';
import { grouped } from '../../core/grouped';

export interface ChangeArguments extends ConfirmOptions, OutputOptions {
  readonly when?: ChangeTime;
  /** Today's prices and allowance apply, also to the plan of now. */
  readonly version?: 'current';
}

const WHEN: Readonly<Record<ChangeTime, string>> = {
  now: 'now',
  period_end: 'with the next period',
};

export async function changePlan(id: string, plan: string, options: ChangeArguments) {
  await asOperator(async (deps) =>
    printOutcome(
      await changeCustomerPlan(deps, id, { plan, ...options }, confirmation(options)),
      options,
    ),
  );
}

export async function changeCustomerPlan(
  deps: ChangingDeps,
  id: string,
  wish: { readonly plan: string } & Pick<ChangeArguments, 'when' | 'version'>,
  confirm: Confirm,
): Promise<Outcome> {
  const { catalog, updates } = deps;
  const customer = await requireSubscribed(deps, id);
  const planId = findPlan(catalog, wish.plan).id;
  assertSameOwner(catalog, customer.plan, planId);
  const changeTime = wish.when ?? defaultChangeTime(catalog, customer.plan, planId);
  const catalogTerms = wish.version === 'current' ? { catalogVersion: versionOf(catalog) } : {};
  const change = { planId, when: changeTime, ...catalogTerms };
  assertPlanChange((await heard(deps, id)).state, change);
  const preview = await planPreview(deps, customer, change);
  if (!(await confirm(planQuestion(id, customer.plan, preview)))) return NOTHING_DONE;
  const outcome = await updates.changePlan(id, change);
  return done(`${id} is on ${planId} from ${isoSecond(outcome.from)} on.`);
}

function planQuestion(id: string, currentPlan: string, preview: PlanPreviewView): string {
  const { dueNowCents, currency, effectiveFrom, usage, when, terms } = preview;
  const usageText = ({ overageTokens, amountCents }: typeof usage.before) =>
    `${grouped(overageTokens)} tokens over, ${formatCents(amountCents, currency)}`;
  return plainList([
    ['customer', id],
    ['plan', `${currentPlan}, then ${preview.plan} ${WHEN[when]} (from ${effectiveFrom})`],
    ['prices before', pricesText(terms.before, currency)],
    ['prices after', pricesText(terms.after, currency)],
    ['base price', `${formatCents(Math.abs(dueNowCents), currency)} ${dueText(dueNowCents)}`],
    ...preview.lines.map(
      ({ description, amountCents }) =>
        ['', `${formatCents(amountCents, currency)}  ${description}`] as const,
    ),
    ['this period', `${usageText(usage.before)} as it is`],
    ['', when === 'now' ? `${usageText(usage.after)} after the change` : 'stays as it is'],
  ]);
}

function pricesText(terms: PlanPreviewView['terms']['before'], currency: string): string {
  const { monthlyPriceCents, includedTokens, rates } = terms;
  const includedText =
    includedTokens === null ? 'unlimited' : `${grouped(includedTokens)} included`;
  const perMillion = rates.map(({ rate, pricePerMillionTokens: price }) => `${rate} ${price}`);
  const base = `${formatCents(monthlyPriceCents, currency)} a month`;
  return `${base}, ${includedText}, a million tokens: ${perMillion.join(', ') || 'none'}`;
}

const dueText = (cents: number): string =>
  cents < 0 ? 'credited' : 'due now for the rest of the period';

export async function cancel(id: string, options: ChangeArguments): Promise<void> {
  await asOperator(async (deps) =>
    printOutcome(
      await cancelSubscription(deps, id, options.when ?? 'period_end', confirmation(options)),
      options,
    ),
  );
}

export async function cancelSubscription(
  deps: ChangingDeps,
  id: string,
  changeTime: ChangeTime,
  confirm: Confirm,
): Promise<Outcome> {
  const customer = await requireSubscribed(deps, id);
  const { state, current } = await heard(deps, id);
  assertChangeable(state);
  const end = changeTime === 'now' ? 'now' : `with the period, at ${isoSecond(current.end)}`;
  const question = plainList([
    ['customer', id],
    ['plan', `${customer.plan}, ${state.billingStatus}`],
    ...usageRows(state, current, deps.catalog.currency),
    ['cancel', `the subscription ends ${end}. Usage up to then is invoiced; nothing is refunded`],
  ]);
  if (!(await confirm(question))) return NOTHING_DONE;
  await deps.updates.changeSubscription(id, { action: 'cancel', when: changeTime });
  const { cancelAt, billingStatus } = await requireCustomer(deps.pool, id);
  const ends = cancelAt ? `ends at ${cancelAt.toISOString()}` : `is ${billingStatus}`;
  return done(`The subscription of ${id} ${ends}.`);
}

export async function resume(id: string, options: ChangeArguments): Promise<void> {
  await asOperator(async (deps) =>
    printOutcome(await resumeSubscription(deps, id, confirmation(options)), options),
  );
}

export async function resumeSubscription(
  deps: ChangingDeps,
  id: string,
  confirm: Confirm,
): Promise<Outcome> {
  const customer = await requireSubscribed(deps, id);
  const { state, current } = await heard(deps, id);
  assertChangeable(state);
  const { cancelAt, collectionPaused } = customer;
  const question = plainList([
    ['customer', id],
    ['plan', `${customer.plan}, ${state.billingStatus}`],
    ['ends', cancelAt?.toISOString() ?? 'not, as it is'],
    ['collection', collectionPaused === null ? 'goes on' : `paused, ${collectionPaused}`],
    ...usageRows(state, current, deps.catalog.currency),
    ['resume', 'the subscription goes on, and its invoices are collected'],
  ]);
  if (!(await confirm(question))) return NOTHING_DONE;
  await deps.updates.changeSubscription(id, { action: 'resume' });
  return done(`The subscription of ${id} goes on.`);
}

function usageRows(
  state: BillingState,
  period: PeriodState,
  currency: string,
): (readonly [string, string])[] {
  const statement = statementOf(state, period);
  const { usageCents } = costOf(period.terms, statement);
  const { usedTokens, overageTokens } = statement;
  return [
    ['this period', `${grouped(usedTokens)} tokens, ${grouped(overageTokens)} over`],
    ['overage so far', formatCents(usageCents, currency)],
  ];
}

/** What the workflow says: without it nothing can be changed. */
async function heard(
  deps: ChangingDeps,
  id: string,
): Promise<{ readonly state: BillingState; readonly current: PeriodState }> {
  const answer = await askWorkflow(deps, id);
  if (!answer.answered) throw new DomainError('billing_unavailable', answer.reason);
  const period = lastKnownPeriod(answer.state);
  if (period) return { state: answer.state, current: period };
  assertChangeable(answer.state);
  throw new DomainError('subscription_not_active', `The subscription of ${id} has no period yet.`);
}
