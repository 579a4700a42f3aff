/** What a customer does in the portal by its forms, and where their browser goes next. */
import type { Control } from '../control/route';
import type { Customer } from '../objects';
import { callApi } from '../page/api-call';
import { outcomeOf } from '../page/challenge';
import { tell } from '../page/forms';
import { placeOf, visitOf } from '../page/portal-session';
import type { Visit } from '../page/portal-session';
import { invalid, StripeFault } from '../protocol/fault';
import { answerBank, putInCard } from './card-change';
import { acceptOffer, cancelOrResume, changePlan } from './subscription-change';

type Order = Record<string, unknown>;

/** A flow is done once what it is for is; a bank that asks is asked on a page of its own. */
export async function doInPortal(
  control: Control,
  pathname: string,
  order: Order,
): Promise<string> {
  const { secret, step, address } = placeOf(pathname);
  const visit = visitOf(control.world, secret);
  if (!visit) return tell(address, 'wrong', 'This session has expired.');
  const { session } = visit;
  try {
    const text = await act(control, visit, step, order);
    if (session.waitingSetup !== null) return `${address}/challenge`;
    session.isFlowDone = session.flow !== null;
    control.world.store.put('billing_portal.session', session);
    return tell(address, 'said', text);
  } catch (error) {
    if (error instanceof StripeFault) return tell(address, 'wrong', error.message);
    throw error;
  }
}

async function act(control: Control, visit: Visit, step: string, order: Order): Promise<string> {
  const { customer, configuration } = visit;
  const { features } = configuration;
  const text = (name: string): string => String(order[name] ?? '');
  switch (step) {
    case 'card':
      assertAllowed(features.payment_method_update.enabled, step);
      return putInCard(control, visit, {
        ...{ number: text('number'), expiry: text('expiry'), cvc: text('cvc') },
        ...{ token: text('card'), name: text('name') },
      });
    case 'answer':
      return answerBank(control, visit, outcomeOf(text('outcome')));
    case 'details':
      assertAllowed(features.customer_update.enabled, step);
      return changeDetails(control, visit, order);
    case 'pay': {
      assertAllowed(features.invoice_history.enabled, step);
      const invoice = control.world.store.get('invoice', text('invoice'));
      assertOwn(invoice?.customer, customer, 'invoice');
      await callApi(control, `POST /v1/invoices/${text('invoice')}/pay`);
      return 'The invoice is paid.';
    }
    default: {
      const id = text('subscription');
      assertOwn(control.world.store.get('subscription', id)?.customer, customer, 'subscription');
      return onSubscription(control, visit, step, order);
    }
  }
}

async function onSubscription(
  control: Control,
  visit: Visit,
  step: string,
  order: Order,
): Promise<string> {
  const { features } = visit.configuration;
  const id = String(order.subscription ?? '');
  switch (step) {
    case 'cancel':
    case 'resume':
      assertAllowed(features.subscription_cancel.enabled, step);
      return cancelOrResume(control, features.subscription_cancel, step, id);
    case 'stay':
      return acceptOffer(control, visit, id);
    case 'update': {
      assertAllowed(features.subscription_update.enabled, step);
      const price = String(order.price ?? '');
      return changePlan(control, visit, id, price);
    }
    default:
      throw invalid(`The portal does not do ${step}.`);
  }
}

async function changeDetails(
  control: Control,
  { customer, configuration }: Visit,
  order: Order,
): Promise<string> {
  const { allowed_updates: allowedFields } = configuration.features.customer_update;
  const update = allowedFields.flatMap((name) =>
    typeof order[name] === 'string' ? [[name, order[name]] as const] : [],
  );
  await callApi(control, `POST /v1/customers/${customer.id}`, Object.fromEntries(update));
  return 'Your details are changed.';
}

function assertAllowed(isAllowed: boolean, action: string): void {
  if (!isAllowed) throw invalid(`This portal’s configuration does not allow ${action}.`);
}

function assertOwn(owner: string | undefined, customer: Customer, kind: string): void {
  if (owner !== customer.id) throw invalid(`That ${kind} is not yours.`);
}
