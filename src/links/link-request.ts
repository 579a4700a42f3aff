/** How a link to a page is asked for, how long it works, and where the reader finds the page. */
import type { Request } from 'express';
import { z } from 'zod';

const HOUR_SECONDS = 3600;

/** The longest that a link works; those in e-mails do. */
export const WEEK_SECONDS = 7 * 24 * HOUR_SECONDS;

export const dashboardLinkRequestSchema = z
  .strictObject({
    expiresInSeconds: z.number().int().min(1).max(WEEK_SECONDS).default(HOUR_SECONDS).meta({
      description: 'How long the link works',
      example: HOUR_SECONDS,
    }),
  })
  .meta({ id: 'DashboardLinkRequest' });

export const dashboardLinkSchema = z
  .object({
    url: z.url().meta({ description: 'The page; whoever has it can read it' }),
    expiresAt: z.iso.datetime().meta({ description: 'From then on it is refused' }),
  })
  .meta({ id: 'DashboardLink' });

/** The reader reaches this API as configured, else as this request did. */
export function baseUrl(
  { PUBLIC_URL }: { readonly PUBLIC_URL?: string },
  request: Request,
): string {
  return (PUBLIC_URL ?? `${request.protocol}://${request.get('host')}`).replace(/\/+$/, '');
}
