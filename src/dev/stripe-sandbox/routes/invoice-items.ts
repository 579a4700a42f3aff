/** Invoice items: for a draft, or pending until the customer's next invoice. */
import { editDraft } from '../billing/edited-draft';
import { lineAmount } from '../billing/line-parts';
import { emit } from '../events';
import type { Customer, Invoice, LineItem } from '../objects';
import type { InvoiceItem } from '../objects-invoice-item';
import { invalid } from '../protocol/fault';
import { pageOf } from '../protocol/listing';
import { named, namedCustomer, stored } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';
import { invoiceItemLine } from '../shapes/invoice';
import { newInvoiceItem } from '../shapes/invoice-item';
import { customerNow } from '../world';
import type { World } from '../world';

const URL = '/v1/invoiceitems';

const FIELDS = {
  amount: p.integer,
  currency: p.filled,
  customer: p.filled,
  description: p.text,
  discountable: p.bool,
  invoice: p.filled,
  metadata: p.metadata,
  period: p.object({ start: p.positive, end: p.positive }, ['start', 'end']),
  pricing: p.object({ price: p.filled }, ['price']),
  quantity: p.positive,
  subscription: p.filled,
};

const EDITABLE = { amount: p.integer, description: p.text, metadata: p.metadata };

type Asked = p.Parsed<typeof FIELDS>;

export const INVOICE_ITEM_ROUTES = [
  route(
    `POST ${URL}`,
    FIELDS,
    ({ world, params }) => {
      const customer = namedCustomer(world, params.customer);
      const item = askedItem(world, customer, params);
      world.store.put('invoiceitem', item);
      emit(world, 'invoiceitem.created', item);
      if (item.invoice !== null) addToDraft(world, item);
      return present(world, item);
    },
    ['customer'],
  ),
  route(
    `GET ${URL}`,
    { ...p.PAGE, customer: p.text, invoice: p.text, pending: p.bool },
    ({ world, params }) => {
      const { customer, invoice, pending } = params;
      const isAsked = (one: InvoiceItem): boolean =>
        pending === undefined || pending === (one.invoice === null);
      return pageOf(world, 'invoiceitem', { invoice, customer }, { url: URL, params, isAsked });
    },
  ),
  route(`GET ${URL}/:id`, {}, ({ world, path }) =>
    present(world, stored(world, 'invoiceitem', path.id)),
  ),
  route(`POST ${URL}/:id`, EDITABLE, ({ world, params, path }) => {
    const item = stored(world, 'invoiceitem', path.id);
    if (params.amount !== undefined && item.price !== null)
      throw invalid('The amount of an item with a price is its price.', { param: 'amount' });
    const amount = params.amount ?? item.amount;
    const description = params.description ?? item.description;
    const metadata = p.mergeMetadata(item.metadata, params.metadata);
    Object.assign(item, { amount, net_amount: amount, description, metadata });
    if (item.invoice !== null) editOnDraft(world, item, item.invoice);
    world.store.put('invoiceitem', item);
    return present(world, item);
  }),
  route(`DELETE ${URL}/:id`, {}, ({ world, path }) => {
    const item = stored(world, 'invoiceitem', path.id);
    if (item.invoice !== null) takeOffDraft(world, item.id, item.invoice);
    world.store.remove('invoiceitem', item.id);
    emit(world, 'invoiceitem.deleted', item);
    return { id: item.id, object: 'invoiceitem', deleted: true };
  }),
];

function askedItem(world: World, customer: Customer, params: Asked): InvoiceItem {
  const priceId = params.pricing?.price;
  const price = priceId === undefined ? null : named(world, 'price', priceId, 'pricing[price]');
  if ((price === null) === (params.amount === undefined))
    throw invalid('An invoice item needs exactly one of `amount` and `pricing`.', {
      param: 'amount',
    });
  if (price?.recurring) {
    throw invalid(`The price ${price.id} is recurring: invoice items need a one-time price.`, {
      param: 'pricing[price]',
    });
  }
  const now = customerNow(world, customer);
  const quantity = params.quantity ?? 1;
  const amount = price ? lineAmount(price, quantity) : (params.amount ?? 0);
  return newInvoiceItem(customer, {
    amount,
    currency: price?.currency ?? params.currency ?? 'usd',
    now,
    period: { start: params.period?.start ?? now, end: params.period?.end ?? now },
    price,
    quantity,
    description: params.description,
    isDiscountable: params.discountable,
    invoice: params.invoice,
    metadata: p.mergeMetadata({}, params.metadata),
    subscription: params.subscription,
  });
}

const isOf =
  (itemId: string) =>
  ({ parent }: LineItem): boolean =>
    parent.invoice_item_details?.invoice_item === itemId;

/** Changing and deleting are possible only of what is on no invoice, or on a draft. */
function draftOf(world: World, itemId: string, invoiceId: string): Invoice {
  const invoice = stored(world, 'invoice', invoiceId);
  if (invoice.status === 'draft') return invoice;
  throw invalid(`The invoice item ${itemId} is already on invoice ${invoiceId}.`);
}

function editOnDraft(world: World, item: InvoiceItem, invoiceId: string): void {
  const { amount, description, metadata } = item;
  editDraft(world, draftOf(world, item.id, invoiceId), (lines) =>
    lines.map((line) =>
      isOf(item.id)(line) ? { ...line, amount, subtotal: amount, description, metadata } : line,
    ),
  );
}

function takeOffDraft(world: World, itemId: string, invoiceId: string): void {
  editDraft(world, draftOf(world, itemId, invoiceId), (lines) =>
    lines.filter((line) => !isOf(itemId)(line)),
  );
}

function addToDraft(world: World, item: InvoiceItem): void {
  const invoice = named(world, 'invoice', item.invoice ?? '', 'invoice');
  if (invoice.status !== 'draft') {
    throw invalid(`Invoice ${invoice.id} is ${invoice.status}: only a draft takes items.`, {
      param: 'invoice',
    });
  }
  const price = item.price === null ? undefined : world.store.get('price', item.price);
  editDraft(world, invoice, (lines) => [...lines, invoiceItemLine(invoice, item, price)]);
}
