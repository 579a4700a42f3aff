/** Which pages of other origins may ask by a customer's token: browsers go by what is said here. */
import type { RequestHandler } from 'express';

/** A browser keeps the answer to a preflight so long. */
const PREFLIGHT_SECONDS = '600';

/** `setting`: `https://app.example.com`, or `https://*.example.org` for all hosts below it. */
export function createOriginList(setting: string | undefined): (origin: string) => boolean {
  const origins = (setting ?? '').split(/[\s,]+/).filter(Boolean);
  const patterns = origins.map((origin) => {
    const [scheme = '', rest = ''] = origin.toLowerCase().split('://');
    const host = rest.replace(/^\*\./, '').replaceAll('.', '\\.');
    const below = rest.startsWith('*.') ? '([\\w-]+\\.)+' : '';
    return new RegExp(`^${scheme}://${below}${host}$`);
  });
  return (origin) => patterns.some((pattern) => pattern.test(origin.toLowerCase()));
}

/** No cookie is ever asked for, so that a page can do nothing by who its reader is. */
export const allowOrigins =
  (isAllowed: (origin: string) => boolean): RequestHandler =>
  (request, response, next) => {
    response.vary('Origin').set('Cache-Control', 'no-store');
    const { origin } = request.headers;
    if (origin !== undefined && isAllowed(origin)) {
      response.set('Access-Control-Allow-Origin', origin);
      response.set('Access-Control-Expose-Headers', 'Retry-After');
      response.set('Access-Control-Allow-Methods', 'GET, POST');
      response.set('Access-Control-Allow-Headers', 'authorization, content-type, idempotency-key');
      response.set('Access-Control-Max-Age', PREFLIGHT_SECONDS);
      if (request.method === 'OPTIONS') return void response.status(204).end();
    }
    next();
  };
