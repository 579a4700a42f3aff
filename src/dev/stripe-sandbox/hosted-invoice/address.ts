/** Where the page and the PDF of a finalized invoice are, by a secret, and how long. */
import { randomText } from '../identifiers';
import type { Invoice } from '../objects';
import { accountNow } from '../world';
import type { World } from '../world';

export const HOSTED_INVOICE = '/i/acct_sandbox/';
const DAY_S = 86_400;
/** Sources: docs.stripe.com/invoicing/hosted-invoice-page, "expires 30 days after it finalizes". */
const OPEN_FOR_S = 30 * DAY_S;
/** "URLs that … a user retrieves through the API are guaranteed to be valid for … 10 days". */
const READ_FOR_S = 10 * DAY_S;

export interface HostedPage {
  secret: string;
  until: number;
}

export function openPage(world: World): HostedPage {
  return { secret: `test_${randomText(64)}`, until: accountNow(world) + OPEN_FOR_S };
}

/** Somebody reads the invoice through the API. */
export function keepPageOpen(world: World, invoice: Invoice): void {
  const { hosted_page: page } = invoice;
  const until = accountNow(world) + READ_FOR_S;
  if (!page || page.until >= until) return;
  invoice.hosted_page = { ...page, until };
  world.store.put('invoice', invoice);
}

/** Those are the fields of the invoice that lead there; a draft has none. */
export function addressesOf(world: World, { hosted_page: page }: Invoice) {
  if (!page) return {};
  const address = `${world.origin}${HOSTED_INVOICE}${page.secret}`;
  return { hosted_invoice_url: address, invoice_pdf: `${address}/pdf` };
}

/** The invoice of an address, and whether its page is still open. */
export function invoiceAt(
  world: World,
  pathname: string,
): { invoice: Invoice; address: string; step: string | undefined; isOpen: boolean } | null {
  const [secret = '', step] = pathname.slice(HOSTED_INVOICE.length).split('/');
  const invoice = world.store.where('invoice', 'page', secret)[0];
  if (!invoice?.hosted_page) return null;
  const isOpen = accountNow(world) < invoice.hosted_page.until;
  return { invoice, address: `${HOSTED_INVOICE}${secret}`, step, isOpen };
}
