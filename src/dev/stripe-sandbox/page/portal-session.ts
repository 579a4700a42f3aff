/** A customer's visit to the portal: who it is, what they may do, and what they do. */
import type { Control } from '../control/route';
import type { Customer, Subscription } from '../objects';
import type { PortalConfiguration, PortalSession } from '../objects-portal';
import { invalid } from '../protocol/fault';
import type { World } from '../world';
import { accountNow } from '../world';
import { callApi } from './api-call';

const OPEN_FOR_S = 3600;

export interface Visit {
  session: PortalSession;
  configuration: PortalConfiguration;
  customer: Customer;
}

export function visitOf(world: World, secret: string): Visit | null {
  const session = world.store.where('billing_portal.session', 'secret', secret)[0];
  if (!session || accountNow(world) - session.created > OPEN_FOR_S) return null;
  const kind = 'billing_portal.configuration';
  const configuration = world.store.get(kind, session.configuration);
  const customer = world.store.get('customer', session.customer);
  return configuration && customer && !customer.deleted
    ? { session, configuration, customer }
    : null;
}

export function subscriptionsOf(world: World, customer: Customer): Subscription[] {
  return world.store
    .where('subscription', 'customer', customer.id)
    .filter((one) => one.ended_at === null);
}

/** Does what a form of the portal says; the answer is what to tell the customer. */
export async function doInPortal(
  control: Control,
  visit: Visit,
  action: string,
  order: Record<string, unknown>,
): Promise<string> {
  const { customer, configuration } = visit;
  const { features } = configuration;
  const text = (name: string): string => String(order[name] ?? '');
  switch (action) {
    case 'card':
      assertAllowed(features.payment_method_update.enabled, action);
      return changeCard(control, customer, text('card'));
    case 'details':
      assertAllowed(features.customer_update.enabled, action);
      return changeDetails(control, visit, order);
    case 'pay': {
      assertAllowed(features.invoice_history.enabled, action);
      const invoice = control.world.store.get('invoice', text('invoice'));
      assertOwn(invoice?.customer, customer, 'invoice');
      await callApi(control, `POST /v1/invoices/${text('invoice')}/pay`);
      return 'The invoice is paid.';
    }
    case 'cancel':
    case 'resume': {
      assertAllowed(features.subscription_cancel.enabled, action);
      const id = text('subscription');
      assertOwn(control.world.store.get('subscription', id)?.customer, customer, 'subscription');
      return cancelOrResume(control, features.subscription_cancel.mode, action, id);
    }
    default:
      throw invalid(`The portal does not do ${action}.`);
  }
}

async function changeCard(control: Control, { id }: Customer, card: string): Promise<string> {
  const attachedMethod = await callApi(control, `POST /v1/payment_methods/${card}/attach`, {
    customer: id,
  });
  const method = (attachedMethod as { id: string }).id;
  const name = 'invoice_settings[default_payment_method]';
  await callApi(control, `POST /v1/customers/${id}`, { [name]: method });
  return 'The new card is used from now on.';
}

async function changeDetails(
  control: Control,
  { customer, configuration }: Visit,
  order: Record<string, unknown>,
): Promise<string> {
  const { allowed_updates: allowedFields } = configuration.features.customer_update;
  const update = allowedFields.flatMap((name) =>
    typeof order[name] === 'string' ? [[name, order[name]] as const] : [],
  );
  await callApi(control, `POST /v1/customers/${customer.id}`, Object.fromEntries(update));
  return 'Your details are changed.';
}

async function cancelOrResume(
  control: Control,
  mode: 'at_period_end' | 'immediately',
  action: 'cancel' | 'resume',
  id: string,
): Promise<string> {
  const isNow = action === 'cancel' && mode === 'immediately';
  if (isNow) {
    await callApi(control, `DELETE /v1/subscriptions/${id}`);
    return 'The subscription is canceled.';
  }
  const atEnd = String(action === 'cancel');
  await callApi(control, `POST /v1/subscriptions/${id}`, { cancel_at_period_end: atEnd });
  return action === 'cancel' ? 'The subscription ends with its period.' : 'It goes on.';
}

function assertAllowed(isAllowed: boolean, action: string): void {
  if (!isAllowed) throw invalid(`This portal’s configuration does not allow ${action}.`);
}

function assertOwn(owner: string | undefined, customer: Customer, kind: string): void {
  if (owner !== customer.id) throw invalid(`That ${kind} is not yours.`);
}
