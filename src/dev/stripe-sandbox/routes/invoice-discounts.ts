/** The discounts of one invoice: those that it began with, or others that somebody sets. */
import { editDraft } from '../billing/edited-draft';
import { redeem } from '../discounts/redeeming';
import type { AskedDiscount } from '../discounts/redeeming';
import type { Invoice } from '../objects';
import { invalid } from '../protocol/fault';
import { namedCustomer } from '../protocol/lookup';
import { customerNow } from '../world';
import type { World } from '../world';

/** "Pass an empty string to remove previously-defined discounts." */
export function setInvoiceDiscounts(
  world: World,
  invoice: Invoice,
  requests: readonly AskedDiscount[] | null | undefined,
): void {
  if (requests === undefined) return;
  if (invoice.status !== 'draft')
    throw invalid(`Invoice ${invoice.id} is ${invoice.status}: only a draft can be edited.`);
  const customer = namedCustomer(world, invoice.customer);
  const discounts = redeem(world, requests ?? [], {
    ...{ now: customerNow(world, customer), present: invoice.discounts },
    of: { customer: customer.id, invoice: invoice.id },
    purchase: { customer, currency: invoice.currency, cents: invoice.subtotal || null },
  });
  invoice.discounts = discounts.map(({ id }) => id);
  const isStored = world.store.get('invoice', invoice.id) !== undefined;
  if (isStored) editDraft(world, invoice, (lines) => [...lines]);
}
