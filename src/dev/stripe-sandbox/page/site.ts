/** Which page is at which address, with the headers that keep it harmless. */
import type { ServerResponse } from 'node:http';
import type { Control } from '../control/route';
import { HOSTED_INVOICE, invoiceAt } from '../hosted-invoice/address';
import { pdfOf } from '../hosted-invoice/pdf';
import { CHECKOUT, checkoutPage } from './checkout-view';
import { clocksPage } from './clocks-view';
import { deliveriesPage, eventsPage } from './events-view';
import { faultsPage } from './faults-view';
import { html } from './html';
import { hostedInvoicePage } from './invoice-view';
import { documentOf } from './layout';
import type { PageContent, Told } from './layout';
import { kindPage, objectPage, searchPage } from './objects-view';
import { overviewPage } from './overview';
import { PORTAL } from './portal-session';
import { portalPage } from './portal-view';
import { SCRIPT } from './script';
import { STYLE } from './style';

/** A page takes nothing from elsewhere and nothing inline, and nobody frames it. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
};

/** True if the address is a page's, and has been answered. */
export function answerPage(control: Control, url: URL, response: ServerResponse): boolean {
  const { pathname } = url;
  if (pathname === '/_sandbox/page.css') give(response, 200, 'text/css', STYLE);
  else if (pathname === '/_sandbox/page.js') give(response, 200, 'text/javascript', SCRIPT);
  else if (!isPage(pathname)) return false;
  else {
    const page = pageAt(control, url);
    if (typeof page === 'string') redirect(response, page);
    else {
      const notice = { said: url.searchParams.get('said'), wrong: url.searchParams.get('wrong') };
      givePage(response, page, notice);
    }
  }
  return true;
}

/** True if the address is an invoice's PDF, and has been answered. */
export async function answerPdf(
  { world }: Control,
  url: URL,
  response: ServerResponse,
): Promise<boolean> {
  const { pathname } = url;
  if (!pathname.startsWith(HOSTED_INVOICE) || !pathname.endsWith('/pdf')) return false;
  const match = invoiceAt(world, pathname);
  if (!match?.isOpen) return false;
  const { invoice } = match;
  const pdf = await pdfOf(world, invoice);
  response.writeHead(200, {
    ...HEADERS,
    'content-type': 'application/pdf',
    'content-disposition': `attachment; filename="Invoice-${invoice.number ?? invoice.id}.pdf"`,
  });
  response.end(pdf);
  return true;
}

export function redirect(response: ServerResponse, address: string): void {
  response.writeHead(303, { ...HEADERS, location: address });
  response.end();
}

function isPage(pathname: string): boolean {
  if (pathname === '/' || pathname === '/_sandbox' || pathname === '/_sandbox/') return true;
  return ['/_sandbox/view/', PORTAL, CHECKOUT, HOSTED_INVOICE].some((start) =>
    pathname.startsWith(start),
  );
}

/** A page, null if there is none, or where to go instead. */
function pageAt({ world, snapshots }: Control, url: URL): PageContent | string | null {
  const param = (name: string): string => url.searchParams.get(name) ?? '';
  const { pathname } = url;
  if (pathname.startsWith(PORTAL)) return portalPage(world, url);
  if (pathname.startsWith(CHECKOUT)) return checkoutPage(world, pathname);
  if (pathname.startsWith(HOSTED_INVOICE)) return hostedInvoicePage(world, pathname);
  switch (pathname) {
    case '/':
    case '/_sandbox':
      return '/_sandbox/';
    case '/_sandbox/':
      return overviewPage(world);
    case '/_sandbox/view/objects':
      return kindPage(world, param('kind'));
    case '/_sandbox/view/object':
      return objectPage(world, param('id'));
    case '/_sandbox/view/search': {
      const query = param('q').trim();
      if (query === '') return '/_sandbox/';
      const isId = world.store.find(query) !== undefined;
      const address = `/_sandbox/view/object?id=${encodeURIComponent(query)}`;
      return isId ? address : searchPage(world, query);
    }
    case '/_sandbox/view/events':
      return eventsPage(world, param('type') || null);
    case '/_sandbox/view/deliveries':
      return deliveriesPage(world);
    case '/_sandbox/view/clocks':
      return clocksPage(world);
    case '/_sandbox/view/faults':
      return faultsPage(world, snapshots);
    default:
      return null;
  }
}

const NOT_FOUND: PageContent = {
  title: 'Not match',
  place: '',
  body: html`<h1>Not match</h1>
    <p class="lead">There is no such object or page, or no more.</p>
    <p><a href="/_sandbox/">To the overview</a></p>`,
};

function givePage(response: ServerResponse, page: PageContent | null, notice: Told): void {
  const text = documentOf(page ?? NOT_FOUND, notice);
  give(response, page ? 200 : 404, 'text/html', text);
}

function give(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { ...HEADERS, 'content-type': `${type}; charset=utf-8` });
  response.end(text);
}
