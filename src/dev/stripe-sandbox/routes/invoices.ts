/** Invoices: read, manual ones, and every step that a person may take with one. */
import { voidInvoice, writeOff } from '../billing/closing';
import { announce, finalize, takePendingItems } from '../billing/invoicing';
import { collect, markPaid } from '../billing/collection';
import { INVOICE_TERMS, setInvoiceTerms } from '../connect/billing-terms';
import { discountsFor } from '../discounts/lifetimes';
import { DISCOUNTS } from '../discounts/redeeming';
import { change, emit } from '../events';
import { keepPageOpen } from '../hosted-invoice/address';
import type { Invoice } from '../objects';
import { cardDeclined, invalid } from '../protocol/fault';
import { pageInOrder, pageOf } from '../protocol/listing';
import { setInvoiceDiscounts } from './invoice-discounts';
import { named, namedCustomer, stored } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';
import { newInvoice } from '../shapes/invoice';
import { clockNow, customerNow } from '../world';
import type { World } from '../world';

const URL = '/v1/invoices';
const STATUS = p.oneOf('draft', 'open', 'paid', 'uncollectible', 'void');
const HOUR_S = 3600;

const FIELDS = {
  auto_advance: p.bool,
  collection_method: p.oneOf('charge_automatically'),
  default_payment_method: p.filled,
  description: p.unsettable(p.text),
  discounts: DISCOUNTS,
  footer: p.unsettable(p.text),
  metadata: p.metadata,
  ...INVOICE_TERMS,
};

