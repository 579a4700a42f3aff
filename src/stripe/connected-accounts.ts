/**
 * Vendors' accounts at Stripe: v1 accounts with a `controller`, for which the platform pays the
 * fees and bears the losses. All else knows the interface only, so that v2 accounts can replace
 * them; both have ids acct_….
 */
import Stripe from 'stripe';
import { VENDOR_METADATA_KEY, createAccountKey } from '../core/ids';
import type { ConnectedAccount } from '../core/vendors/vendor-account';
import { assertObject } from './client';
import { createOnce } from './create-once';

/** Our clock, by which `firstTriedAt` is, may differ so much from Stripe's. */
const CLOCK_SKEW_SECONDS = 300;

export interface NewConnectedAccount {
  readonly vendor: string;
  readonly country: string;
  /** It was first asked for then. */
  readonly firstTriedAt: Date;
  readonly now: Date;
}

export interface Contact {
  readonly email: string;
  readonly name: string | null;
}

export interface ConnectedAccounts {
  /** The vendor's one account, however often it is asked for. Restricted until it is onboarded. */
  create(request: NewConnectedAccount): Promise<ConnectedAccount>;
  /** E-mail and name, by which people find it. False: Stripe does not let us (any more). */
  describe(stripeAccountId: string, contact: Contact): Promise<boolean>;
  /** null: we have no access to it any more. */
  read(stripeAccountId: string): Promise<ConnectedAccount | null>;
  /** A form of Stripe's. It works once and for minutes; then Stripe sends to `refresh`. */
  onboardingLink(
    stripeAccountId: string,
    urls: { readonly back: string; readonly refresh: string },
  ): Promise<string>;
}

export function createConnectedAccounts(stripe: Stripe): ConnectedAccounts {
  return {
    create: async (request) => {
      const { vendor, country } = request;
      const account = await createOnce({
        ...request,
        idempotencyKey: createAccountKey(vendor, country),
        find: () => findAccount(stripe, request),
        // E-mail and name are left out: the same key with other parameters would be refused.
        create: (options) =>
          stripe.accounts.create({ ...TERMS, country, metadata: metadataOf(vendor) }, options),
      });
      return connectedAccountOf(account);
    },

    describe: async (stripeAccountId, { email, name }) => {
      try {
        await stripe.accounts.update(stripeAccountId, {
          email,
          business_profile: { name: name ?? '' },
        });
        return true;
      } catch (error) {
        // Some things are the account holder's own to say from its onboarding on.
        const isTheirs = error instanceof Stripe.errors.StripeError && error.statusCode === 400;
        if (isTheirs || isAccessLost(error)) return false;
        throw error;
      }
    },

    read: async (stripeAccountId) => {
      try {
        return connectedAccountOf(await stripe.accounts.retrieve(stripeAccountId));
      } catch (error) {
        if (isAccessLost(error)) return null;
        throw error;
      }
    },

    onboardingLink: async (account, { back, refresh }) => {
      const link = await stripe.accountLinks.create({
        account,
        type: 'account_onboarding',
        return_url: back,
        refresh_url: refresh,
      });
      assertObject(link, 'account_link');
      return link.url;
    },
  };
}

/** Stripe collects what the law wants and shows the vendor its money; the risk is ours. */
const TERMS = {
  controller: {
    fees: { payer: 'application' },
    losses: { payments: 'application' },
    requirement_collection: 'stripe',
    stripe_dashboard: { type: 'express' },
  },
  capabilities: { transfers: { requested: true } },
} as const satisfies Stripe.AccountCreateParams;

const metadataOf = (vendor: string) => ({ [VENDOR_METADATA_KEY]: vendor });

function connectedAccountOf(account: Stripe.Account): ConnectedAccount {
  assertObject(account, 'account');
  const { capabilities, requirements } = account;
  return {
    stripeAccountId: account.id,
    transfersStatus: capabilities?.transfers ?? 'inactive',
    payoutsEnabled: account.payouts_enabled,
    requirementsDue: requirements?.currently_due ?? [],
    disabledReason: requirements?.disabled_reason ?? null,
  };
}

/** The vendor has withdrawn our access; a key of ours that lacks a permission has another code. */
const isAccessLost = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeError &&
  (error.code === 'account_invalid' || error.code === 'resource_missing');

async function findAccount(
  stripe: Stripe,
  { vendor, firstTriedAt }: NewConnectedAccount,
): Promise<Stripe.Account | null> {
  const startSecond = Math.floor(firstTriedAt.getTime() / 1000) - CLOCK_SKEW_SECONDS;
  for await (const account of stripe.accounts.list({ created: { gte: startSecond }, limit: 100 }))
    if (account.metadata?.[VENDOR_METADATA_KEY] === vendor) return account;
  return null;
}
