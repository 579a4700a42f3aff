/** The doctor's look at Stripe: may our key do all that is needed, and does Stripe reach us? */
import type Stripe from 'stripe';
import { isWebhookEventWanted, WEBHOOK_EVENTS_NEEDED } from './webhook-events';
import type { Catalog } from '../../core/plans/catalog';
import { DomainError } from '../../core/errors';
import { STRIPE_API_VERSION } from '../../stripe/client';
import { planPriceIds } from '../../stripe/prices';
import { critical, warning } from './finding';
import type { Check, Finding } from './finding';

const STRIPE = 'Stripe';

/** One call of each kind that billing makes and that changes nothing. */
const READINGS: Readonly<Record<string, (stripe: Stripe) => Promise<unknown>>> = {
  customers: (stripe) => stripe.customers.list({ limit: 1 }),
  subscriptions: (stripe) => stripe.subscriptions.list({ limit: 1 }),
  invoices: (stripe) => stripe.invoices.list({ limit: 1 }),
  'invoice items': (stripe) => stripe.invoiceItems.list({ limit: 1 }),
  prices: (stripe) => stripe.prices.list({ limit: 1 }),
  meters: (stripe) => stripe.billing.meters.list({ limit: 1 }),
  events: (stripe) => stripe.events.list({ limit: 1 }),
};

export const stripeChecks = (
  stripe: Stripe,
  catalog: Catalog,
  publicUrl: string | undefined,
): Check[] => [
  ...Object.entries(READINGS).map(([name, readOne]) => ({
    name: `reading ${name}`,
    of: STRIPE,
    look: async () => {
      await readOne(stripe);
      return [];
    },
  })),
  { name: 'the catalog', of: STRIPE, look: () => catalogFindings(stripe, catalog) },
  { name: 'webhook endpoints', of: STRIPE, look: () => endpointFindings(stripe, publicUrl) },
];

async function catalogFindings(stripe: Stripe, catalog: Catalog): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { id } of catalog.plans)
    try {
      await planPriceIds(stripe, catalog, id);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      findings.push(
        critical(STRIPE, `plan ${id}: ${error.message}`, 'npx tollkeeper catalog push'),
      );
    }
  return findings;
}

async function endpointFindings(stripe: Stripe, publicUrl: string | undefined) {
  const endpoints = await stripe.webhookEndpoints.list({ limit: 100 }).autoPagingToArray({
    limit: 1_000,
  });
  const ours = endpoints.filter(
    ({ url, status }) =>
      status === 'enabled' &&
      url.endsWith('/webhooks/stripe') &&
      (publicUrl === undefined || url.startsWith(publicUrl)),
  );
  if (ours.length === 0)
    return [
      critical(
        STRIPE,
        `no enabled webhook endpoint leads to ${publicUrl ?? 'an address'}…/webhooks/stripe`,
        'Make one at Stripe (docs/guides/operate/install.md): without it drafts are found once a day.',
      ),
    ];
  const wrongEndpoints = ours.filter(({ api_version: version }) => version !== STRIPE_API_VERSION);
  const missingEvents = WEBHOOK_EVENTS_NEEDED.filter(
    (type) => !ours.some((endpoint) => isWebhookEventWanted(endpoint.enabled_events, type)),
  );
  return [
    ...wrongEndpoints.map(({ id, api_version: version }) =>
      critical(
        STRIPE,
        `webhook endpoint ${id} sends API version ${version ?? 'of the account'}`,
        `Make it anew with ${STRIPE_API_VERSION}: events of another version are refused.`,
      ),
    ),
    ...(missingEvents.length === 0
      ? []
      : [
          warning(
            STRIPE,
            `no webhook endpoint of ours sends ${missingEvents.join(', ')}`,
            'Add them to the endpoint at Stripe.',
          ),
        ]),
  ];
}
