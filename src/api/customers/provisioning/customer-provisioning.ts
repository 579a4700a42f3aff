/**
 * Bringing a customer about: our row, Stripe's customer, card and subscription, and the billing
 * workflow. It may break off anywhere; asking again goes on from there and never makes a thing
 * twice.
 */
import type { Pool } from 'pg';
import { findPlan } from '../../../core/plans/catalog';
import { DomainError, invariant } from '../../../core/errors';
import { appendAuditEntry } from '../../../db/audit-entries';
import { findCustomer } from '../../../db/customers';
import type { Customer } from '../../../db/customers';
import {
  insertCustomer,
  setAutoUpgrade,
  setStripeCustomerId,
  setSubscriptionId,
  updateContact,
} from '../../../db/customers-write';
import {
  createPlanSubscription,
  createStripeCustomer,
  describeStripeCustomer,
} from '../../../stripe/customer-setup';
import { clientSecretOf, useCard } from '../../../stripe/payment-method';
import { classifyStripeError, isMissingCustomer } from '../../../stripe/errors';
import type { Clocks } from '../../../stripe/test-clocks';
import { comeBack, hasEnded } from './coming-back';
import type { ProvisioningDeps } from './provisioning-deps';
import { refuseOtherTerms } from './customer-terms';
import { isPaidLater } from './first-payment';
import { recordFirstPeriod } from './first-period';
import { refuseObserved } from './observed-customer';
import { takeUpCheckout } from '../../checkout/take-up-checkout';
import { asStripeProblem } from '../../http/stripe-problem';
import { vendorTerms } from '../vendor-terms';
import type { CustomerRequest } from './customer-request';

export interface Provisioned {
  readonly customer: Customer;
  readonly isNew: boolean;
  /** The first payment waits for its confirmation. */
  readonly clientSecret: string | undefined;
}

export async function provisionCustomer(
  deps: ProvisioningDeps,
  id: string,
  request: CustomerRequest,
): Promise<Provisioned> {
  try {
    const customer = await findCustomer(deps.pool, id);
    const isNew = customer === undefined && (await recordCustomer(deps, id, request));
    await continueCustomer(deps, await expectCustomer(deps.pool, id), request);
    const customerNow = await expectCustomer(deps.pool, id);
    return {
      customer: customerNow,
      isNew,
      clientSecret: await secretOf(deps, customerNow, request),
    };
  } catch (error) {
    throw asDeleted(id, error) ?? asStripeProblem(`Customer ${id}`, error);
  }
}

/** Stripe brings no deleted customer back: asking again is of no use. */
export function asDeleted(id: string, error: unknown): DomainError | undefined {
  if (!isMissingCustomer(error)) return undefined;
  return new DomainError(
    'customer_deleted',
    `Customer ${id} was deleted at Stripe, for good: what is left to bill is to be invoiced by hand. ` +
      'A customer who was deleted comes back under another id.',
  );
}

/** The row, which claims the id. Only what Stripe would refuse for good is checked before. */
export async function recordCustomer(
  { pool, catalog, clocks, isTestMode }: ProvisioningDeps,
  customer: string,
  request: CustomerRequest,
  { awaitsCheckout = false } = {},
): Promise<boolean> {
  const plan = findPlan(catalog, request.plan ?? catalog.defaultPlan).id;
  await refuseObserved(pool, customer);
  await vendorTerms(pool, catalog, plan);
  const testClock = request.testClock ?? null;
  if (testClock !== null) await expectTestClock(clocks, isTestMode, testClock);
  const { email, name = null, trialDays = null, autoUpgrade = false } = request;
  return insertCustomer(pool, {
    ...{ customer, email, name, plan, testClock, trialDays, autoUpgrade, awaitsCheckout },
  });
}

async function continueCustomer(
  deps: ProvisioningDeps,
  row: Customer,
  request: CustomerRequest,
): Promise<void> {
  const { pool, stripe } = deps;
  const { customer } = row;
  refuseOtherTerms(row, request);
  const contact = {
    email: request.email,
    name: request.name === undefined ? row.name : request.name,
  };
  const stripeCustomerId = await atStripe(deps, row);
  const isChanged = contact.email !== row.email || contact.name !== row.name;
  if (isChanged || row.subscriptionId === null) {
    // Stripe first: should our row not follow, the next request still sees the difference.
    await describeStripeCustomer(stripe, stripeCustomerId, contact);
    if (isChanged) await updateContact(pool, customer, contact);
  }
  if (request.autoUpgrade !== undefined && request.autoUpgrade !== row.autoUpgrade) {
    await setAutoUpgrade(pool, customer, request.autoUpgrade);
    if (row.subscriptionId !== null) await deps.readSubscriptionAgain(customer, row.subscriptionId);
  }
  const { paymentMethod } = request;
  // Who was sent to Checkout subscribes there, unless this request says how they pay.
  if (row.awaitsCheckout && paymentMethod === undefined)
    return void (await takeUpCheckout(deps, row));
  if (paymentMethod !== undefined && paymentMethod !== 'later')
    await useCard(stripe, paymentMethod, { ...tried(row), stripeCustomerId });
  if (row.subscriptionId === null) await subscribe(deps, row, stripeCustomerId, paymentMethod);
  if (request.plan !== undefined && hasEnded(row))
    await comeBack(deps, row, { stripeCustomerId, plan: request.plan, paymentMethod });
  if (row.billingStatus === 'pending') await startBilling(deps, customer);
}

