/** The signed token of a link: for whom, until when. Any process of ours can check it. */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { RIGHTS } from '../core/subscription/rights';
import type { Right } from '../core/subscription/rights';

const KEY_BYTES = 32;
/** A token is far shorter; longer ones are not worth a signature. */
const TOKEN_LENGTH_MAX = 2_000;

/** The part of `Config` that links are made of. */
export interface LinkConfig {
  readonly DASHBOARD_SECRET?: string;
  readonly STRIPE_WEBHOOK_SECRET: string;
}

export interface SignedLinks {
  sign(link: SignedLink): string;
  verify(token: string, now: Date): SignedLink | 'expired' | 'invalid';
}

export interface SignedLink {
  /** A customer, a vendor: as the purpose has it. */
  readonly subject: string;
  readonly expiresAt: Date;
  /** What whoever has it may do. Absent: all that the purpose is. */
  readonly rights?: readonly Right[];
}

/** No link of ours is made for longer, whatever it is for: one that is, somebody else made. */
export const LINK_SECONDS_MAX = 7 * 24 * 3600;
/** Our processes' clocks may differ by so much. */
const SKEW_SECONDS = 300;

/** These lead to a customer's own page, which shows figures and changes nothing. */
export const createDashboardLinks = (config: LinkConfig): SignedLinks =>
  createSignedLinks(config, 'tollkeeper dashboard link v1');

/** These lead to Stripe's portal, where a customer pays, and may cancel. */
export const createPortalLinks = (config: LinkConfig): SignedLinks =>
  createSignedLinks(config, 'tollkeeper billing portal link v1');

/** These let a customer change something on that page: they are sent in no address. */
export const createManageLinks = (config: LinkConfig): SignedLinks =>
  createSignedLinks(config, 'tollkeeper manage link v1');

/** Apps give these to their own pages, whose components ask our API by them. */
export const createCustomerTokens = (config: LinkConfig): SignedLinks =>
  createSignedLinks(config, 'tollkeeper customer token v1');

const payloadSchema = z.union([
  z.tuple([z.string(), z.number().int()]),
  z.tuple([z.string(), z.number().int(), z.array(z.enum(RIGHTS))]),
]);

/**
 * A link of one purpose is none of another. Without DASHBOARD_SECRET the key comes from the
 * webhook's secret, which every API process has and which is the same after a restart: so links
 * work in development and over several processes. Such links end when the webhook's secret is
 * rolled.
 */
export function createSignedLinks(config: LinkConfig, purpose: string): SignedLinks {
  const secret = config.DASHBOARD_SECRET ?? config.STRIPE_WEBHOOK_SECRET;
  const key = Buffer.from(hkdfSync('sha256', secret, '', purpose, KEY_BYTES));
  const signatureOf = (payload: string) =>
    createHmac('sha256', key).update(payload).digest('base64url');

  return {
    sign: ({ subject, expiresAt, rights }) => {
      const second = Math.floor(expiresAt.getTime() / 1000);
      const content = JSON.stringify([subject, second, ...(rights ? [rights] : [])]);
      const payload = Buffer.from(content).toString('base64url');
      return `${payload}.${signatureOf(payload)}`;
    },
    verify: (token, now) => {
      const [payload = '', signature = '', ...extraParts] = token.split('.');
      if (token.length > TOKEN_LENGTH_MAX || extraParts.length > 0) return 'invalid';
      // Text is compared: base64url has several spellings of the same bytes, and only ours is
      // signed.
      const expectedBytes = Buffer.from(signatureOf(payload));
      const givenBytes = Buffer.from(signature);
      if (givenBytes.length !== expectedBytes.length || !timingSafeEqual(givenBytes, expectedBytes))
        return 'invalid';
      // Signed by us, so it is JSON; another version of us may have meant something else by it.
      const content: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
      const result = payloadSchema.safeParse(content);
      if (!result.success) return 'invalid';
      const [subject, second, rights] = result.data;
      const expiresAt = new Date(second * 1000);
      const latest = now.getTime() / 1000 + LINK_SECONDS_MAX + SKEW_SECONDS;
      if (second > latest) return 'invalid';
      if (now >= expiresAt) return 'expired';
      return { subject, expiresAt, ...(rights && { rights }) };
    },
  };
}
