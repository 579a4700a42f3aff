/**
 * What leads from Stripe (or the sandbox) to our API: an endpoint for snapshot events, one for
 * those of connected accounts, and a destination for what is told by thin events only. Stripe tells
 * a signing secret only when something is created, so all are kept beside their ids.
 */
const API_VERSION = '2026-10-28.endive';
const EVENTS_WANTED = ['*'];
/** Events of connected accounts that say whether a vendor may be paid. */
const CONNECT_EVENTS_WANTED = [
  'account.updated',
  'account.application.deauthorized',
  'capability.updated',
  'payout.failed',
];
const ENDPOINTS = '/v1/webhook_endpoints';
const DESTINATIONS = '/v2/core/event_destinations';
/** Usage that Stripe took and found out later that it can't count. */
const THIN_EVENTS_WANTED = [
  'v1.billing.meter.error_report_triggered',
  'v1.billing.meter.no_meter_found',
];

interface Created {
  readonly id: string;
  readonly secret: string;
}

export interface SavedEndpoint extends Created {
  /** The Stripe account that has it: another one does not know it. */
  readonly account: string;
  /** Absent in what was saved before there was one. */
  readonly thin?: Created;
  readonly connect?: Created;
}

export interface StripeAccess {
  /** It is `sandbox`, or the address of Stripe. */
  readonly account: string;
  readonly apiBase: string;
  readonly secretKey: string;
}

export async function ensureWebhookEndpoint(
  stripe: StripeAccess,
  url: string,
  storedEndpoint: SavedEndpoint | undefined,
): Promise<Required<SavedEndpoint>> {
  const { account } = stripe;
  const savedEndpoint = storedEndpoint?.account === account ? storedEndpoint : undefined;
  const { id, secret } = await ensureEndpoint(stripe, url, savedEndpoint, {
    events: EVENTS_WANTED,
  });
  const connect = await ensureEndpoint(stripe, url, savedEndpoint?.connect, {
    events: CONNECT_EVENTS_WANTED,
    connect: 'true',
  });
  const thinDestination = await ensureDestination(stripe, url, savedEndpoint?.thin);
  return {
    id,
    secret,
    account,
    thin: thinDestination,
    connect: { id: connect.id, secret: connect.secret },
  };
}

async function ensureEndpoint(
  stripe: StripeAccess,
  url: string,
  savedDestination: Created | undefined,
  { events, ...scope }: { readonly events: readonly string[]; readonly connect?: string },
) {
  if (
    savedDestination &&
    (await post(stripe, `${ENDPOINTS}/${savedDestination.id}`, new URLSearchParams({ url })))
  )
    return savedDestination;
  const terms = {
    url,
    ...Object.fromEntries(events.map((type, index) => [`enabled_events[${index}]`, type])),
    ...scope,
    api_version: API_VERSION,
    description: 'Tollkeeper on a developer’s machine',
  };
  return created<Created>(await post(stripe, ENDPOINTS, new URLSearchParams(terms)), ENDPOINTS);
}

async function ensureDestination(
  stripe: StripeAccess,
  url: string,
  savedDestination: Created | undefined,
) {
  const webhook_endpoint = { url };
  if (
    savedDestination &&
    (await post(stripe, `${DESTINATIONS}/${savedDestination.id}`, { webhook_endpoint }))
  )
    return savedDestination;
  const answer = await post(stripe, DESTINATIONS, {
    name: 'Tollkeeper on a developer’s machine',
    type: 'webhook_endpoint',
    event_payload: 'thin',
    enabled_events: THIN_EVENTS_WANTED,
    webhook_endpoint,
    include: ['webhook_endpoint.signing_secret'],
  });
  const { id, webhook_endpoint: destination } = created<{
    id: string;
    webhook_endpoint: { signing_secret: string };
  }>(answer, DESTINATIONS);
  return { id, secret: destination.signing_secret };
}

function created<T>(answer: unknown, path: string): T {
  if (answer === undefined) throw new Error(`${path} was not found: is it a Stripe API?`);
  return answer as T;
}

/** Undefined when there is no such object. v1 takes forms, v2 JSON. */
async function post(
  { apiBase, secretKey }: StripeAccess,
  path: string,
  terms: URLSearchParams | object,
): Promise<unknown> {
  const isForm = terms instanceof URLSearchParams;
  const response = await fetch(new URL(path, apiBase), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${secretKey}`,
      'stripe-version': API_VERSION,
      ...(!isForm && { 'content-type': 'application/json' }),
    },
    body: isForm ? terms : JSON.stringify(terms),
  });
  if (response.status === 404) return undefined;
  const text = await response.text();
  if (!response.ok) {
    throw new Error(`Stripe refused ${path} with status ${response.status}: ${text}`);
  }
  return JSON.parse(text);
}