/** Stripe's id of the customer, who is made there where they are not. */
export async function atStripe(deps: ProvisioningDeps, row: Customer): Promise<string> {
  await auditCustomer(deps.pool, row);
  if (row.stripeCustomerId !== null) return row.stripeCustomerId;
  const id = await createStripeCustomer(deps.stripe, tried(row));
  await setStripeCustomerId(deps.pool, row.customer, id);
  return id;
}

async function subscribe(
  deps: ProvisioningDeps,
  row: Customer,
  stripeCustomerId: string,
  paymentMethod: string | undefined,
): Promise<void> {
  const { pool, stripe, catalog } = deps;
  const request = tried(row);
  const terms = {
    isPaidLater: await isPaidLater(deps, stripeCustomerId, request, paymentMethod),
    vendor: await vendorTerms(pool, catalog, row.plan),
  };
  const subscription = await createPlanSubscription(
    ...([stripe, catalog, stripeCustomerId, request, terms] as const),
  );
  const subscriptionId = subscription.id;
  await appendAuditEntry(pool, {
    customer: row.customer,
    key: `customer:${row.customer}:subscribed`,
    kind: 'subscription_created',
    detail: { plan: row.plan, stripeCustomerId, subscriptionId },
  });
  await recordFirstPeriod(pool, catalog, row, stripeCustomerId, subscription);
  // Last: until it is stored, the next request repeats this step, its entry included.
  await setSubscriptionId(pool, row.customer, subscriptionId);
}

/** Stripe is asked only where the first payment may wait. */
async function secretOf(
  { stripe, isTestMode }: ProvisioningDeps,
  { subscriptionId, billingStatus }: Customer,
  { paymentMethod }: CustomerRequest,
): Promise<string | undefined> {
  const isNew = billingStatus === 'pending' && (paymentMethod !== undefined || !isTestMode);
  if (subscriptionId === null || !(isNew || billingStatus === 'incomplete')) return undefined;
  return clientSecretOf(stripe, subscriptionId);
}

function auditCustomer(pool: Pool, row: Customer): Promise<void> | undefined {
  if (row.subscriptionId !== null) return undefined;
  return appendAuditEntry(pool, {
    customer: row.customer,
    key: `customer:${row.customer}:created`,
    kind: 'customer_created',
    detail: { plan: row.plan, testClock: row.testClock },
    at: row.createdAt,
  });
}

/**
 * Temporal may be down. Stripe's `customer.subscription.created` waits in the inbox and starts it.
 */
async function startBilling(deps: ProvisioningDeps, customer: string): Promise<void> {
  try {
    await deps.startBilling(customer);
  } catch (error) {
    deps.log.warn({ customer, err: error }, 'billing workflow not started yet');
  }
}

function tried(row: Customer) {
  // No subscription can be there before Stripe's customer is.
  const isNew = row.stripeCustomerId === null;
  return { ...row, isNew, firstTriedAt: row.createdAt, now: new Date() };
}

async function expectTestClock(
  clocks: Clocks,
  isTestMode: boolean,
  testClock: string,
): Promise<void> {
  if (!isTestMode) {
    throw new DomainError(
      'invalid_request',
      `testClock is ${testClock}, but the Stripe key is a live one: leave testClock out.`,
    );
  }
  await clocks.now(testClock).catch((error: unknown) => {
    if (classifyStripeError(error)?.kind !== 'invalid') throw error;
    throw new DomainError(
      'invalid_request',
      `testClock is ${testClock}: expected the id of a test clock that Stripe has (clock_…).`,
    );
  });
}

async function expectCustomer(pool: Pool, customer: string): Promise<Customer> {
  const row = await findCustomer(pool, customer);
  invariant(row, `Customer ${customer} vanished while it was created.`);
  return row;
}
