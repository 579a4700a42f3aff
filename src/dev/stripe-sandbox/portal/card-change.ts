/**
 * A card that a customer puts in at the portal: it is set up for payments at which they are not
 * there, and becomes the customer's default. What a subscription has of its own stays as it is:
 * "The payment method is set as the customer.invoice_settings.default_payment_method"
 * (docs.stripe.com/customer-management/portal-deep-links).
 */
import { authenticateSetup, confirmSetup, newSetupIntent } from '../billing/setups';
import { tokenOf } from '../checkout/card-form';
import type { TypedCard } from '../checkout/card-form';
import type { Control } from '../control/route';
import { emit } from '../events';
import { callApi } from '../page/api-call';
import type { Visit } from '../page/portal-session';
import { invalid } from '../protocol/fault';
import { resolvePaymentMethod } from '../routes/payment-methods';

/** `token` is one of the cards to choose from, where no number is typed. */
export async function putInCard(
  control: Control,
  { session, customer }: Visit,
  typedCard: TypedCard & { token: string; name: string },
): Promise<string> {
  const { world } = control;
  const token = typedCard.token || tokenOf(world, typedCard);
  const method = resolvePaymentMethod(world, token, 'card');
  const name = typedCard.name || null;
  method.billing_details = { ...(method.billing_details as object), name };
  world.store.put('payment_method', method);
  const setup = newSetupIntent(world, customer.id);
  world.store.put('setup_intent', setup);
  emit(world, 'setup_intent.created', setup);
  confirmSetup(world, setup, method, undefined);
  session.waitingSetup = setup.status === 'requires_action' ? setup.id : null;
  world.store.put('billing_portal.session', session);
  if (session.waitingSetup !== null) return 'Your bank asks.';
  return becomeDefault(control, customer.id, method.id);
}

export async function answerBank(
  control: Control,
  { session, customer }: Visit,
  outcome: 'fail' | 'succeed',
): Promise<string> {
  const { world } = control;
  const setup = world.store.get('setup_intent', session.waitingSetup ?? '');
  if (!setup) throw invalid('No bank has asked anything about this card.');
  const method = String(setup.payment_method);
  session.waitingSetup = null;
  world.store.put('billing_portal.session', session);
  authenticateSetup(world, setup, outcome);
  if (outcome === 'fail')
    throw invalid(
      'We are unable to authenticate your payment method. Please choose a different payment ' +
        'method and try again.',
    );
  return becomeDefault(control, customer.id, method);
}

async function becomeDefault(control: Control, customer: string, method: string): Promise<string> {
  const name = 'invoice_settings[default_payment_method]';
  await callApi(control, `POST /v1/customers/${customer}`, { [name]: method });
  return 'The new card is used from now on.';
}
