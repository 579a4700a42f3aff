/**
 * The webhook endpoint at Stripe (or the sandbox) that leads to our API. Stripe tells the signing
 * secret only when an endpoint is created, so it is kept beside the endpoint's id.
 */
const API_VERSION = '2026-10-28.endive';
const EVENTS_WANTED = '*';
const PATH = '/v1/webhook_endpoints';

export interface SavedEndpoint {
  readonly id: string;
  readonly secret: string;
  /** Of which Stripe it is: another one does not know it. */
  readonly account: string;
}

export interface StripeAccess {
  /** `sandbox`, or the address of Stripe. */
  readonly account: string;
  readonly apiBase: string;
  readonly secretKey: string;
}

export async function ensureWebhookEndpoint(
  stripe: StripeAccess,
  url: string,
  saved: SavedEndpoint | undefined,
): Promise<SavedEndpoint> {
  if (saved && saved.account === stripe.account) {
    const updated = await post(stripe, `${PATH}/${saved.id}`, { url });
    if (updated) return saved;
  }
  const created = await post(stripe, PATH, {
    url,
    'enabled_events[0]': EVENTS_WANTED,
    api_version: API_VERSION,
    description: 'Tollkeeper on a developer’s machine',
  });
  if (!created) throw new Error(`${stripe.apiBase}${PATH} was not found: is it a Stripe API?`);
  return { id: created.id, secret: created.secret, account: stripe.account };
}

/** Undefined when there is no such object. */
async function post(
  { apiBase, secretKey }: StripeAccess,
  path: string,
  form: Readonly<Record<string, string>>,
): Promise<{ id: string; secret: string } | undefined> {
  const response = await fetch(new URL(path, apiBase), {
    method: 'POST',
    headers: { authorization: `Bearer ${secretKey}`, 'stripe-version': API_VERSION },
    body: new URLSearchParams(form),
  });
  if (response.status === 404) return undefined;
  const text = await response.text();
  if (!response.ok) {
    throw new Error(
      `Stripe refused the webhook endpoint ${form.url} with status ${response.status}: ${text}`,
    );
  }
  return JSON.parse(text) as { id: string; secret: string };
}
