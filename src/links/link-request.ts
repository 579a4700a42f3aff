/** How a link to a page is asked for, how long it works, and where the reader finds the page. */
import type { Request } from 'express';
import { z } from 'zod';
import { PORTAL_FLOWS, RIGHTS } from '../core/subscription/rights';
import { LINK_SECONDS_MAX } from './signed-link';

const HOUR_SECONDS = 3600;

/** Links to the portal in e-mails work so long: a mail is read late, and forwarded. */
export const MAILED_PORTAL_SECONDS = 3 * 24 * HOUR_SECONDS;

export const dashboardLinkRequestSchema = z
  .strictObject({
    expiresInSeconds: z.number().int().min(1).max(LINK_SECONDS_MAX).default(HOUR_SECONDS).meta({
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

export const portalLinkRequestSchema = z
  .strictObject({
    expiresInSeconds: z
      .number()
      .int()
      .min(1)
      .max(24 * HOUR_SECONDS)
      .default(HOUR_SECONDS / 4)
      .meta({ description: 'How long the link works', example: HOUR_SECONDS / 4 }),
    allow: z
      .array(z.enum(RIGHTS))
      .min(1)
      .optional()
      .meta({
        description:
          "What may be done on the customer's own page, to which the link then leads: `card` puts in " +
          'or changes the card, `plan` changes or buys a plan, `cancel` cancels and takes that back, ' +
          "`invoices` opens invoices. Left out: the link leads to Stripe's portal",
        example: [...RIGHTS],
      }),
    flow: z
      .enum(PORTAL_FLOWS)
      .optional()
      .meta({
        description:
          "Stripe's portal shows one thing only: `card`, where a card is put in, or `cancel`. Where " +
          "the account's portal does not do it, all of the portal is shown",
        example: 'card',
      }),
  })
  .refine(({ allow, flow }) => allow === undefined || flow === undefined, {
    error: 'allow leads to the customer’s page, and flow to Stripe’s portal: expected one of them',
  })
  .meta({ id: 'PortalLinkRequest' });

export const portalLinkSchema = z
  .object({
    url: z.url().meta({
      description:
        "The customer's page, or Stripe's portal: whoever has it can do what the link is for",
    }),
    expiresAt: z.iso.datetime().meta({ description: 'From then on it is refused' }),
  })
  .meta({ id: 'PortalLink' });

/** A link's end is a whole second. */
export const inSeconds = (seconds: number): Date =>
  new Date((Math.floor(Date.now() / 1000) + seconds) * 1000);

/**
 * The reader reaches this API as configured, else as this request did. The caller writes the Host,
 * so it is believed where it is this machine's own name only.
 */
export function baseUrl(
  { PUBLIC_URL }: { readonly PUBLIC_URL?: string },
  request: Request,
): string {
  if (PUBLIC_URL !== undefined) return PUBLIC_URL.replace(/\/+$/, '');
  const { localAddress = '', localPort } = request.socket;
  const address = localAddress.replace(/^::ffff:/, '');
  const ownHost = address.includes(':') ? `[${address}]` : address;
  const host = request.get('host') ?? '';
  const isOwn = [ownHost, 'localhost'].includes(host.replace(/:\d+$/, '').toLowerCase());
  return `${request.protocol}://${isOwn ? host : `${ownHost}:${localPort}`}`;
}
