/**
 * What customers change themselves. Each change is under a key of the page's, so that pressing
 * twice does it once; one that costs something is refused where it costs more than was shown.
 */
import { z } from 'zod';
import { findPlan } from '../../core/plans/catalog';
import { DomainError, invariant } from '../../core/errors';
import type {
  ChangeTime,
  PlanChange,
  SubscriptionChange,
} from '../../core/subscription/plan-change';
import { assertSameOwner, defaultChangeTime } from '../../core/subscription/plan-change';
import type { ChangePrice } from '../../dashboard/standing';
import { appendAuditEntry } from '../../db/audit-entries';
import type { Customer } from '../../db/customers';
import { storableId } from '../../ingest/storable-text';
import { requireCustomer } from '../customers/customer-period';
import { planPreview } from '../customers/plan-preview';
import { requireSubscribed } from '../customers/subscription-changes';
import { assertOffered, standingOf } from './standing';
import type { SelfServiceDeps } from './self-service-deps';

export const priceRequestSchema = z.strictObject({ plan: storableId(200) });

/** What the customer has agreed to, as they were shown it. */
export const planOrderSchema = z.strictObject({
  plan: storableId(200),
  way: z.enum(['now', 'period_end']).meta({ description: 'When it begins', example: 'now' }),
  dueNowCents: z.number().int().meta({ description: 'As the price said', example: 7_000 }),
  planPriceCents: z
    .number()
    .int()
    .meta({ description: 'Of each period, as `nextInvoice` of the price said', example: 9_900 }),
});
type PlanOrder = z.infer<typeof planOrderSchema>;

export const resumptionSchema = z.strictObject({ dueNowCents: z.number().int() });

type Subscribed = Customer & { readonly subscriptionId: string };

export async function priceOf(
  deps: SelfServiceDeps,
  id: string,
  planId: string,
): Promise<ChangePrice> {
  const customer = await requireSubscribed(deps, id);
  assertMayChangeTo(deps, customer, planId);
  return priced(deps, customer, planId, defaultChangeTime(deps.catalog, customer.plan, planId));
}

async function priced(
  deps: SelfServiceDeps,
  customer: Subscribed,
  planId: string,
  way: ChangeTime,
): Promise<ChangePrice> {
  const price = await planPreview(deps, customer, changeTo(customer, planId, way));
  const { effectiveFrom, currency, dueNowCents, lines, nextInvoice } = price;
  return {
    ...{ plan: planId, name: findPlan(deps.catalog, planId).name, way },
    ...{ effectiveFrom, currency, dueNowCents, lines, nextInvoice },
    takesBackCancellation: customer.cancelAt !== null,
  };
}

/** Who changes the plan goes on: a cancellation that waits is taken back, as the page says. */
const changeTo = ({ cancelAt }: Customer, planId: string, when: ChangeTime): PlanChange => ({
  ...{ planId, when },
  ...(cancelAt !== null && { resume: true }),
});

function assertMayChangeTo({ catalog }: SelfServiceDeps, customer: Customer, planId: string): void {
  assertSameOwner(catalog, customer.plan, findPlan(catalog, planId).id);
  assertOffered(catalog, customer, planId);
}

export async function changePlan(
  deps: SelfServiceDeps,
  id: string,
  order: PlanOrder,
  key: string,
): Promise<void> {
  const customer = await requireSubscribed(deps, id);
  assertMayChangeTo(deps, customer, order.plan);
  // A change that was made already under this key is answered, and has no price any more.
  if (order.way === 'period_end' || customer.plan !== order.plan)
    await assertAgreed(deps, customer, order);
  await deps.updates.changePlan(id, changeTo(customer, order.plan, order.way), key);
  await noteAgreed(deps, id, key, order);
}

/** Less is nobody's harm: what is left of a period costs less by the second. */
async function assertAgreed(
  deps: SelfServiceDeps,
  customer: Subscribed,
  order: PlanOrder,
): Promise<void> {
  const { plan, way, dueNowCents, planPriceCents } = order;
  const price = await priced(deps, customer, plan, way);
  const isTime = defaultChangeTime(deps.catalog, customer.plan, plan) === way;
  const isDearer =
    price.dueNowCents > dueNowCents || price.nextInvoice.planPriceCents > planPriceCents;
  if (isTime && !isDearer) return;
  throw priceChanged(
    `${plan}, ${way}, costs ${price.dueNowCents} cents now and ` +
      `${price.nextInvoice.planPriceCents} each period; ${dueNowCents} and ${planPriceCents} were agreed`,
  );
}

const priceChanged = (difference: string): DomainError =>
  new DomainError('price_changed', `${difference}. Nothing was changed.`);

/** Goes on after a trial that ended without a card: the next period is paid at once. */
export async function goOn(
  deps: SelfServiceDeps,
  id: string,
  { dueNowCents }: z.infer<typeof resumptionSchema>,
  key: string,
): Promise<void> {
  const customer = await requireCustomer(deps.pool, id);
  const { plan, billingStatus } = await standingOf(deps, customer, []);
  invariant(plan, `Customer ${id} has no plan to go on with.`);
  if (billingStatus === 'paused' && plan.monthlyPriceCents > dueNowCents)
    throw priceChanged(`${plan.monthlyPriceCents} cents are due, ${dueNowCents} were agreed`);
  await change(deps, id, { action: 'resume' }, key);
  await noteAgreed(deps, id, key, { plan: plan.id, dueNowCents });
}

export async function change(
  deps: SelfServiceDeps,
  id: string,
  subscriptionChange: SubscriptionChange,
  key: string,
): Promise<void> {
  await requireSubscribed(deps, id);
  await deps.updates.changeSubscription(id, subscriptionChange, key);
}

const noteAgreed = (
  { pool }: SelfServiceDeps,
  customer: string,
  key: string,
  agreed: object,
): Promise<void> =>
  appendAuditEntry(pool, {
    ...{ customer, key: `agreed:${key}`, kind: 'price_agreed_on_page' },
    detail: { ...agreed },
  });
