/** Invoice items: for a draft, or pending until the customer's next invoice. */
import { lineAmount } from '../billing/line-parts';
import { sumUp } from '../billing/draft';
import { emit } from '../events';
import type { Customer } from '../objects';
import type { InvoiceItem } from '../objects-invoice-item';
import { invalid } from '../protocol/fault';
import { page } from '../protocol/listing';
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
  invoice: p.filled,
  metadata: p.metadata,
  period: p.object({ start: p.positive, end: p.positive }, ['start', 'end']),
  pricing: p.object({ price: p.filled }, ['price']),
  quantity: p.positive,
  subscription: p.filled,
};

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
      const items = world.store
        .all('invoiceitem')
        .filter((one) => customer === undefined || one.customer === customer)
        .filter((one) => invoice === undefined || one.invoice === invoice)
        .filter((one) => pending === undefined || pending === (one.invoice === null));
      return page(URL, items, params, (one) => present(world, one));
    },
  ),
  route(`GET ${URL}/:id`, {}, ({ world, path }) =>
    present(world, stored(world, 'invoiceitem', path.id)),
  ),
  route(`DELETE ${URL}/:id`, {}, ({ world, path }) => {
    const item = stored(world, 'invoiceitem', path.id);
    if (item.invoice !== null) {
      throw invalid(`The invoice item ${item.id} is already on invoice ${item.invoice}.`);
    }
    world.store.remove('invoiceitem', item.id);
    emit(world, 'invoiceitem.deleted', item);
    return { id: item.id, object: 'invoiceitem', deleted: true };
  }),
];

function askedItem(world: World, customer: Customer, asked: Asked): InvoiceItem {
  const priceId = asked.pricing?.price;
  const price = priceId === undefined ? null : named(world, 'price', priceId, 'pricing[price]');
  if ((price === null) === (asked.amount === undefined))
    throw invalid('An invoice item needs exactly one of `amount` and `pricing`.', {
      param: 'amount',
    });
  if (price?.recurring) {
    throw invalid(`The price ${price.id} is recurring: invoice items need a one-time price.`, {
      param: 'pricing[price]',
    });
  }
  const now = customerNow(world, customer);
  const quantity = asked.quantity ?? 1;
  const amount = price ? lineAmount(price, quantity) : (asked.amount ?? 0);
  return newInvoiceItem(customer, {
    amount,
    currency: price?.currency ?? asked.currency ?? 'usd',
    now,
    period: { start: asked.period?.start ?? now, end: asked.period?.end ?? now },
    price,
    quantity,
    description: asked.description,
    invoice: asked.invoice,
    metadata: p.mergeMetadata({}, asked.metadata),
    subscription: asked.subscription,
  });
}

function addToDraft(world: World, item: InvoiceItem): void {
  const invoice = named(world, 'invoice', item.invoice ?? '', 'invoice');
  if (invoice.status !== 'draft') {
    throw invalid(`Invoice ${invoice.id} is ${invoice.status}: only a draft takes items.`, {
      param: 'invoice',
    });
  }
  const price = item.price === null ? undefined : world.store.get('price', item.price);
  invoice.lines.data.push(invoiceItemLine(invoice, item, price));
  sumUp(invoice);
  world.store.put('invoice', invoice);
}