export const INVOICE_ROUTES = [
  route(
    `POST ${URL}`,
    {
      ...FIELDS,
      currency: p.filled,
      customer: p.filled,
      pending_invoice_items_behavior: p.oneOf('exclude', 'include'),
      subscription: p.filled,
    },
    ({ world, params }) => {
      const customer = namedCustomer(world, params.customer);
      const subscription =
        params.subscription === undefined
          ? null
          : named(world, 'subscription', params.subscription, 'subscription');
      const now = customerNow(world, customer);
      const currency = params.currency ?? customer.currency ?? 'usd';
      const period = { start: now, end: now };
      const facts = { customer, subscription, billingReason: 'manual', now, period, currency };
      const invoice = newInvoice(facts);
      invoice.auto_advance = params.auto_advance ?? false;
      invoice.metadata = p.mergeMetadata({}, params.metadata);
      invoice.description = params.description ?? null;
      setInvoiceTerms(world, invoice, params);
      invoice.discounts = discountsFor(world, customer, subscription, now).map(({ id }) => id);
      setInvoiceDiscounts(world, invoice, params.discounts);
      invoice.default_payment_method = params.default_payment_method ?? null;
      if (params.pending_invoice_items_behavior === 'include')
        takePendingItems(world, invoice, subscription?.id ?? null);
      announce(world, invoice, invoice.auto_advance);
      return present(world, invoice);
    },
    ['customer'],
  ),
  route(
    `GET ${URL}`,
    { ...p.PAGE, customer: p.text, status: STATUS, subscription: p.text },
    ({ world, params }) => {
      const { customer, status, subscription } = params;
      const beforeShow = (one: Invoice): void => keepPageOpen(world, one);
      const order = { url: URL, params, beforeShow };
      return pageOf(world, 'invoice', { customer, subscription, status }, order);
    },
  ),
  route(`GET ${URL}/:id`, {}, ({ world, path }) => {
    const invoice = stored(world, 'invoice', path.id);
    keepPageOpen(world, invoice);
    return present(world, invoice);
  }),
  route(`GET ${URL}/:id/lines`, p.PAGE, ({ world, params, path }) => {
    const invoice = stored(world, 'invoice', path.id);
    // Brings a draft's usage up to date before its lines are read.
    present(world, invoice);
    const url = `${URL}/${invoice.id}/lines`;
    return pageInOrder(url, invoice.lines.data, params, (line) => structuredClone(line));
  }),
  route(`POST ${URL}/:id`, FIELDS, ({ world, params, path }) => {
    const invoice = stored(world, 'invoice', path.id);
    const { metadata, auto_advance: autoAdvance } = params;
    const isDraft = invoice.status === 'draft';
    if (!isDraft && (params.description !== undefined || params.footer !== undefined)) {
      throw invalid(`Invoice ${invoice.id} is ${invoice.status}: only a draft can be edited.`);
    }
    setInvoiceTerms(world, invoice, params);
    setInvoiceDiscounts(world, invoice, params.discounts);
    const update: Partial<Invoice> = {
      auto_advance: autoAdvance,
      description: params.description,
      footer: params.footer,
      default_payment_method: params.default_payment_method,
      metadata: p.mergeMetadata(invoice.metadata, metadata),
    };
    if (isDraft && autoAdvance !== undefined)
      update.automatically_finalizes_at = autoAdvance ? dueAgain(world, invoice) : null;
    change(world, 'invoice', invoice, update, 'invoice.updated');
    return present(world, invoice);
  }),
  route(`DELETE ${URL}/:id`, {}, ({ world, path }) => {
    const invoice = stored(world, 'invoice', path.id);
    if (invoice.status !== 'draft' || invoice.parent !== null) {
      throw invalid('You can only delete one-off draft invoices.');
    }
    world.store.remove('invoice', invoice.id);
    emit(world, 'invoice.deleted', invoice);
    return { id: invoice.id, object: 'invoice', deleted: true };
  }),
  route(`POST ${URL}/:id/finalize`, { auto_advance: p.bool }, ({ world, params, path }) => {
    const invoice = stored(world, 'invoice', path.id);
    if (invoice.status !== 'draft') throw notDraft(invoice);
    invoice.auto_advance = params.auto_advance ?? invoice.auto_advance;
    finalize(world, invoice);
    if (invoice.auto_advance || invoice.amount_due === 0) collect(world, invoice);
    return present(world, invoice);
  }),
  route(
    `POST ${URL}/:id/pay`,
    { off_session: p.bool, paid_out_of_band: p.bool, payment_method: p.filled },
    ({ world, params, path }) => {
      const invoice = stored(world, 'invoice', path.id);
      if (invoice.status === 'draft') finalize(world, invoice);
      if (invoice.status === 'paid')
        throw invalid('Invoice is already paid', { code: 'invoice_already_paid' });
      if (invoice.status === 'void') throw invalid('Invoice is void and cannot be paid.');
      if (params.paid_out_of_band) {
        markPaid(world, invoice, null);
        return present(world, invoice);
      }
      const refusal = collect(world, invoice, { paymentMethod: params.payment_method });
      if (refusal) throw cardDeclined(refusal.code, refusal.declineCode, refusal.message);
      return present(world, invoice);
    },
  ),
  route(`POST ${URL}/:id/void`, {}, ({ world, path }) => {
    const invoice = stored(world, 'invoice', path.id);
    if (invoice.status !== 'open' && invoice.status !== 'uncollectible') {
      throw invalid(`Invoice ${invoice.id} is ${invoice.status}: only an open one can be voided.`);
    }
    voidInvoice(world, invoice);
    return present(world, invoice);
  }),
  route(`POST ${URL}/:id/mark_uncollectible`, {}, ({ world, path }) => {
    const invoice = stored(world, 'invoice', path.id);
    if (invoice.status !== 'open') {
      throw invalid(`Invoice ${invoice.id} is ${invoice.status}, not open.`);
    }
    writeOff(world, invoice);
    return present(world, invoice);
  }),
];

/** Switched on again, a draft waits for its hour if that is still to come. */
function dueAgain(world: World, invoice: Invoice): number {
  const now = clockNow(world, invoice.test_clock);
  const deliveryTime = invoice.webhooks_delivered_at ?? invoice.created;
  return Math.max(now, deliveryTime + HOUR_S);
}

function notDraft(invoice: Invoice): Error {
  return invalid(
    `This invoice is already finalized, you can't re-finalize a non-draft invoice: ` +
      `${invoice.id} is ${invoice.status}.`,
    { code: 'invoice_not_editable' },
  );
}
