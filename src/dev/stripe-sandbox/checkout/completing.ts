/** How a session ends: paid by a card, for which the bank may ask, or expired. */
import { outcomeOf } from '../billing/charging';
import type { CardBehaviour } from '../billing/cards';
import { startSubscription, pricesOf } from '../billing/start';
import { setSubscriptionTerms } from '../connect/billing-terms';
import { change, emit } from '../events';
import { behaviourOf } from '../money/capture';
import type { Customer, PaymentMethod, Subscription } from '../objects';
import type { CheckoutSession } from '../objects-checkout';
import { cardDeclined, invalid } from '../protocol/fault';
import { namedCustomer, stored } from '../protocol/lookup';
import { newCustomer } from '../routes/customers';
import { setAnchor, setTrialSettings } from '../routes/subscription-fields';
import { resolvePaymentMethod } from '../routes/payment-methods';
import { newSubscription } from '../shapes/subscription';
import { accountNow, customerNow } from '../world';
import type { World } from '../world';
import { tokenOf } from './card-form';
import type { TypedCard } from './card-form';
import { expireSession } from './expiry';
import { assertCodeHolds, redeemOf } from './session-discount';
import { setUp } from './set-up';
import { awaitBank } from './slow-payments';

export interface Payer extends TypedCard {
  email: string | null;
  name: string | null;
}

/** A card that is declined leaves the session open, for another one. */
export function payByCard(
  world: World,
  session: CheckoutSession,
  payer: Payer,
): 'challenge' | 'complete' {
  assertOpen(world, session);
  assertCodeHolds(world, session);
  if (emailOf(world, session, payer.email) === null) throw invalid('Your email is incomplete.');
  const method = resolvePaymentMethod(world, tokenOf(world, payer));
  const { email, name } = payer;
  method.billing_details = { ...(method.billing_details as object), email, name };
  world.store.put('payment_method', method);
  const behaviour = behaviourOf(world, method.id);
  const refusal = behaviour?.onAttach;
  if (refusal) throw cardDeclined(refusal.code, refusal.declineCode, refusal.message);
  if (asksBank(session, behaviour)) {
    session.waitingCard = { method: method.id, email, name };
    world.store.put('checkout.session', session);
    return 'challenge';
  }
  complete(world, session, method, payer);
  return 'complete';
}

/** What the cardholder answered on the bank's page. */
export function answerBank(
  world: World,
  session: CheckoutSession,
  outcome: 'fail' | 'succeed',
): void {
  const { waitingCard } = session;
  if (!waitingCard) throw invalid('No bank has asked anything about this session.');
  session.waitingCard = null;
  world.store.put('checkout.session', session);
  if (outcome === 'fail')
    throw invalid(
      'We are unable to authenticate your payment method. Please choose a different payment ' +
        'method and try again.',
      { code: 'payment_intent_authentication_failure' },
    );
  assertOpen(world, session);
  assertCodeHolds(world, session);
  const method = stored(world, 'payment_method', waitingCard.method);
  complete(world, session, method, waitingCard);
}

/** A card that is only kept is asked about as its set-up is; one that pays as a payment is. */
function asksBank(session: CheckoutSession, behaviour: CardBehaviour | undefined): boolean {
  const isPayment = (session.amount_total ?? 0) > 0;
  const { authentication } = behaviour ?? {};
  return authentication === 'on_session' ? isPayment : authentication !== undefined;
}

export function assertOpen(world: World, session: CheckoutSession): void {
  if (session.status === 'open' && session.expires_at <= accountNow(world))
    expireSession(world, session);
  if (session.status === 'expired') throw invalid('This Checkout Session has expired.');
  if (session.status === 'complete') throw invalid('This Checkout Session is complete already.');
  if (session.customer !== null) namedCustomer(world, session.customer);
}

const emailOf = (world: World, session: CheckoutSession, typedEmail: string | null) =>
  world.store.get('customer', session.customer ?? '')?.email ??
  session.customer_email ??
  typedEmail;

