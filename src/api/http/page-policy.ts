/** What a page of ours may load, who may frame it, and that nobody keeps it. */
import type { Response } from 'express';
import type { ApiConfig } from '../deps';

/** A page loads nothing but our own files, and has no script or style in itself. */
const policyOf = (framedBy: string): string =>
  [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${framedBy}`,
  ].join('; ');

export function setPagePolicy(response: Response, config: ApiConfig): void {
  const origins = (config.DASHBOARD_FRAME_ORIGINS ?? '').split(/[\s,]+/).filter(Boolean);
  response
    .set('Content-Security-Policy', policyOf(["'self'", ...origins].join(' ')))
    .set('Cache-Control', 'no-store');
  // It knows one origin only; browsers that read `frame-ancestors` ignore it, others would refuse.
  if (origins.length > 0) response.removeHeader('X-Frame-Options');
}
