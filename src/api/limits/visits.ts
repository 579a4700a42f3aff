/** Pages, links and files need no key: of whoever asks for them the address is all we know. */
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import type { RequestLimits } from './request-limits';

/** These look at a key, and at the address of who has none, by themselves. */
const GUARDED = /^\/(v1\/(?!me\/)|metrics$)/;
/** Whether we live may be asked as one likes, and Stripe knocks as often as it must. */
const FREE = /^\/(healthz|readyz|webhooks\/stripe)\/?$/;

/** Whoever asks for it is counted by address alone. */
export function isWithoutKey({ url = '' }: Pick<IncomingMessage, 'url'>): boolean {
  const [path = ''] = url.split('?');
  return !GUARDED.test(path) && !FREE.test(path);
}

type AddressLimits = Pick<RequestLimits, 'requireOfAddress'>;

export function limitVisits(limits: AddressLimits): RequestHandler {
  const limit = limitByAddress(limits);
  return (request, response, next) => {
    // Below a mount the path is what follows it.
    if (GUARDED.test(request.path)) next();
    else limit(request, response, next);
  };
}

/** Whatever comes counts for its address, also where other routes would look at a key. */
export const limitByAddress =
  ({ requireOfAddress }: AddressLimits): RequestHandler =>
  (request, response, next) => {
    requireOfAddress('visits', { request, response }).then(() => next(), next);
  };