/** The bank takes days to answer, as with direct debits: meanwhile nothing is paid. */
export function payLater(world: World, session: CheckoutSession): void {
  assertOpen(world, session);
  if (session.mode !== 'subscription' || !session.amount_total)
    throw invalid('Only a session in subscription mode with an amount can be paid later.');
  const method = resolvePaymentMethod(world, 'pm_card_visa');
  complete(world, session, method, { email: session.customer_email, name: null }, true);
}

function complete(
  world: World,
  session: CheckoutSession,
  method: PaymentMethod,
  payer: { email: string | null; name: string | null },
  isLater = false,
): void {
  const customer = customerOf(world, session, payer);
  const total = session.amount_total ?? 0;
  const refusal =
    total > 0 && !isLater
      ? outcomeOf(
          world,
          customer.id,
          { ...method, customer: customer.id },
          { isAuthenticated: true },
        )
      : null;
  if (refusal) throw cardDeclined(refusal.code, refusal.declineCode, refusal.message);
  Object.assign(method, { customer: customer.id, isSetUp: true });
  world.store.put('payment_method', method);
  emit(world, 'payment_method.attached', method);
  if (session.mode === 'setup') session.setup_intent = setUp(world, customer, method).id;
  else {
    const subscription = subscribe(world, { session, customer, method, isLater });
    Object.assign(session, {
      ...{ subscription: subscription.id, invoice: subscription.latest_invoice },
      payment_status: statusOf(total, isLater),
    });
  }
  Object.assign(session, {
    ...{ status: 'complete', url: null, customer: customer.id },
    customer_details: {
      ...{ address: null, business_name: null, individual_name: null, phone: null },
      ...{ email: customer.email, name: payer.name, tax_exempt: 'none', tax_ids: [] },
    },
  });
  world.store.put('checkout.session', session);
  emit(world, 'checkout.session.completed', session);
}

/** "Checkout will set the email entered during the session on the Customer" if it has none. */
function customerOf(
  world: World,
  session: CheckoutSession,
  payer: { email: string | null; name: string | null },
): Customer {
  const email = emailOf(world, session, payer.email);
  if (session.customer !== null) {
    const customer = namedCustomer(world, session.customer);
    if (customer.email === null) change(world, 'customer', customer, { email }, 'customer.updated');
    return customer;
  }
  const customer = newCustomer(world, null);
  Object.assign(customer, { email, name: payer.name });
  world.store.put('customer', customer);
  emit(world, 'customer.created', customer);
  return customer;
}

interface Sale {
  session: CheckoutSession;
  customer: Customer;
  method: PaymentMethod;
  isLater: boolean;
}

function statusOf(total: number, isLater: boolean): CheckoutSession['payment_status'] {
  if (total === 0) return 'no_payment_required';
  return isLater ? 'unpaid' : 'paid';
}

/** The card is the subscription's own default, and not the customer's. */
function subscribe(world: World, sale: Sale): Subscription {
  const { session, customer, method, isLater } = sale;
  const { terms } = session;
  const items = session.lines.map(({ price, quantity }) => ({
    price,
    ...(quantity !== null && { quantity }),
  }));
  const now = customerNow(world, customer);
  const subscription = newSubscription(customer, session.currency ?? 'usd', now);
  const { type, flexible } = terms.billing_mode ?? {};
  if (type === 'classic') subscription.billing_mode = { type };
  else if (flexible) subscription.billing_mode = { type: 'flexible', flexible };
  subscription.metadata = { ...terms.metadata };
  subscription.description = terms.description ?? null;
  subscription.default_payment_method = method.id;
  setSubscriptionTerms(world, subscription, terms);
  setTrialSettings(subscription, terms.trial_settings);
  setAnchor(subscription, now, terms);
  const holder = { customer, subscription: subscription.id, now };
  const discounts = redeemOf(world, session, holder);
  subscription.discounts = discounts.map(({ id }) => id);
  startSubscription(world, {
    discounts,
    ...{ subscription, customer, items, now, prices: pricesOf(world, items) },
    ...{ isProrated: true, isAuthenticated: true },
    paymentBehavior: isLater ? 'default_incomplete' : 'allow_incomplete',
  });
  if (isLater) awaitBank(world, subscription);
  return subscription;
}
