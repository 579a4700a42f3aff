/** Who answers a request: a page, a control route, the customer's portal, or the Stripe API. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerControl, readOrder } from './control';
import type { Control } from './control/route';
import { HOSTED_INVOICE } from './hosted-invoice/address';
import { CHECKOUT } from './page/checkout-view';
import { doInCheckout } from './page/checkout-visit';
import { isForeign, isForm, orderOf, tell } from './page/forms';
import { PORTAL } from './page/portal-session';
import { doInPortal } from './portal/portal-visit';
import { doOnInvoice } from './page/invoice-visit';
import { answerPage, answerPdf, redirect } from './page/site';
import { header } from './protocol/credentials';
import { StripeFault } from './protocol/fault';

export type Answering = (body: string) => Promise<void>;

export async function receive(
  control: Control,
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
  answerStripe: Answering,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://sandbox');
  const method = request.method ?? 'GET';
  const isRead = method === 'GET' || method === 'HEAD';
  if (isRead && (await answerPdf(control, url, response))) return;
  if (isRead && answerPage(control, url, response)) return;
  const isForCustomers = [PORTAL, CHECKOUT, HOSTED_INVOICE].some((start) =>
    url.pathname.startsWith(start),
  );
  if (!isForCustomers && !url.pathname.startsWith('/_sandbox/')) {
    await answerStripe(body);
    return;
  }
  if (isForeign(header(request, 'origin'), header(request, 'host'))) {
    const message = `A page of ${header(request, 'origin')} cannot give orders to this sandbox.`;
    throw new StripeFault(403, { type: 'invalid_request_error', message });
  }
  if (isForm(header(request, 'content-type'))) {
    redirect(response, await obeyForm(control, method, url, body));
    return;
  }
  const answer = await answerControl(control, method, url, readOrder(body));
  control.flush();
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer, null, 2));
}

/** Pages that say themselves where the browser goes next. */
const VISITS = [
  [CHECKOUT, doInCheckout],
  [HOSTED_INVOICE, doOnInvoice],
  [PORTAL, doInPortal],
] as const;

/** Tells where the browser goes next, with what is to be told there. */
async function obeyForm(control: Control, method: string, url: URL, body: string): Promise<string> {
  const { order, then } = orderOf(body);
  const visit = VISITS.find(([start]) => url.pathname.startsWith(start))?.[1];
  if (visit) {
    const next = await visit(control, url.pathname, order);
    control.flush();
    return next;
  }
  try {
    const text = await byControl(control, method, url, order);
    control.flush();
    return tell(then, 'said', text);
  } catch (error) {
    if (error instanceof StripeFault) return tell(then, 'wrong', error.message);
    throw error;
  }
}

async function byControl(
  control: Control,
  method: string,
  url: URL,
  order: Record<string, unknown>,
): Promise<string> {
  const answer = await answerControl(control, method, url, order);
  const { id, snapshot } = (answer ?? {}) as { id?: unknown; snapshot?: unknown };
  const idOrText = [id, snapshot].find((one) => typeof one === 'string');
  return idOrText === undefined ? 'Done.' : `Done: ${String(idOrText)}`;
}
