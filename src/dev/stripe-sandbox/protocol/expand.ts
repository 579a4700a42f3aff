/** `expand`: ids replaced by their objects, and the fields that are only there when asked for. */
import { shownLines } from '../checkout/session-lines';
import { present } from '../presentation';
import type { Invoice, Price } from '../objects';
import type { World } from '../world';
import { invalid } from './fault';
import { listOf } from '../presentation-parts';
import type { Shown } from '../presentation-parts';

const MAX_DEPTH = 4;

export function expand(world: World, value: unknown, paths: readonly string[]): void {
  for (const path of paths) {
    const segments = path.split('.');
    if (segments.filter((segment) => segment !== 'data').length > MAX_DEPTH) {
      throw invalid(`You cannot expand more than ${MAX_DEPTH} levels of a property: ${path}`, {
        param: 'expand',
      });
    }
    walk(world, value, segments, path);
  }
}

/** What is no object itself belongs to the one that it is in. */
function walk(
  world: World,
  node: unknown,
  segments: readonly string[],
  path: string,
  outer: Shown = {},
): void {
  const [segment, ...rest] = segments;
  if (segment === undefined || node === null || node === undefined) return;
  if (Array.isArray(node)) {
    for (const item of node) walk(world, item, segments, path, outer);
    return;
  }
  if (typeof node !== 'object') throw notExpandable(path);
  const holder = node as Shown;
  const owner = 'object' in holder ? holder : outer;
  if (!(segment in holder)) reveal(world, { holder, owner }, segment, path);
  const value = holder[segment];
  if (typeof value === 'string') {
    const object = world.store.find(value);
    if (!object) throw notExpandable(path);
    holder[segment] = present(world, object);
  } else if (Array.isArray(value)) {
    holder[segment] = value.map((item: unknown) => {
      const object = typeof item === 'string' ? world.store.find(item) : undefined;
      return object ? present(world, object) : item;
    });
  }
  walk(world, holder[segment], rest, path, owner);
}

function reveal(
  world: World,
  { holder, owner }: { holder: Shown; owner: Shown },
  field: string,
  path: string,
): void {
  const id = String(owner.id);
  const key = `${String(owner.object)}.${field}`;
  switch (key) {
    case 'billing_portal.configuration.products': {
      const features = world.store.get('billing_portal.configuration', id)?.features;
      holder.products = structuredClone(features?.subscription_update.products);
      return;
    }
    case 'invoice.payments':
      holder.payments = listOf(
        `/v1/invoice_payments?invoice=${id}`,
        world.store
          .where('invoice_payment', 'invoice', id)
          .map((payment) => present(world, payment)),
      );
      return;
    case 'invoice.confirmation_secret':
      holder.confirmation_secret = confirmationSecret(world, holder as unknown as Invoice);
      return;
    case 'charge.refunds':
      holder.refunds = refundsOf(world, id);
      return;
    case 'checkout.session.line_items': {
      const session = world.store.get('checkout.session', id);
      const lines = session ? shownLines(world, session) : [];
      holder.line_items = listOf(`/v1/checkout/sessions/${id}/line_items`, lines);
      return;
    }
    case 'coupon.applies_to': {
      const products = world.store.get('coupon', id)?.applies_to;
      if (products) holder.applies_to = structuredClone(products);
      return;
    }
    case 'price.tiers':
      holder.tiers = structuredClone((world.store.get('price', id) as Price).tiers ?? null);
      return;
    case 'customer.subscriptions':
      holder.subscriptions = listOf(
        `/v1/customers/${id}/subscriptions`,
        world.store
          .where('subscription', 'customer', id)
          .filter((one) => one.status !== 'canceled')
          .map((one) => present(world, one)),
      );
      return;
    default:
      throw notExpandable(path);
  }
}

/** The latest come first. */
const refundsOf = (world: World, charge: string): Shown =>
  listOf(
    `/v1/charges/${charge}/refunds`,
    world.store
      .where('refund', 'charge', charge)
      .reverse()
      .map((one) => present(world, one)),
  );

function confirmationSecret(world: World, invoice: Invoice): Shown | null {
  const payment = world.store.where('invoice_payment', 'invoice', invoice.id)[0];
  if (!payment) return null;
  const intentId = (payment.payment as { payment_intent: string }).payment_intent;
  const secret = world.store.get('payment_intent', intentId)?.client_secret;
  return { client_secret: secret, type: 'payment_intent' };
}

function notExpandable(path: string): Error {
  return invalid(`This property cannot be expanded (${path}).`, { param: 'expand' });
}
